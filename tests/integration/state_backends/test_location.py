"""The words after ``state:``."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.core.errors import UsageError
from reconciler.installation import extra_hint
from reconciler.state import journal
from reconciler.state.backends.local import LocalState
from reconciler.state.journal_codec import decode_line, encode_line
from reconciler.state.record import Entry, new_state
from reconciler.state.registry import is_shared, store_at
from tests.integration.state_backends.places import checkout, resource


def at(written, folder=Path(), **environ):
    return store_at(
        written,
        file=Path("x.state.json"),
        folder=folder,
        environment="prod",
        space="local",
        project="local",
        environ=environ,
        notify=lambda _: None,
    )


@pytest.mark.parametrize(
    "written",
    [
        ".reconciler/prod.state.json",
        "states/a:b.json",
        "C:\\states\\a.json",
        "s3/prod.json",
        "git/x.json",
        "gits:x",
        "kubernetes",
        "kubernetes/prod.json",
    ],
)
def test_a_path_is_a_file(written):
    assert isinstance(at(written), LocalState)
    assert not is_shared(written)


def test_git_means_the_repository_of_the_project(tmp_path, bare):
    folder = checkout(tmp_path, bare)
    assert at("git", folder).place == "refs/reconciler/prod on origin"
    assert at(f"git:{bare}", folder).place == f"refs/reconciler/prod on {bare}"
    assert at("git:ssh://git@host/x", folder).place == "refs/reconciler/prod on ssh://host/x"
    assert at("git:git@host:x.git", folder).place == "refs/reconciler/prod on git@host:x.git"
    assert is_shared("git")


def test_what_a_url_means():
    assert at("kubernetes:rooms/prod").place == "the Secret rooms/prod"
    assert at("s3://bucket/team/rooms/").place == "s3://bucket/team/rooms/prod"
    assert at("gs://bucket").place == "gs://bucket/prod"
    assert (
        at("postgresql://ada@db.example.org/rooms").place
        == "postgresql://db.example.org/rooms (prod)"
    )
    assert (
        at("postgresql://ada:${env:PW}@db.example.org/rooms", PW="x").place
        == "postgresql://db.example.org/rooms (prod)"
    )


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("ftp://host/x", r"state: ftp:// is not a place for a state$"),
        ("https://host/x", r"state: https:// is not a place for a state$"),
        ("postgre://host/x", r"did you mean 'postgres"),
        ("git+ssh://host/x", r"did you mean 'git'"),
        ("s3:///x", "does not name a place"),
        ("s3://bucket/x?sig=canary", r"'s3://bucket/x' does not name a place"),
        ("kubernetes:rooms", "'kubernetes:rooms' does not name a Secret"),
        ("kubernetes://rooms/prod", "does not name a Secret"),
        ("kubernets://rooms/prod", "did you mean 'kubernetes'"),
        ("git:--upload-pack=touch x", "is not a remote"),
        ("git:ext::sh -c touch%20x", "is not a remote"),
        ("git:a\nb", "is not a remote"),
        ("postgresql://ada:canary@host/x", "it contains a password in clear"),
        ("postgresql://ada@host/x?password=canary", "it contains a password in clear"),
        ("git:https://ada:canary@host/x", "the remote's URL contains a user and password"),
        ("git:https://canary@host/x", "the remote's URL contains a user and password"),
        ("git:https://${env:CANARY}@host/x", "the remote's URL contains a user and password"),
        ("postgresql://ada:${env:NOT_SET}@host/x", "NOT_SET is not set"),
    ],
)
def test_what_is_no_place_is_refused_in_plain_words(written, told):
    with pytest.raises(UsageError, match=told) as refusal:
        at(written)
    assert "canary" not in refusal.value.message + refusal.value.hint
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("written", "module", "package", "extra"),
    [
        ("s3://b/x", "object_store", "obstore", "objects"),
        ("postgresql://h/x", "postgres", "psycopg", "postgres"),
        ("kubernetes:a/b", "kubernetes", "lightkube", "kubernetes"),
    ],
)
def test_what_needs_packages_names_the_extra(written, module, package, extra):
    code = (
        "import sys; from tests.integration.state_backends.test_location import at\n"
        f"del sys.modules['reconciler.state.backends.{module}']; sys.modules[{package!r}] = None\n"
        f"sys.modules.update({{m: None for m in sys.modules if m.startswith('{package}.')}})\n"
        f"try: at({written!r})\nexcept Exception as error: print(error.message, error.hint)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.strip().endswith(
        f"needs packages that are not installed (the extra '{extra}') {extra_hint(extra)}"
    ), ran.stderr


def test_a_line_is_the_same_in_a_file_and_in_a_shared_place(tmp_path):
    state, entry = new_state("local", "local"), Entry(resource("ada", 0))
    journal.Journal(tmp_path / "journal").append([encode_line(entry, state=state)])
    (line,) = (tmp_path / "journal").read_text().splitlines(keepends=True)
    assert (line, decode_line(line, state, where="x")) == (
        encode_line(entry, state=state),
        entry._replace(stamp=decode_line(line, state, where="x").stamp),
    )


def test_the_words_of_the_page_are_the_ones_that_are_taken():
    page = (Path(__file__).parents[3] / "docs" / "shared-state.md").read_text()
    written = re.findall(r"^ *state: (\S+)", page, re.MULTILINE)
    assert {word.partition(":")[0] for word in written} == {
        "git",
        "s3",
        "gs",
        "az",
        "postgresql",
        "kubernetes",
    }
    assert all(is_shared(word) for word in written)
