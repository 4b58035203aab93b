"""A resource that another environment's record manages is neither adopted nor deleted, whatever place both records are in."""

import json
from pathlib import Path

import pytest

from tests.commands.conftest import (  # noqa: F401  # fixtures
    _clean,
    declare,
    done,
    kinds,
    reconciler,
    serving,
    space,
    stack,
)
from tests.commands.words import MANIFESTS, room
from tests.integration.state_backends.places import checkout

PROJECT = Path("reconciler.yaml")


@pytest.fixture
def written(place, monkeypatch):
    """The location as ``state:`` has it; '' for a local file of each environment."""
    if place.kind == "local":
        return ""
    if place.kind == "git":
        folder = checkout(place.scratch, place.address)
        monkeypatch.chdir(folder)
        return "git"
    return place.address


@pytest.fixture
def team(place, written, space, declare):  # noqa: F811  # fixtures
    """Two environments of one Space, whose records are in one place; gives the Space and their names."""
    lines = [f"manifests: [{MANIFESTS}]", "environments:"]
    for name in (place.name, f"stag-{place.name}"):
        own = written
        if written.startswith("kubernetes:"):
            own = f"{written}-{name}"  # a Secret has one record
        state = f", state: '{own}'" if own else ""
        lines.append(
            f"  {name}: {{space: '${{env:SIGNALWIRE_SPACE}}',"
            f" project_id: '${{env:SIGNALWIRE_PROJECT_ID}}'{state}}}"
        )
    PROJECT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    declare(room("a"))
    return space, place.name, f"stag-{place.name}"


def test_it_is_not_adopted(team, done, reconciler):  # noqa: F811
    there, prod, stag = team
    done("apply", "--env", prod, "--yes")

    code, out, err = reconciler("apply", "--env", stag, "--yes", "--adopt", "Room/a")

    assert (code, f"managed by environment '{prod}'" in out + err) == (3, True)
    assert len(there.writes) == 1


@pytest.mark.parametrize("words", [("apply",), ("destroy",)])
def test_it_is_not_deleted(team, declare, done, reconciler, tmp_path, words):  # noqa: F811
    there, prod, stag = team
    done("apply", "--env", prod, "--yes")
    copied = json.loads(done("state", "pull", "--env", prod).out)
    empty = json.loads(done("state", "pull", "--env", stag).out)
    copied |= {"lineage": empty["lineage"], "serial": 0}
    if "environment" in copied:
        copied["environment"] = stag
    copy = tmp_path / "copy.json"
    copy.write_text(json.dumps(copied), encoding="utf-8")
    done("state", "push", str(copy), "--env", stag)
    declare(room("b"))

    code, out, err = reconciler(*words, "--env", stag, "--yes")

    assert (code, f"managed by environment '{prod}' as well" in out + err) == (3, True), out + err
    assert there.names() == {"Room/a"}
