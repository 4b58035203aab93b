"""Validators that others wrote take the schemas as ``schema --write`` writes them."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from reconciler.engine import editor_files

pytestmark = pytest.mark.long  # programs that take a second to start

PROJECT = Path(__file__).parents[3]
STRICT = Path(__file__).with_name("strict.mjs")
COMPANY = sorted(
    path
    for path in (PROJECT / "examples" / "company").rglob("*.yaml")
    if path.name != "reconciler.yaml"
)
GOOD = """\
apiVersion: reconciler.dev/v1
kind: Room
metadata: {name: "${var:name}"}
spec: {layout: "${var:layout}", join_from: "${env:START}", remove_at: 2027-01-31T09:00:00Z}
"""
BAD = GOOD.replace("2027-01-31T09", "2027-02-30T09")


@pytest.fixture(scope="module")
def schemas(tmp_path_factory):
    """All schemas, written."""
    folder = tmp_path_factory.mktemp("schemas")
    for name, document in editor_files.documents().items():
        text = editor_files.text_of(document)
        (folder / editor_files.file_name(name)).write_text(text, encoding="utf-8")
    return folder


def strict(node, ajv, files, documents=None):
    """What ajv says of schemas in strict mode, and of documents by each of them."""
    ran = subprocess.run(
        [node, STRICT, ajv, *files],
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return ran.stdout.splitlines()


def test_ajv_takes_every_schema_in_its_strict_mode(node, ajv, schemas):
    files = sorted(schemas.iterdir())

    assert len(files) >= 10
    assert strict(node, ajv, files) == []


def test_ajv_takes_the_example_and_refuses_what_is_wrong(node, ajv, schemas):
    combined = schemas / "manifest.schema.json"
    documents = [
        json.loads(json.dumps(one, default=lambda moment: moment.isoformat()))
        for path in COMPANY
        for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ]
    assert len(documents) > 40
    assert strict(node, ajv, [combined], documents) == []
    assert strict(node, ajv, [combined], [{"kind": "Room"}]) != []


def checked(check_jsonschema, *arguments):
    """Run check-jsonschema: the exit code and what it says."""
    ran = subprocess.run(
        [check_jsonschema, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_check_jsonschema_takes_every_schema(check_jsonschema, schemas):
    files = sorted(schemas.iterdir())

    assert checked(check_jsonschema, "--check-metaschema", *files)[0] == 0


@pytest.mark.parametrize(("text", "code"), [(GOOD, 0), (BAD, 1)], ids=["good", "bad"])
def test_check_jsonschema_checks_manifests(check_jsonschema, schemas, tmp_path, text, code):
    file = tmp_path / "room.yaml"
    file.write_text(text, encoding="utf-8")

    found, said = checked(check_jsonschema, "--schemafile", schemas / "manifest.schema.json", file)

    assert (found, "remove_at" in said) == (code, code == 1)


@pytest.mark.parametrize("example", ["company", "quickstart", "video-demo"])
def test_check_jsonschema_takes_the_project_files(check_jsonschema, schemas, example):
    file = PROJECT / "examples" / example / "reconciler.yaml"

    assert checked(check_jsonschema, "--schemafile", schemas / "project.schema.json", file)[0] == 0
