import io
import json
import sys
from pathlib import Path

import pytest

from tests.commands.words import EXAMPLES, MANIFESTS, conference, manifest, room

BAD = """\
apiVersion: reconciler.dev/v1
kind: Room
metadata:
  name: lobby
spec:
  layout: grid
  max_members: 301
  layuot: 2x2
"""
ALSO_BAD = """\
apiVersion: reconciler.dev/v1
kind: Conference
metadata:
  name: town hall
spec:
  size: large
"""


def places(text, *files):
    """The lines that begin with a place in one of the files, cut to file:line:column."""
    return [":".join(line.split(":")[:3]) for line in text.splitlines() if line.startswith(files)]


def test_good_manifests_are_counted_and_need_neither_network_nor_credentials(done, declare):
    declare(
        room("lobby"),
        conference("town-hall", theme="brand"),
        manifest("Theme", "brand", dark={"primary": "#102030"}),
    )

    out = done("validate", MANIFESTS).out

    assert out.count("\n") == 1
    assert "Valid: 1 Conference, 1 Room, 1 Theme in 1 file." in out


@pytest.mark.parametrize("example", ["quickstart"])
def test_an_example_is_valid_from_anywhere(done, example):
    done("validate", EXAMPLES / example)


def test_validate_writes_nothing(done, declare, tmp_path):
    declare(room("lobby"))

    done("validate", MANIFESTS)

    assert [path.name for path in tmp_path.iterdir()] == [MANIFESTS]


def test_all_problems_of_a_run_are_told_at_once_each_with_its_place(reconciler):
    Path("a.yaml").write_text(BAD, encoding="utf-8")
    Path("b.yaml").write_text(ALSO_BAD, encoding="utf-8")

    code, out, err = reconciler("validate", "a.yaml", "b.yaml")

    assert code == 1
    assert places(out + err, "a.yaml:", "b.yaml:") == [
        "a.yaml:6:11",
        "a.yaml:7:16",
        "a.yaml:8:3",
        "b.yaml:4:13",
        "b.yaml:6:3",
    ]


def test_a_problem_names_the_field_the_value_and_the_near_miss(reconciler):
    Path("a.yaml").write_text(BAD, encoding="utf-8")

    _, out, err = reconciler("validate", "a.yaml")

    assert (
        "a.yaml:6:11: spec.layout: 'grid' is not a layout; did you mean 'grid-responsive'?"
        in (out + err).splitlines()
    )
    assert "did you mean 'layout'?" in out + err


@pytest.mark.parametrize("command", ["plan", "apply", "drift", "destroy"])
def test_every_command_tells_all_problems_of_a_bad_manifest_and_sends_nothing(
    reconciler, space, command
):
    Path("a.yaml").write_text(BAD, encoding="utf-8")

    code, out, err = reconciler(
        command, "a.yaml", *(["--yes"] if command in {"apply", "destroy"} else [])
    )

    assert (code, out) == (1, "")
    assert places(err, "a.yaml:") == ["a.yaml:6:11", "a.yaml:7:16", "a.yaml:8:3"]
    assert space.space.requests == []


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "drift", "destroy"])
def test_a_path_that_is_missing_is_an_error_that_names_it(reconciler, space, declare, command):
    declare(room("lobby"))

    code, out, err = reconciler(
        command, MANIFESTS, "nowhere", *(["--yes"] if command in {"apply", "destroy"} else [])
    )

    assert code == 1
    assert "nowhere" in out + err
    assert space.writes == []


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "drift"])
@pytest.mark.parametrize(
    "content",
    [None, "", "# nothing\n", "---\n"],
    ids=["no file", "empty", "comment", "no document"],
)
def test_an_empty_folder_or_file_is_never_delete_everything(
    reconciler, apply, space, command, content
):
    apply(room("lobby"))
    Path("empty").mkdir()
    if content is not None:
        Path("empty", "rooms.yaml").write_text(content, encoding="utf-8")

    code, out, err = reconciler(command, "empty", *(["--yes"] if command == "apply" else []))

    assert code == 1
    assert "empty" in out + err
    assert space.names() == {"Room/lobby"}


@pytest.mark.parametrize("command", ["validate", "plan", "apply"])
def test_no_path_no_project_file_and_no_manifest_here_is_an_error(reconciler, space, command):
    code, out, err = reconciler(command, *(["--yes"] if command == "apply" else []))

    assert code == 1
    assert "manifest" in out + err
    assert space.space.requests == []


def test_folders_are_searched_and_other_files_left_alone(done, declare):
    declare(room("a"), to="rooms/deep/a.yaml")
    declare(room("b"), to="rooms/b.yml")
    declare(room("c"), to="rooms/c.json")
    Path("rooms", "readme.md").write_text("{", encoding="utf-8")

    assert "3 Rooms in 3 files" in done("validate", "rooms").out


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_a_dash_is_standard_input(done, space, monkeypatch, command):
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(room("lobby")).encode()))
    )

    done(command, "-")
    assert space.writes == []


def test_a_problem_on_standard_input_has_a_place_too(reconciler, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))

    _, out, err = reconciler("validate", "-")

    assert ":6:11: spec.layout: 'grid' is not a layout" in out + err


def test_json_lists_the_problems(reconciler):
    Path("a.yaml").write_text(BAD, encoding="utf-8")

    result = reconciler("validate", "a.yaml", "--format", "json")

    assert result.code == 1
    told = json.dumps(result.json)
    assert "did you mean 'grid-responsive'?" in told
    assert "a.yaml" in told


def test_json_of_good_manifests_has_no_problem(done, declare):
    declare(room("lobby"))

    assert done("validate", MANIFESTS, "--format", "json").json["problems"] == []


def test_two_resources_of_one_name_are_told_apart_by_both_places(reconciler, declare):
    declare(room("lobby"), to="a.yaml")
    declare(room("lobby"), to="b.yaml")

    code, out, err = reconciler("validate", "a.yaml", "b.yaml")

    assert code == 1
    assert [name for name in ("a.yaml", "b.yaml", "lobby") if name not in out + err] == []


def test_a_warning_does_not_fail_unless_strict(reconciler, declare):
    declare(room("lobby", streams=[{"url": "rtmp://live.example.com/app/canary-key"}]))

    plain, strict = reconciler("validate", MANIFESTS), reconciler("validate", MANIFESTS, "--strict")

    assert (plain.code, strict.code) == (0, 1)
    assert "canary-key" not in "".join(plain[1:] + strict[1:])


def test_an_unset_variable_is_an_error_at_its_place(reconciler):
    Path("a.yaml").write_text(
        BAD.replace("layout: grid\n", "display_name: Hi ${env:NOBODY_SET_THIS}\n").split(
            "  max_members"
        )[0],
        encoding="utf-8",
    )

    code, out, err = reconciler("validate", "a.yaml")

    assert code == 1
    assert places(out + err, "a.yaml:") == ["a.yaml:6:20"]
    assert "NOBODY_SET_THIS" in out + err


def test_variables_come_from_the_environment_and_the_project_file(
    declare, monkeypatch, done, plan, space
):
    monkeypatch.setenv("CITY", "Oslo")
    Path("reconciler.yaml").write_text("vars: {company: Meridian}\n", encoding="utf-8")
    declare(room("lobby", display_name="${var:company} ${env:CITY}"))

    assert plan()["actions"][0]["changes"][0]["after"] == "Meridian ${env:CITY}"
    assert space.writes == []
    done("apply", MANIFESTS, "--yes")
    assert space.get("Room", "lobby")["display_name"] == "Meridian Oslo"


def test_the_project_file_is_found_upwards_and_its_paths_start_at_its_folder(
    done, declare, monkeypatch, space
):
    Path("reconciler.yaml").write_text("manifests: [rooms]\n", encoding="utf-8")
    declare(room("lobby"), to="rooms/a.yaml")
    Path("deep", "er").mkdir(parents=True)
    monkeypatch.chdir("deep/er")

    done("validate")
    assert done("plan", "--format", "json").json["summary"]["create"] == 1
    assert space.writes == []


def test_a_mistake_in_the_project_file_has_a_place_and_a_near_miss(reconciler, declare):
    Path("reconciler.yaml").write_text("manifets: [rooms]\n", encoding="utf-8")
    declare(room("lobby"), to="rooms/a.yaml")

    code, out, err = reconciler("validate")

    assert code == 1
    assert "reconciler.yaml:1:1" in out + err
    assert "did you mean 'manifests'?" in out + err


def test_an_environment_that_is_not_there_is_answered_with_the_nearest(reconciler, declare):
    Path("reconciler.yaml").write_text(
        "manifests: [rooms]\nenvironments: {staging: {space: local}}\n", encoding="utf-8"
    )
    declare(room("lobby"), to="rooms/a.yaml")

    code, _, err = reconciler("plan", "--env", "stagin")

    assert code == 1
    assert "'staging'" in err


def test_json_as_any_library_writes_it_is_taken_with_letters_beyond_the_first_plane(
    reconciler, space
):
    Path("rooms.json").write_text(
        json.dumps(room("lobby", display_name="🎥 Zoë"), ensure_ascii=True), encoding="ascii"
    )

    result = reconciler("plan", "rooms.json", "--format", "json")

    assert result.code == 0, result.err
    assert result.json["actions"][0]["changes"][0]["after"] == "🎥 Zoë"
    assert space.writes == []


def test_without_env_what_is_not_set_is_passed_over_and_the_rest_is_checked(
    reconciler, declare, monkeypatch
):
    monkeypatch.setenv("KNOWN", "3x3")
    fields = {
        "display_name": "${env:TITLE}",
        "quality": "${env:QUALITY}",
        "layout": "${env:KNOWN}",
        "max_members": 0,
    }
    declare(
        room(
            "lobby",
            **fields,
            streams=[{"url": "${env:OPENING}"}, {"url": "rtmp://${env:HOST}/${env:OPENING}"}],
        )
    )

    strict, lenient = (
        reconciler("validate", MANIFESTS),
        reconciler("validate", MANIFESTS, "--without-env"),
    )

    assert (strict.code, strict.out.count("is not set")) == (1, 5)
    assert (
        lenient.code,
        lenient.out.count("is not set"),
        lenient.out.count("spec.max_members"),
    ) == (1, 0, 1)
    assert lenient.out.count(f"{MANIFESTS}:") == 1
    assert lenient.err == "Not set, skipped: HOST, OPENING, QUALITY, TITLE\n"


@pytest.mark.parametrize("value", [None, "", " "], ids=["not set", "empty", "blank"])
def test_without_env_manifests_that_want_nothing_but_their_secrets_are_valid(
    reconciler, declare, monkeypatch, value
):
    if value is not None:
        monkeypatch.setenv("OPENING", value)
    declare(room("lobby", streams=[{"url": "${env:OPENING}"}]))

    code, out, err = reconciler("validate", MANIFESTS, "--without-env")

    assert (code, err) == (0, "Not set, skipped: OPENING\n")
    assert out.startswith("Valid: 1 Room")


@pytest.mark.parametrize(
    "text", ["${env:}", "${env:A B}", "${env:OPEN", "${var:NAME}", "${nev:NAME}"]
)
def test_without_env_a_reference_that_is_none_is_still_wrong(reconciler, declare, text):
    declare(room("lobby", display_name=f"{text} ${{env:MISSING}}"))

    code, out, _ = reconciler("validate", MANIFESTS, "--without-env")

    assert (code, out.count(f"{MANIFESTS}:")) == (1, 1)


def test_a_reference_in_a_text_over_several_lines_is_told_where_it_stands(reconciler):
    texts = "  description: |\n    one\n    ${env:A} ${env:B} ${env:A}\n  display_name: >-\n    folded\n    ${env:C}\n  layout: 3x3\n"
    more = "---\napiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: b}\nspec:\n  display_name: plain and\n    so ${var:D}\n"
    Path(MANIFESTS).write_text(
        f"apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {{name: a}}\nspec:\n{texts}{more}"
    )

    out = reconciler("validate", MANIFESTS).out

    assert [line.split(": ")[0] for line in out.splitlines() if " is not set" in line] == [
        f"{MANIFESTS}:{place}" for place in ("7:5", "7:14", "7:23", "10:5", "18:8")
    ]


def test_a_path_of_the_project_file_that_leads_nowhere_is_a_mistake_at_its_line(reconciler):
    Path("empty").mkdir()
    Path("reconciler.yaml").write_text("manifests:\n  - roms\n  - empty\n")

    code, out, err = reconciler("validate")

    assert (code, err) == (1, "")
    assert "reconciler.yaml:2:5: manifests: roms: there is no such file or folder" in out
    assert "reconciler.yaml:3:5: manifests: empty: there is no manifest in this folder" in out


def test_a_path_of_an_environment_that_leads_nowhere_is_a_mistake_at_its_line(reconciler):
    Path("reconciler.yaml").write_text("environments:\n  dev:\n    manifests: [roms]\n")

    assert (
        "reconciler.yaml:3:17: manifests: roms: there is no such"
        in reconciler("validate", "--env", "dev").out
    )


def test_a_folder_and_a_file_that_is_not_there_have_no_line(reconciler):
    out = reconciler("validate", ".", "roms").out

    assert out.startswith(".: there is no manifest in this folder\n")
    assert "\nroms: there is no such file or folder\n" in out


def test_json_counts_the_files_that_were_read(done, declare):
    declare(room("a"), to="rooms/a.yaml")
    declare(room("b"), to="rooms/b.yaml")

    assert done("validate", "rooms", "--format", "json").json["summary"]["files"] == 2
