"""A kind that the credentials may not read stops a run only where something of it is declared, managed or asked for."""

import json
from pathlib import Path

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import MANIFESTS, conference, room


@pytest.fixture
def forbid(space):
    """Refuse every request about conferences, or about the collection given."""

    def forbidden(path="/conferences"):
        space.space.knobs = Settings(faults=(Fault(path_regex=path, status=403),))

    return forbidden


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", MANIFESTS],
        ["drift", MANIFESTS],
        ["show"],
        ["pull", "--all", MANIFESTS, "--yes"],
        ["apply", MANIFESTS, "--yes"],
        ["destroy", MANIFESTS, "--yes"],
        ["watch", MANIFESTS, "--rounds", "1"],
        ["import", "--matching", "Room/*", "--out", "imported"],
        ["import", "--all", "--out", "imported"],
        ["doctor"],
    ],
)
def test_a_kind_of_no_use_may_be_forbidden(apply, done, forbid, arguments):
    apply(room("lobby"), room("studio"))
    forbid()

    result = done(*arguments)

    assert "Conference" in result.out + result.err
    assert "403" in result.out + result.err


@pytest.mark.parametrize("form", ["plan", "drift"])
def test_the_json_says_which_kinds_are_not_known(apply, done, forbid, form):
    apply(room("lobby"))
    forbid()

    assert json.loads(done(form, MANIFESTS, "--format", "json").out)["unread"] == ["Conference"]


def test_a_declared_kind_must_be_readable(declare, reconciler, forbid):
    declare(room("lobby"), conference("hall", display_name="Hall"))
    forbid()

    assert reconciler("plan", MANIFESTS).code == 1


def test_a_managed_kind_must_be_readable(apply, declare, reconciler, forbid):
    apply(room("lobby"), conference("hall", display_name="Hall"))
    declare(room("lobby"))
    forbid()

    assert reconciler("plan", MANIFESTS).code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "Conference/hall", "--out", "imported"],
        ["import", "--matching", "Conference/*", "--out", "imported"],
        ["show", "Conference/hall"],
    ],
)
def test_a_kind_that_is_asked_for_must_be_readable(apply, reconciler, forbid, arguments):
    apply(room("lobby"))
    forbid()

    result = reconciler(*arguments)

    assert result.code == 1
    assert "403" in result.err
    assert not Path("imported").exists()


def test_where_nothing_may_be_read_the_run_stops(declare, reconciler, forbid):
    declare(room("lobby"))
    forbid(path=".")

    assert reconciler("plan", MANIFESTS).code == 1
