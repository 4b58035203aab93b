"""Kinds of a project's own: drafted from an OpenAPI document, named in reconciler.yaml, and used by every command."""

import json
import re
import shutil
from pathlib import Path

import pytest

from reconciler.core.text import without_orders
from tests.commands.words import MANIFESTS, manifest

OPENAPI = Path(__file__).parent / "kinds" / "openapi.yaml"
SIP, QUEUE = "/api/fabric/resources/sip_endpoints", "/api/relay/rest/queues"
SECRET = "canary-of-a-sip-password"


@pytest.fixture
def drafts(done):
    """A project with both kinds as they were drafted, untouched; the first draft makes their folder."""
    Path("reconciler.yaml").write_text("kinds: [kinds]\nenv: [SIP_PASSWORD]\n")
    for path, key in ((SIP, "username"), (QUEUE, "name")):
        name = path.rpartition("/")[2]
        out = f"kinds/{name}.schema.json"
        done("kind", "draft", "--from", OPENAPI, "--path", path, "--key", key, "--out", out)
    return Path("kinds")


def test_a_draft_says_what_the_document_says(done):
    own = done("kind", "draft", "--from", OPENAPI, "--path", SIP, "--key", "username").json
    block = own["x-reconciler"]
    assert own["title"] == "SipEndpoint"
    assert own["properties"]["spec"]["properties"].keys() == {"caller_id", "encryption", "password"}
    assert block["base"] + block["item"] == f"{SIP}/{{id}}"
    assert (block["key"], block["required"], block["secret"]) == (
        "username",
        ["password"],
        ["password"],
    )
    assert (block["page_size"], block["renamable"]) == (None, True)
    assert block["envelope"] == {
        "field": "sip_endpoint",
        "beside": ["id", "type", "created_at"],
        "renamed": {"sip_endpoint_id": "id"},
    }
    assert block["answers"].keys() == {"id", "type", "created_at", "sip_endpoint_id"}
    queue = done("kind", "draft", "--from", OPENAPI, "--path", QUEUE).json["x-reconciler"]
    assert (queue["update"], queue["page_size"], "envelope" in queue) == ("PATCH", 1000, False)


@pytest.mark.parametrize(
    "loop",
    [["$ref"], ["allOf", 0, "$ref"], ["anyOf", 0, "$ref"], ["properties", "inner", "$ref"]],
)
def test_a_schema_that_refers_to_itself_is_told(reconciler, loop):
    schema = "#/components/schemas/Lounge"
    for step in reversed(loop):
        schema = [schema] if step == 0 else {step: schema}
    if loop[0] == "properties":
        schema["properties"]["name"] = {"type": "string"}
    content = {"content": {"application/json": {"schema": schema}}}
    document = {
        "paths": {
            "/api/lounges": {
                "get": {"responses": {"200": content}},
                "post": {"requestBody": content, "responses": {"200": content}},
            },
            "/api/lounges/{id}": {
                "get": {"responses": {"200": content}},
                "put": {"requestBody": content, "responses": {"200": content}},
                "delete": {"responses": {"204": {}}},
            },
        },
        "components": {"schemas": {"Lounge": schema}},
    }
    Path("loop.json").write_text(json.dumps(document))
    result = reconciler("kind", "draft", "--from", "loop.json", "--path", "/api/lounges")
    assert (result.code, "refers to itself" in result.err) == (1, True)


ORDERS = "first\n::set-output name=a::b\n##[error]x ##vso[task]y"


@pytest.mark.parametrize(
    "words",
    [
        ("explain", "Queue"),
        ("explain", "Queue.friendly"),
        ("schema", "Queue"),
        ("schema", "--format", "crd"),
        ("kind", "draft", "--from", "hostile.json", "--path", QUEUE),
    ],
)
def test_no_text_of_a_kind_is_an_order_for_a_runner(done, words):
    """A pull request can hold a kind, and a job may print it."""
    text = {"type": "string", "description": ORDERS, "example": ORDERS, "enum": [ORDERS, "b"]}
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "friendly": text}}
    content = {"content": {"application/json": {"schema": schema}}}
    document = {
        "paths": {
            QUEUE: {
                "get": {"responses": {"200": content}},
                "post": {"requestBody": content, "responses": {"200": content}},
            },
            f"{QUEUE}/{{id}}": {
                "get": {"responses": {"200": content}},
                "put": {"requestBody": content, "responses": {"200": content}},
                "delete": {"responses": {"204": {}}},
            },
        }
    }
    Path("hostile.json").write_text(json.dumps(document))
    own = done("kind", "draft", "--from", "hostile.json", "--path", QUEUE).json
    own["properties"]["spec"]["properties"]["friendly"]["examples"] = [ORDERS]
    Path("kinds").mkdir()
    Path("kinds/queue.schema.json").write_text(json.dumps(own))
    Path("reconciler.yaml").write_text("kinds: [kinds]\n")

    out = done(*words).out

    assert "set-output" in out
    assert without_orders(out) == out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--path", "/api/nowhere"],
            "paths that a kind can be made of: /api/fabric/resources/sip_endpoints",
        ),
        (["--path", SIP], "name one with --key: caller_id"),
        (["--path", f"{SIP}/{{id}}"], "has no POST"),
    ],
)
def test_what_cannot_be_drafted_is_told(reconciler, arguments, words):
    result = reconciler("kind", "draft", "--from", OPENAPI, *arguments)
    assert result.code == 1
    assert words in result.err


def test_no_file_is_written_over(drafts, reconciler):
    out = "kinds/queues.schema.json"
    before = Path(out).read_bytes()
    result = reconciler("kind", "draft", "--from", OPENAPI, "--path", QUEUE, "--out", out)
    assert (result.code, "the file exists" in result.err, "name another" in result.err) == (
        1,
        True,
        True,
    )
    assert Path(out).read_bytes() == before


def test_own_kinds_go_through_every_command(drafts, declare, done, reconciler, monkeypatch):
    monkeypatch.setenv("SIP_PASSWORD", SECRET)
    local = ("--space", "local")
    sip = manifest("SipEndpoint", "desk", password="${env:SIP_PASSWORD}", caller_id="+15550100")
    declare(sip, manifest("Queue", "support", max_size=5))
    assert done("validate", MANIFESTS).code == 0
    assert "caller_id" in done("explain", "SipEndpoint").out
    assert done("schema", "Queue").json["title"] == "Queue"
    told = [done("plan", MANIFESTS, *local), done("apply", MANIFESTS, "--yes", *local)]
    assert done("plan", MANIFESTS, "--detailed-exitcode", *local).code == 0

    declare(
        manifest("SipEndpoint", "hall", password="${env:SIP_PASSWORD}", renamed_from="desk"),
        manifest("Queue", "support", max_size=9),
    )
    told.append(done("apply", MANIFESTS, "--yes", *local))
    assert "1 renamed" in told[-1].out
    assert done("plan", MANIFESTS, "--detailed-exitcode", *local).code == 0
    assert reconciler("drift", MANIFESTS, *local).code == 0
    told.append(done("destroy", "--yes", *local))
    assert not any(SECRET in one.out + one.err for one in told)


def changed(folder, **block):
    file = folder / "queues.schema.json"
    document = json.loads(file.read_text())
    document["x-reconciler"] |= block
    file.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"base": "https://elsewhere.example/api"}, "is not the base of an API"),
        ({"base": "/api/../secrets"}, "is not the base of an API"),
        ({"base": "/elsewhere"}, "is not the base of an API"),
        ({"item": "/queues"}, "must contain {id}"),
        ({"item": "/queues/{id}?x=1"}, "is not a path"),
        ({"delete": "/../{id}"}, "is not a path"),
        ({"type": "token"}, "the field that holds the name"),
    ],
)
def test_a_bad_block_is_refused_before_any_request(drafts, declare, reconciler, block, words):
    changed(drafts, **block)
    declare(manifest("Queue", "support"))
    result = reconciler("plan", MANIFESTS, "--space", "local")
    assert (result.code, words in result.err) == (1, True)
    assert "queues.schema.json" in result.err


def with_names(folder, **words):
    file = folder / "queues.schema.json"
    document = json.loads(file.read_text())
    names = document["properties"]["metadata"]["properties"]
    names["name"] = {"type": "string", **words}
    file.write_text(json.dumps(document, indent=2))


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"pattern": "^.+$"},
        {"pattern": "^[A-Za-z0-9_.-]+$"},
        {"pattern": "^[a-z@.]+$"},
        {"pattern": "[a-z]"},
        {"pattern": "^[^/]+$", "maxLength": 3},
        {"enum": ["front", "the back"]},
    ],
    ids=str,
)
def test_a_kind_whose_names_no_request_can_hold_is_refused_at_its_line(
    drafts, declare, reconciler, words
):
    with_names(drafts, **words)
    declare(manifest("Queue", "support"))
    result = reconciler("validate", MANIFESTS)
    lines = (drafts / "queues.schema.json").read_text().splitlines()
    first = next(n for n, line in enumerate(lines, start=1) if '"name": {' in line)
    said = re.search(r"queues\.schema\.json:(\d+):\d+: metadata\.name takes '", result.err)
    assert (result.code, said is not None) == (1, True)
    assert first <= int(said[1]) <= first + 3
    assert "[A-Za-z0-9_-]+" in result.err


def test_a_pattern_of_names_that_is_none_is_told(drafts, declare, reconciler):
    with_names(drafts, pattern="^[a-z+$")
    declare(manifest("Queue", "support"))
    result = reconciler("validate", MANIFESTS)
    assert (result.code, "queues.schema.json: " in result.err) == (1, True)


@pytest.mark.parametrize(
    "words", [{"pattern": "^[a-z]+$"}, {"enum": ["support"]}, {"const": "support"}], ids=str
)
def test_narrower_names_are_taken(drafts, declare, done, words):
    with_names(drafts, **words)
    declare(manifest("Queue", "support"))
    assert done("validate", MANIFESTS).code == 0


def test_import_says_that_the_schema_for_editors_is_older_than_a_kind(drafts, declare, done):
    Path("reconciler.yaml").write_text("manifests: [manifests]\n")
    done("schema", "--write", ".schemas")
    Path("reconciler.yaml").write_text("kinds: [kinds]\nmanifests: [manifests]\n")
    declare(manifest("Queue", "support"))
    done("apply", MANIFESTS, "--yes", "--space", "local")
    done("state", "rm", "Queue/support", "--space", "local")
    declare(manifest("Room", "lobby"))
    words = ("import", "Queue/support", "--space", "local", "--out")
    told = done(*words, "one").err
    assert ".schemas/manifest.schema.json lacks Queue, so editors reject" in told
    assert "reconciler schema --write .schemas" in told
    done("state", "rm", "Queue/support", "--space", "local")
    done("schema", "--write", ".schemas")
    assert "lacks" not in done(*words, "two").err


def test_the_key_in_the_spec_is_reported_with_the_place_of_the_name(drafts, declare, reconciler):
    declare(manifest("SipEndpoint", "desk", username="desk", password="${env:SIP_PASSWORD}"))
    told = reconciler("validate", MANIFESTS).out
    assert "this is the name of a SipEndpoint, which is written in metadata.name" in told
    assert "give its value to metadata.name" in told


@pytest.mark.parametrize("path", ["../outside", "/etc", "kinds/link"])
def test_kinds_stay_inside_the_project(drafts, reconciler, tmp_path_factory, path):
    outside = tmp_path_factory.mktemp("outside")
    shutil.copy(drafts / "queues.schema.json", outside / "x.schema.json")
    (drafts / "link").symlink_to(outside)
    where = {"../outside": f"../{outside.name}", "/etc": str(outside)}.get(path, path)
    Path("reconciler.yaml").write_text(f"kinds: [{where}]\n")
    result = reconciler("plan", "--space", "local")
    assert result.code == 1
    assert "leads out of the folder" in result.err or "no file" in result.err


def test_a_kind_of_the_tool_cannot_be_replaced(drafts, reconciler):
    file = drafts / "queues.schema.json"
    document = json.loads(file.read_text())
    document["title"] = "Room"
    file.write_text(json.dumps(document))
    result = reconciler("plan", "--space", "local")
    assert (result.code, "there is a kind Room already" in result.err) == (1, True)
