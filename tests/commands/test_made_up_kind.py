"""A kind is one file: a made-up one is validated, explained, planned, applied and watched with no Python edited."""

import json
import shutil
from pathlib import Path

import pytest

from reconciler import catalog
from tests.commands.words import MANIFESTS, manifest


@pytest.fixture(autouse=True)
def lounge(monkeypatch):
    """A kind called Lounge, made from the file of the kind Room."""
    folder = Path("kinds")
    shutil.copytree(catalog.schema_dir(), folder)
    text = (folder / "room.schema.json").read_text(encoding="utf-8")
    document = json.loads(
        text.replace("/rooms", "/lounges").replace("room.schema.json", "lounge.schema.json")
    )
    document["title"] = "Lounge"
    document["properties"]["kind"]["const"] = "Lounge"
    document["properties"]["spec"]["properties"]["sofas"] = {
        "type": "integer",
        "minimum": 1,
        "maximum": 9,
        "default": 2,
        "description": "Seats.",
    }
    (folder / "lounge.schema.json").write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.setenv("RECONCILER_SCHEMAS", str(folder.resolve()))


def test_it_is_validated(reconciler, declare):
    declare(manifest("Lounge", "west", sofas=10))

    code, out, err = reconciler("validate", MANIFESTS)

    assert code == 1
    assert "rooms.yaml:8:12: spec.sofas" in out + err


def test_it_is_suggested(reconciler, declare):
    declare(manifest("Longe", "west"))

    result = reconciler("validate", MANIFESTS)

    assert "'Lounge'" in result.out + result.err


def test_it_is_explained(done):
    assert "Seats." in done("explain", "Lounge.sofas").out
    assert "sofas" in done("explain", "Lounge").out
    assert done("schema", "Lounge").json["title"] == "Lounge"


def test_it_is_planned_applied_and_watched(done, declare, reconciler):
    declare(manifest("Lounge", "west", sofas=3, layout="2x2"))
    assert (
        done("plan", MANIFESTS, "--space", "local", "--format", "json").json["actions"][0]["kind"]
        == "Lounge"
    )
    done("apply", MANIFESTS, "--space", "local", "--yes")
    assert reconciler("plan", MANIFESTS, "--space", "local", "--detailed-exitcode").code == 0
    assert reconciler("drift", MANIFESTS, "--space", "local").code == 0

    declare(manifest("Lounge", "east", renamed_from="west", layout="2x2"))
    changes = done("plan", MANIFESTS, "--space", "local", "--format", "json").json["actions"][0][
        "changes"
    ]
    done("apply", MANIFESTS, "--space", "local", "--yes")

    assert [(change["path"], change["before"], change["after"]) for change in changes] == [
        ("name", "west", "east"),
        ("sofas", 3, 2),
    ]
    done("destroy", "--space", "local", "--yes")
    assert (
        done("plan", MANIFESTS, "--space", "local", "--format", "json").json["summary"]["create"]
        == 1
    )


def test_it_is_imported(done, declare, reconciler):
    declare(manifest("Lounge", "west", sofas=3))
    done("apply", MANIFESTS, "--space", "local", "--yes")
    done("state", "rm", "Lounge/west", "--space", "local")

    done("import", "--all", "--out", "imported", "--path", "imported", "--space", "local")

    assert (
        Path("imported/lounges/west.yaml")
        .read_text(encoding="utf-8")
        .endswith("spec:\n  sofas: 3\n")
    )
    assert reconciler("plan", "imported", "--space", "local", "--detailed-exitcode").code == 0
