import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from reconciler import catalog
from reconciler.core.combined_schema import combined_schema
from tests.commands.words import EXAMPLES, PROJECT, conference, manifest, room

KINDS = catalog.kinds()
MANIFESTS = sorted(
    path
    for folder in ("quickstart", "company")
    for path in (EXAMPLES / folder).rglob("*.y*ml")
    if path.name != "reconciler.yaml"
)
MANIFESTS.append(PROJECT / "tests/unit/manifest/good/60-conference-room.yaml")


@pytest.fixture(scope="module")
def combined():
    return jsonschema.Draft202012Validator(combined_schema(catalog.documents().values()))


def test_one_schema_takes_the_manifests_of_every_kind(combined):
    documents = [
        one
        for path in MANIFESTS
        for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))
        if isinstance(one, dict)
    ]
    assert {one["kind"] for one in documents} == {
        name for name, kind in KINDS.items() if kind.type != "child"
    }
    for one in documents:
        plain = json.loads(json.dumps(one, default=str))
        assert [error.message for error in combined.iter_errors(plain)] == []


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (room("a", layout="7x7"), "7x7"),
        (room("a", size="large"), "size"),
        (conference("a", dark_primary="red"), "red"),
        (manifest("Theme", "a", dark={"primary": "x"}), "x"),
        (manifest("Preset", "a", appliesTo=["Theme"]), "Theme"),
        (manifest("Rom", "a"), "Rom"),
        ({"kind": "Room"}, "apiVersion"),
    ],
)
def test_and_refuses_what_their_own_schema_refuses(combined, document, field):
    assert any(field in error.message for error in combined.iter_errors(document))


def test_it_needs_no_other_file_and_no_network(combined):
    jsonschema.Draft202012Validator.check_schema(combined.schema)
    text = json.dumps(combined.schema)
    assert '"$id"' not in text
    assert "x-reconciler" not in text
    references = {line.split('"')[0] for line in text.split('"$ref": "')[1:]}
    assert {reference.removeprefix("#/$defs/") for reference in references} <= set(
        combined.schema["$defs"]
    )


def test_schema_write_tells_editors_where_it_is(done):
    result = done("schema", "--write", "deep/schemas")

    names = sorted(
        path.name.removesuffix(".schema.json") for path in Path("deep/schemas").iterdir()
    )
    assert names == done("schema").out.split()
    assert "manifest" in names
    assert "# yaml-language-server: $schema=deep/schemas/manifest.schema.json\n" in result.err
    assert '"deep/schemas/manifest.schema.json": ["manifests/**/*.yaml"' in result.err
    assert "JetBrains" in result.err
    assert result.out == ""


def test_schemas_that_were_written_can_be_the_ones_that_are_used(done):
    done("schema", "--write", "own")
    os.environ["RECONCILER_SCHEMAS"] = "own"
    try:
        done("schema", "--write", "own")
        assert done("schema").out.split().count("manifest") == 1
        assert done("explain", "Room.layout").out.startswith("Room.layout")
    finally:
        del os.environ["RECONCILER_SCHEMAS"]
