import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from reconciler import catalog
from reconciler.engine import editor_files
from tests.commands.words import EXAMPLES, PROJECT, conference, manifest, room

KINDS = catalog.kinds()
MANIFESTS = sorted(
    path
    for folder in ("quickstart", "company")
    for path in (EXAMPLES / folder).rglob("*.y*ml")
    if path.name != "reconciler.yaml"
)
MANIFESTS.append(PROJECT / "tests/unit/manifest/good/60-conference-room.yaml")


SETTINGS = Path(".vscode", "settings.json")


@pytest.fixture(scope="module")
def combined():
    return jsonschema.Draft202012Validator(editor_files.documents()["manifest"])


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
        plain = json.loads(json.dumps(one, default=lambda moment: moment.isoformat()))
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
    assert references
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


def test_the_settings_of_vs_code_are_written_for_the_manifests_that_there_are(done):
    Path("reconciler.yaml").write_text("manifests: [rooms, ./more/, one.yaml]\n", encoding="utf-8")
    (Path("sub")).mkdir()

    result = done("schema", "--write", ".schemas")

    found = json.loads(SETTINGS.read_text(encoding="utf-8"))["yaml.schemas"]
    files = ["rooms/**/*.yaml", "rooms/**/*.yml", "more/**/*.yaml", "more/**/*.yml", "one.yaml"]
    assert found == {
        ".schemas/manifest.schema.json": files,
        ".schemas/project.schema.json": "reconciler.yaml",
    }
    assert f"wrote {SETTINGS}" in result.err
    assert f"{SETTINGS} has it already" in done("schema", "--write", ".schemas").err


@pytest.mark.parametrize("text", ['{"editor.tabSize": 2}\n', "{ // mine\n}\n", "", "[]"])
def test_settings_of_ones_own_are_left_as_they_are_and_the_lines_are_told(done, text):
    SETTINGS.parent.mkdir()
    SETTINGS.write_text(text, encoding="utf-8")

    result = done("schema", "--write", ".schemas")

    assert SETTINGS.read_text(encoding="utf-8") == text
    assert f"{SETTINGS} was left as it is; add to it" in result.err
    assert '".schemas/manifest.schema.json": ["manifests/**/*.yaml"' in result.err


def test_settings_name_no_folder_outside_of_the_repository(done, tmp_path):
    here = Path("repository")
    here.mkdir()
    os.chdir(here)

    result = done("schema", "--write", "../elsewhere")

    assert not SETTINGS.exists()
    assert str(tmp_path / "elsewhere") in result.err


def test_a_schema_that_the_tool_reads_is_not_written_over(done, monkeypatch):
    done("schema", "--write", "own")
    source = dict(catalog.documents()["room.schema.json"], title="Lounge")
    source["x-reconciler"] = {**source["x-reconciler"], "collection": "/lounges"}
    Path("own/lounge.schema.json").write_text(json.dumps(source), encoding="utf-8")
    monkeypatch.setenv("RECONCILER_SCHEMAS", "own")

    done("schema", "--write", "own")
    done("schema", "--write", "editors")

    assert json.loads(Path("own/lounge.schema.json").read_text(encoding="utf-8")) == source
    assert "x-reconciler" not in Path("editors/lounge.schema.json").read_text(encoding="utf-8")
    # Those written for editors stand for the shipped ones.
    assert catalog.kinds()["Room"] == KINDS["Room"]


@pytest.mark.parametrize("text", ["[]", "3", "{"])
def test_a_file_that_is_no_schema_is_named(reconciler, monkeypatch, text):
    Path("own").mkdir()
    Path("own/a.schema.json").write_text(text, encoding="utf-8")
    monkeypatch.setenv("RECONCILER_SCHEMAS", "own")

    code, _, err = reconciler("schema")

    assert code == 1
    assert "own/a.schema.json:" in err
