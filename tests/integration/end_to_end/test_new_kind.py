"""A kind that nobody has heard of, by one schema file: validated, planned, applied, watched and explained; no Python is edited."""

import json
import os
import shutil

import pytest

from reconciler import catalog
from reconciler.cli.app import run
from reconciler.localspace import create_space
from reconciler.space.client import writer
from reconciler.space.target import target
from tests.integration.end_to_end.driver import Site, manifest, statuses, verbs

SECRET = "canary-pin-0123"
COLOUR = "^#[0-9a-fA-F]{6}$"
INSTANT = [{"format": "date-time"}, {"format": "date"}]
GADGET = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://reconciler.dev/schemas/v1/gadget.schema.json",
    "title": "Gadget",
    "description": "A thing on a shelf.",
    "type": "object",
    "additionalProperties": False,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "reconciler.dev/v1"},
        "kind": {"const": "Gadget"},
        "metadata": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 40, "pattern": "^[a-z-]+$"},
                "renamedFrom": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 40,
                    "pattern": "^[a-z-]+$",
                },
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "protect": {"type": "boolean", "default": False},
            },
        },
        "spec": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "colour": {
                    "type": "string",
                    "format": "color-hex",
                    "pattern": COLOUR,
                    "default": "#000000",
                    "description": "Its paint.",
                },
                "opens_at": {
                    "type": ["string", "null"],
                    "anyOf": INSTANT,
                    "description": "From when it is open.",
                },
                "weight": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 9,
                    "default": 1,
                    "description": "In stones.",
                },
                "shape": {
                    "type": "string",
                    "enum": ["round", "square"],
                    "default": "round",
                    "description": "Its outline.",
                },
                "pin": {"type": "string", "minLength": 4, "description": "What opens it."},
                "loud": {"type": "boolean", "description": "Whether it beeps."},
                "notes": {"type": ["object", "null"], "description": "Whatever you like."},
                "tags": {
                    "type": "array",
                    "items": {"type": "string"},
                    "default": [],
                    "description": "In this order.",
                },
            },
        },
    },
    "x-reconciler": {
        "type": "resource",
        "collection": "/gadgets",
        "item": "/gadgets/{id}",
        "key": "name",
        "create_only": [],
        "update_only": ["loud"],
        "required": [],
        "secret": ["pin"],
        "unset": {"opens_at": None, "notes": None, "loud": False, "pin": "0000"},
        "null_means": {},
        "answers": {
            "id": {"type": "string", "format": "uuid"},
            "created_at": {"type": "string", "format": "date-time"},
        },
    },
}
GOOD = """apiVersion: reconciler.dev/v1
kind: Gadget
metadata:
  name: lamp
spec:
  colour: '#aabbcc'
  opens_at: 2027-01-01
  weight: 3
  pin: ${env:GADGET_PIN}
  loud: true
  notes: {a: {b: 1}}
  tags: [x, y]
"""
BAD = """apiVersion: reconciler.dev/v1
kind: Gadget
metadata:
  name: lamp
spec:
  colour: '#aabbc'
  opens_at: 2027-13-01
  weight: 30
  shape: rond
  loud: maybe
  size: large
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The schemas as they ship and one more, in a place of their own; the working folder is empty."""
    for name in [name for name in os.environ if name.startswith(("SIGNALWIRE_", "RECONCILER_"))]:
        monkeypatch.delenv(name)
    folder = tmp_path / "kinds"
    shutil.copytree(catalog.schema_dir(), folder)
    (folder / "gadget.schema.json").write_text(json.dumps(GADGET))
    monkeypatch.setenv("RECONCILER_SCHEMAS", str(folder))
    monkeypatch.setenv("GADGET_PIN", SECRET)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return folder


@pytest.fixture
def tool(folder, tmp_path, capfd):
    """Run a command line; its exit code and both outputs. The secret is in none of them."""
    assert folder.is_dir()

    def ran(*arguments):
        code = run(
            [
                *arguments,
                *(
                    ["--space", "local"]
                    if arguments[0] in ("plan", "apply", "drift", "show", "destroy")
                    else []
                ),
            ]
        )
        out, err = capfd.readouterr()
        assert (SECRET in out + err, "Traceback" in out + err) == (False, False)
        return code, out, err

    return ran


@pytest.fixture
def declared(folder, tmp_path):
    def declare(text):
        (tmp_path / "here" / "gadgets.yaml").write_text(text)

    declare(GOOD)
    return declare


@pytest.fixture
def outside(folder, tmp_path):
    """Somebody else's hand in the same local Space."""

    def change(**fields):
        space = create_space(
            tmp_path / "here" / ".reconciler" / "local-space.sqlite", kinds=catalog.kinds(folder)
        )
        with writer(target("local", project="x", token="x"), application=space) as client:
            (found,) = client.get("/gadgets")["data"]
            client.put(f"/gadgets/{found['id']}", fields)
        space.close()
        return found

    return change


def test_a_good_one_is_valid_and_a_bad_one_is_told_everything(tool, declared):
    assert tool("validate")[0] == 0
    declared(BAD)
    code, out, err = tool("validate")
    assert code == 1
    places = {
        "6:11: spec.colour",
        "7:13: spec.opens_at",
        "8:11: spec.weight",
        "9:10: spec.shape: 'rond' is not",
        "10:9: spec.loud",
        "11:3: spec.size",
    }
    assert {place for place in places if f"gadgets.yaml:{place}" in out + err} == places
    assert "did you mean 'round'?" in out + err


def test_it_is_planned_applied_watched_and_put_right(tool, declared, outside):
    code, out, _ = tool("plan", "--format", "json")
    (action,) = json.loads(out)["actions"]
    assert (code, action["action"], action["kind"], action["name"]) == (
        0,
        "create",
        "Gadget",
        "lamp",
    )
    changes = {
        change["path"]: (change["after"], change["declared_at"]) for change in action["changes"]
    }
    assert changes["colour"] == ("#AABBCC", "gadgets.yaml:6:11")
    assert (changes["pin"][0], changes["opens_at"][0]) == ("(secret)", "2027-01-01T00:00:00Z")
    assert tool("apply", "--yes")[0] == 0
    assert tool("plan", "--detailed-exitcode")[0] == 0
    assert tool("drift")[0] == 0
    found = outside(weight=7)
    assert {
        field: found[field] for field in ("colour", "weight", "loud", "pin", "notes", "tags")
    } == {
        "colour": "#AABBCC",
        "weight": 3,
        "loud": True,
        "pin": SECRET,
        "notes": {"a": {"b": 1}},
        "tags": ["x", "y"],
    }
    code, out, _ = tool("drift", "--format", "json")
    (drifted,) = json.loads(out)["drift"]
    assert (
        code,
        [(change["path"], change["before"], change["after"]) for change in drifted["changes"]],
    ) == (2, [("weight", 7, 3)])
    assert tool("apply", "--yes")[0] == 0
    assert (tool("drift")[0], tool("plan", "--detailed-exitcode")[0]) == (0, 0)


def test_what_is_declared_no_longer_goes_back(tool, declared, outside):
    assert tool("apply", "--yes")[0] == 0
    declared(GOOD[: GOOD.index("spec:")] + "spec: {shape: square}\n")
    assert tool("apply", "--yes")[0] == 0
    found = outside(weight=7)
    assert {
        field: found[field]
        for field in ("colour", "opens_at", "weight", "shape", "pin", "loud", "notes", "tags")
    } == {
        "colour": "#000000",
        "opens_at": None,
        "weight": 1,
        "shape": "square",
        "pin": "0000",
        "loud": False,
        "notes": None,
        "tags": [],
    }


def test_a_changed_secret_is_a_change_and_nothing_more_is_said_of_it(tool, declared, monkeypatch):
    assert tool("apply", "--yes")[0] == 0
    monkeypatch.setenv("GADGET_PIN", "another-pin")
    _, out, err = tool("plan", "--format", "json")
    (change,) = json.loads(out)["actions"][0]["changes"]
    assert (change["path"], change["before"], change["after"], change["origin"]) == (
        "pin",
        "(secret)",
        "(secret)",
        "manifest",
    )
    assert "another-pin" not in out + err
    assert (tool("apply", "--yes")[0], tool("plan", "--detailed-exitcode")[0]) == (0, 0)


def test_no_secret_is_in_any_file_but_that_of_the_local_space(tool, declared, tmp_path):
    assert tool("apply", "--yes")[0] == 0
    kept = {
        file.name
        for file in (tmp_path / "here").rglob("*")
        if file.is_file() and SECRET.encode() in file.read_bytes()
    }
    assert {name for name in kept if not name.startswith("local-space.sqlite")} == set()


def test_it_is_renamed_in_place_and_destroyed(tool, declared, outside):
    assert tool("apply", "--yes")[0] == 0
    before = outside()["id"]
    declared(GOOD.replace("name: lamp", "name: lantern\n  renamedFrom: lamp"))
    assert tool("apply", "--yes")[0] == 0
    assert (outside()["id"], outside()["name"]) == (before, "lantern")
    assert tool("destroy", "--yes")[0] == 0
    assert json.loads(tool("plan", "--format", "json")[1])["summary"]["create"] == 1


def test_it_is_shown_and_explained_and_its_schema_is_printed(tool, declared):
    assert tool("apply", "--yes")[0] == 0
    code, out, _ = tool("show", "Gadget/lamp", "--format", "json")
    assert (code, '"#AABBCC"' in out, "gadgets.yaml:6:11" in out, "(secret)" in out) == (
        0,
        True,
        True,
        True,
    )
    code, out, _ = tool("show", "Gadget/lamp")
    assert (code, "colour" in out) == (0, True)
    code, out, _ = tool("explain", "Gadget")
    assert (code, "A thing on a shelf." in out, "weight" in out) == (0, True, True)
    code, out, _ = tool("explain", "Gadget.shape")
    assert (code, "Its outline." in out, "square" in out) == (0, True, True)
    code, out, _ = tool("schema", "Gadget")
    printed = json.loads(out)
    assert (code, printed["title"], "x-reconciler" in printed) == (0, "Gadget", False)
    fields = printed["properties"]["spec"]["properties"]
    assert fields.keys() == GADGET["properties"]["spec"]["properties"].keys()


def test_a_field_that_is_taken_on_create_only_is_never_put(folder):
    document = json.loads(json.dumps(GADGET))
    document["x-reconciler"]["create_only"] = ["shape"]
    (folder / "gadget.schema.json").write_text(json.dumps(document))
    with Site(kinds=catalog.kinds(folder)) as site:
        site.give(manifest("Gadget", "lamp", "shape: square"))
        mark = site.mark
        site.give(manifest("Gadget", "lamp", "shape: square, weight: 4"))
        ((method, _, body),) = site.sent(mark)
        assert (method, body["weight"], "shape" in body) == ("PUT", 4, False)


def test_a_kind_may_call_its_name_something_else(folder):
    document = json.loads(json.dumps(GADGET))
    document["x-reconciler"]["key"] = "label"
    (folder / "gadget.schema.json").write_text(json.dumps(document))
    with Site(kinds=catalog.kinds(folder)) as site:
        site.apply(site.declared(manifest("Gadget", "lamp", "weight: 4")))
        desired = site.declared(manifest("Gadget", "lantern", "weight: 4", renamedFrom="lamp"))
        plan = site.plan(desired)
        assert verbs(plan) == [("rename", "Gadget/lantern")]
        assert statuses(site.carry(plan)) == {"done": ["Gadget/lantern"]}
        assert (site.sent()[-1][2]["label"], site.plan(desired).actions) == ("lantern", ())
