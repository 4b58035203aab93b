"""Kinds drafted from a document in the vendor's form, taken as drafted: through every command, by the steps of docs/kinds.md."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest

import reconciler as library
from reconciler.localspace import create_space
from tests.commands.words import LOCAL_FILE, MANIFESTS, manifest

FABRIC = Path(__file__).parent / "kinds" / "fabric.yaml"


class Drafted(NamedTuple):
    """A collection of the document, what is declared of it, what others change, and what is drafted."""

    title: str
    collection: str
    key: str
    declared: dict
    changed: dict
    notes: tuple[str, ...]
    block: dict


SIP = Drafted(
    "SipEndpoint",
    "sip_endpoints",
    "username",
    {
        "caller_id": "+15550100",
        "send_as": "support",
        "ciphers": ["AEAD_AES_256_GCM_8"],
        "codecs": ["OPUS", "PCMU"],
        "call_handler": "default",
    },
    {"codecs": ["OPUS"], "encryption": "required", "call_handler": "passthrough"},
    (
        "left out, since no answer shows them: password, call_request_url, call_request_method",
        "required: each manifest must declare these",
        "scopes: the document names none",
    ),
    {
        "required": ["caller_id", "send_as", "ciphers", "codecs", "call_handler"],
        "required_on_create": {"calling_handler_resource_id": None, "encryption": "default"},
        "renamable": True,
        "envelope": {
            "field": "sip_endpoint",
            "beside": ["id", "project_id", "type", "display_name", "created_at", "updated_at"],
            "renamed": {"sip_endpoint_id": "id"},
        },
    },
)
WEBHOOK = Drafted(
    "SwmlWebhook",
    "swml_webhooks",
    "name",
    {
        "primary_request_url": "https://example.com/swml",
        "timeout": 2.5,
        "retries": 2,
        "tags": ["a", "b"],
        "headers": {"accept": "json"},
    },
    {"timeout": 3.25, "retries": 0, "tags": [], "headers": {"accept": "xml", "language": "de"}},
    (
        "required: each manifest must declare these; a value in required_on_create",
        "unset: no default is documented for these, so a released one keeps its live value",
    ),
    {"update": "PATCH", "create_only": ["used_for"], "required": ["primary_request_url"]},
)
SUBSCRIBER = Drafted(
    "Subscriber",
    "subscribers",
    "display_name",
    {"email": "ann@example.com", "first_name": "Ann"},
    {"email": "anna@example.com", "first_name": "Anna"},
    ("left out, since no answer shows them: password",),
    {"key": "display_name", "required": ["email"], "renamable": True},
)
ALL = (SIP, WEBHOOK, SUBSCRIBER)
EACH = pytest.mark.parametrize("one", ALL, ids=lambda one: one.title)


def draft(done, one):
    path = f"/api/fabric/resources/{one.collection}"
    out = f"kinds/{one.collection}.schema.json"
    return done("kind", "draft", "--from", FABRIC, "--path", path, "--key", one.key, "--out", out)


@pytest.fixture
def project(done, stack, monkeypatch):
    """A project with all drafts, and the embedded local Space as another user sees it."""
    monkeypatch.setenv("SIGNALWIRE_SPACE", "local")
    Path("kinds").mkdir()
    Path("reconciler.yaml").write_text("kinds: [kinds]\n")
    for one in ALL:
        draft(done, one)
    LOCAL_FILE.parent.mkdir(mode=0o700)
    space = create_space(LOCAL_FILE, kinds=library.kinds("kinds"))
    stack.callback(space.close)
    return space


@EACH
def test_a_draft_holds_what_the_document_says_and_lists_the_rest(done, one):
    Path("kinds").mkdir()
    told = draft(done, one).err
    document = json.loads(Path(f"kinds/{one.collection}.schema.json").read_text())
    block = document["x-reconciler"]
    assert document["title"] == one.title
    assert {word: block.get(word) for word in one.block} == one.block
    assert [note for note in one.notes if f"To check: {note}" not in told] == []
    fields = document["properties"]["spec"]["properties"].keys()
    assert fields >= one.declared.keys() | one.changed.keys()
    assert not fields & {"id", "password", one.key}
    assert block["answers"]["type"]["default"] == one.collection.removesuffix("s")


@EACH
def test_a_drafted_kind_goes_through_every_command(project, declare, done, reconciler, plan, one):
    address = f"{one.title}/front"
    declare(manifest(one.title, "front", **one.declared))
    assert done("validate").err == ""  # the files of kinds in the folder are no manifests
    for field in (*one.declared, *one.changed):
        assert field in done("explain", f"{one.title}.{field}").out
    done("apply", "--yes")
    assert done("plan", "--detailed-exitcode").code == 0

    project.set_fields(one.title, "front", **one.changed)
    drift = reconciler("drift", "--format", "json")
    managed = one.changed.keys() & one.declared.keys()
    (drifted,) = drift.json["drift"]
    paths = {change["path"].partition(".")[0].partition("[")[0] for change in drifted["changes"]}
    assert (drift.code, paths) == (2, managed)
    done("pull", address, "--yes")
    pulled = json.loads(Path(MANIFESTS).read_text())["spec"]
    assert {field: pulled[field] for field in managed} == {
        field: one.changed[field] for field in managed
    }
    assert done("plan", "--detailed-exitcode").code == 0

    declare(manifest(one.title, "back", renamed_from="front", **one.declared))
    assert "1 renamed" in done("apply", "--yes").out
    assert done("plan", "--detailed-exitcode").code == 0
    declare(manifest(one.title, "back", protect=True, **one.declared))
    done("apply", "--yes")
    assert reconciler("destroy", "--yes").code == 3


@EACH
def test_what_others_made_is_imported_and_the_plan_is_empty(project, done, declare, one):
    declare(manifest(one.title, "front", **one.declared))
    done("apply", "--yes")
    done("state", "rm", f"{one.title}/front")
    Path(MANIFESTS).unlink()

    done("import", "--all", "--out", "imported")

    (file,) = Path("imported").rglob("*.yaml")
    assert f"kind: {one.title}" in file.read_text()
    assert done("plan", "imported", "--detailed-exitcode").code == 0


@EACH
def test_a_field_of_the_wrong_form_is_refused_before_any_request(project, declare, reconciler, one):
    field = next(iter(one.declared))
    declare(manifest(one.title, "front", **{**one.declared, field: {"wrong": [1]}}))
    result = reconciler("plan")
    assert (result.code, f"spec.{field}" in result.err) == (1, True)


def test_the_probe_asks_drafted_kinds_and_leaves_nothing_behind(project, done):
    done("probe", "--yes", "--report", "found.json")
    found = json.loads(Path("found.json").read_text())["facts"]
    answers = {(one["kind"], one["question"]): one["answer"] for one in found}
    # Updates of a SipEndpoint and a Subscriber must have nearly every field: too few are left out.
    assert [answers.get((one.title, "omitted_fields")) for one in ALL] == [None, "kept", None]
    for one in ALL:
        assert answers[one.title, "same_name"] == "refused"
        assert answers[one.title, "reset_by_every_put"] == []
    assert [record for one in ALL for record in project._store.page(one.title)] == []
    assert "Nothing to delete" in done("probe", "--clean").out
