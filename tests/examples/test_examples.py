"""Every folder under `examples/` is sound, and is what its README says it is."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from reconciler import catalog
from reconciler.manifest.load import load

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "examples"
FOLDERS = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())
PROJECT_FILE = "reconciler.yaml"
MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)")


def project_of(folder):
    return yaml.safe_load((folder / PROJECT_FILE).read_text(encoding="utf-8"))


def manifests_of(folder):
    return [folder / path for path in project_of(folder)["manifests"]]


def _files(root):
    return [root] if root.is_file() else root.rglob("*")


MANIFESTS = sorted(
    path
    for folder in FOLDERS
    for root in manifests_of(folder)
    for path in _files(root)
    if path.suffix in {".yaml", ".yml", ".json"} and path.name != PROJECT_FILE
)


def documents_of(path):
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def kinds_in(path):
    return {document["kind"] for document in documents_of(path)}


def below(path):
    return path.relative_to(EXAMPLES).as_posix()


def load_example(name):
    variables = project_of(EXAMPLES / name).get("vars", {})
    return load(
        [str(path) for path in manifests_of(EXAMPLES / name)],
        kinds=catalog.kinds(),
        variables=variables,
        environment={},
    )


@pytest.mark.parametrize("folder", FOLDERS, ids=below)
def test_an_example_has_no_problem_of_any_severity(folder):
    assert load_example(folder.name).problems == ()


@pytest.mark.parametrize("folder", FOLDERS, ids=below)
def test_an_example_declares_something(folder):
    assert load_example(folder.name).desired


@pytest.mark.parametrize("folder", FOLDERS, ids=below)
def test_an_example_has_a_readme_and_a_local_environment(folder):
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# ")
    assert project_of(folder)["environments"]["local"] == {"space": "local"}


@pytest.mark.parametrize("folder", FOLDERS, ids=below)
def test_every_preset_and_theme_of_an_example_is_used(folder):
    documents = [
        document for path in MANIFESTS if folder in path.parents for document in documents_of(path)
    ]
    specs = [document["spec"] for document in documents]
    used = {("Preset", name) for spec in specs for name in spec.get("presets", [])} | {
        ("Theme", spec["theme"]) for spec in specs if "theme" in spec
    }

    assert {
        (d["kind"], d["metadata"]["name"]) for d in documents if d["kind"] in {"Preset", "Theme"}
    } == used


@pytest.mark.parametrize(
    "path",
    [path for path in MANIFESTS if path.suffix != ".json" and len(kinds_in(path)) == 1],
    ids=below,
)
def test_a_file_of_one_kind_names_its_schema_to_editors(path):
    named = MODELINE.fullmatch(path.read_text(encoding="utf-8").splitlines()[0])

    assert named, f"{path}: the first line names no schema"
    assert [json.loads((path.parent / named[1]).read_bytes())["title"]] == list(kinds_in(path))


def test_the_quickstart_fills_in_nothing_from_outside():
    lines = [
        line
        for path in (EXAMPLES / "quickstart").glob("*.yaml")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]

    assert not [line for line in lines if "${" in line and not line.lstrip().startswith("#")]


def test_the_company_is_as_large_as_it_says():
    desired = load_example("company").desired
    declared = Counter(
        document["kind"]
        for path in MANIFESTS
        if EXAMPLES / "company" in path.parents
        for document in documents_of(path)
    )

    assert Counter(resource.address.kind for resource in desired) == {
        kind: declared[kind] for kind in ("Room", "Conference")
    }
    assert declared["Room"] + declared["Conference"] >= 40
    assert declared["Theme"] == 2
    assert declared["Preset"] >= 3


def test_the_company_shows_what_there_is_to_show():
    desired = load_example("company").desired
    switches = {"tone_on_entry_and_exit", "room_join_video_off", "user_join_video_off"}

    assert len([resource for resource in desired if resource.protect]) >= 3
    assert len([resource for resource in desired if switches & set(resource.attributes)]) >= 3
    assert (
        len(
            [
                resource
                for resource in desired
                if {"join_from", "join_until"} <= set(resource.attributes)
            ]
        )
        >= 3
    )
    assert (
        len([resource for resource in desired if resource.attributes.get("enable_room_previews")])
        >= 5
    )
    assert (
        len([resource for resource in desired if "team" in (resource.attributes.get("meta") or {})])
        >= 10
    )
    assert {resource.attributes.get("dark_background") for resource in desired} == {
        None,
        "#0F1B1A",
        "#10132A",
    }


@pytest.mark.parametrize("path", [path for path in MANIFESTS if path.suffix != ".json"], ids=below)
def test_every_document_names_its_schema_to_editors(path):
    """A line holds for one document only."""
    parts = path.read_text(encoding="utf-8").split("\n---\n")
    named = [MODELINE.match(part) for part in parts]

    assert len(parts) == len(documents_of(path))
    for line, document in zip(named, documents_of(path), strict=True):
        schema = json.loads((path.parent / line[1]).read_bytes())
        assert schema["title"] in (document["kind"], "Manifest")
        assert "x-reconciler" not in schema


@pytest.mark.parametrize("folder", FOLDERS, ids=below)
def test_the_project_file_names_its_schema_to_editors(folder):
    named = MODELINE.match((folder / PROJECT_FILE).read_text(encoding="utf-8"))

    assert json.loads((folder / named[1]).read_bytes())["title"] == "Project"
