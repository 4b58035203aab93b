"""A record that cannot be used is said so in plain words, and nothing is written."""

import json
import os
from pathlib import Path

import pytest

from tests.commands.words import MANIFESTS, counts, room, rooms

COMMANDS = [
    ["plan", MANIFESTS],
    ["apply", MANIFESTS, "--yes"],
    ["drift", MANIFESTS],
    ["destroy", "--yes"],
]
every_command = pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])


@pytest.fixture
def record(apply, space):
    """The path of a record of two rooms, one of which the manifests declare otherwise."""
    apply(*rooms("a", "b"))
    apply(room("a", layout="2x2"), room("b"))
    assert len(space.writes) == 3
    return next(Path(".reconciler").glob("*.state.json"))


@pytest.fixture
def fails(reconciler, space, record):
    """Run a command that must fail with 1 and write nothing; gives the message."""

    def ran(arguments):
        before = list(space.space.ledger), record.read_bytes()
        code, out, err = reconciler(*arguments)
        assert (code, out) == (1, ""), err
        assert (list(space.space.ledger), record.read_bytes()) == before
        assert record.name in err
        return err

    return ran


def edit(path, **changes):
    path.write_text(
        json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8"
    )


@every_command
def test_merge_markers(fails, record, arguments):
    record.write_text(
        f"<<<<<<< HEAD\n{record.read_text(encoding='utf-8')}=======\n{{}}\n>>>>>>> theirs\n",
        encoding="utf-8",
    )

    assert "merge" in fails(arguments)


@every_command
@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "\x00\x00", '{"format_version": "x"}', '{"format_version": 1}'],
)
def test_what_is_not_a_record(fails, record, arguments, content):
    record.write_text(content, encoding="utf-8")

    assert "state" in fails(arguments)


@every_command
def test_a_newer_format(fails, record, arguments):
    edit(record, format_version=99)

    err = fails(arguments)

    assert "99" in err
    assert "newer" in err


@every_command
def test_a_record_of_another_project(fails, monkeypatch, arguments):
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "another-project")

    err = fails(arguments)

    assert [word for word in ("project", "another-project") if word not in err] == []


@every_command
def test_a_record_of_another_space(declare, done, reconciler, serving, arguments):
    Path("reconciler.yaml").write_text("state: one-for-all.json\n", encoding="utf-8")
    first = serving()
    declare(room("a"))
    done("apply", MANIFESTS, "--yes")
    name, before = os.environ["SIGNALWIRE_SPACE"], Path("one-for-all.json").read_bytes()
    second = serving()

    code, out, err = reconciler(*arguments)

    assert (code, out) == (1, "")
    assert [
        word
        for word in ("one-for-all.json", name, os.environ["SIGNALWIRE_SPACE"])
        if word not in err
    ] == []
    assert Path("one-for-all.json").read_bytes() == before
    assert (first.names(), second.names()) == ({"Room/a"}, set())


@every_command
@pytest.mark.parametrize("mode", [0o644, 0o660, 0o606])
def test_a_record_that_others_may_read_or_write(fails, record, arguments, mode):
    record.chmod(mode)

    err = fails(arguments)

    assert f"{mode:o}" in err
    assert "chmod 600" in err


@every_command
def test_a_record_that_is_a_link(reconciler, space, record, arguments):
    record.rename("elsewhere.json")
    record.symlink_to(Path("elsewhere.json").resolve())

    code, _, err = reconciler(*arguments)

    assert (code, "link" in err) == (1, True)
    assert len(space.writes) == 3


@every_command
def test_a_record_that_somebody_edited(fails, record, arguments):
    record.write_text(record.read_text(encoding="utf-8").replace('"a"', '"z"'), encoding="utf-8")

    assert "edited" in fails(arguments)


def test_a_record_can_stand_where_the_project_file_says(declare, done, plan, space):
    Path("reconciler.yaml").write_text("state: records/video.json\n", encoding="utf-8")
    declare(room("a"))

    done("apply", MANIFESTS, "--yes")

    assert Path("records", "video.json").stat().st_mode & 0o777 == 0o600
    assert plan()["summary"] == counts(noop=1)
    assert space.names() == {"Room/a"}


def test_the_working_folder_makes_no_difference_below_a_project_file(
    declare, done, monkeypatch, space
):
    Path("reconciler.yaml").write_text(f"manifests: [{MANIFESTS}]\n", encoding="utf-8")
    declare(room("a"))
    done("apply", "--yes")
    Path("deep").mkdir()
    monkeypatch.chdir("deep")

    assert done("plan", "--format", "json").json["summary"] == counts(noop=1)
    assert space.writes == [("POST", "Room")]


def test_a_folder_that_cannot_be_written_is_an_error_before_anything_is_done(
    declare, reconciler, space
):
    Path(".reconciler").write_text("not a folder", encoding="utf-8")
    declare(room("a"))

    code, _, err = reconciler("apply", MANIFESTS, "--yes")

    assert code == 1
    assert ".reconciler" in err
    assert space.writes == []
