"""The server behind VS Code's YAML extension, and other editors, on what this tool writes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.editors.language_server import LanguageServer

pytestmark = pytest.mark.long

MODELINE = "# yaml-language-server: $schema=.schemas/manifest.schema.json\n"
ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: a}\nspec:\n"


def run(folder, *arguments):
    """Run the program in ``folder``."""
    subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A repository as ``init`` makes it."""
    folder = tmp_path_factory.mktemp("project")
    run(folder, "init", ".")
    return folder


@pytest.fixture(scope="module")
def by_line(yaml_language_server, project):
    """The server in an editor without settings: lines in the files name the schemas."""
    server = LanguageServer(yaml_language_server, project)
    yield server
    server.close()


@pytest.fixture(scope="module")
def by_settings(yaml_language_server, project):
    """The server with the settings that ``init`` wrote."""
    settings = json.loads((project / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    schemas = {
        (project / schema).as_uri(): files for schema, files in settings["yaml.schemas"].items()
    }
    server = LanguageServer(yaml_language_server, project, schemas)
    yield server
    server.close()


def test_nothing_that_init_writes_is_underlined_and_all_of_it_is_checked(by_line, project):
    files = [project / "reconciler.yaml", *sorted((project / "manifests").rglob("*.yaml"))]
    assert len(files) == 5
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert by_line.told(file.relative_to(project), text) == []
        worse = text + "not_a_field: 1\n"
        told = by_line.told(f"{file.parent.relative_to(project)}/worse-{file.name}", worse)
        assert [message for _, message in told] == ["Property not_a_field is not allowed."]


@pytest.mark.parametrize(
    "field",
    [
        "layout: ${var:layout}",
        "quality: ${env:QUALITY}",
        "join_from: ${var:start}",
        "display_name: Hall of ${var:company}",
        'streams: [{url: "${env:RTMP}"}]',
        'presets: ["${var:preset}"]',
        'meta: {a: ["${var:b}", "cost: $5", "$${not a reference}"]}',
        "join_until: 2027-01-31T09:00:00Z",
        "remove_at: 2027-01-31",
    ],
)
def test_what_is_valid_is_not_underlined(by_line, field):
    assert by_line.told("valid.yaml", f"{MODELINE}{ROOM}  {field}\n") == []


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("layout: grid", "Value is not accepted. Valid values: "),
        ("layout: ${vars:layout}", "Value is not accepted. Valid values: "),
        ("max_members: 500", "Value is above the maximum of 300."),
        ("max_members: ${var:members}", "Incorrect type. Expected"),
        ("max_memberz: 5", "Property max_memberz is not allowed."),
        ("join_from: 2027-02-30", "String does not match the pattern of "),
        ("display_name: ${company}", "String does not match the pattern of "),
        ("streams: [{url: http://a/b}]", "String does not match the pattern of "),
        ('meta: {a: "${b}"}', "String does not match the pattern of "),
    ],
)
def test_what_is_wrong_is_underlined(by_line, field, message):
    told = by_line.told("wrong.yaml", f"{MODELINE}{ROOM}  {field}\n")

    assert [(line, text[: len(message)]) for line, text in told] == [(6, message)]


def test_each_document_with_its_own_line_is_checked(by_line):
    text = f"{MODELINE}{ROOM}  max_members: 5\n---\n{MODELINE}{ROOM}  max_memberz: 5\n"

    assert by_line.told("two.yaml", text) == [(13, "Property max_memberz is not allowed.")]


def test_the_settings_check_each_document_without_any_line(by_settings):
    text = f"{ROOM}  max_members: 5\n---\n{ROOM}  max_memberz: 5\n"

    told = by_settings.told("manifests/rooms/two.yaml", text)

    assert told == [(11, "Property max_memberz is not allowed.")]
    told = by_settings.told("reconciler.yaml", "manifest: [a]\n")
    assert told == [(1, "Property manifest is not allowed.")]


@pytest.mark.parametrize("before", ["", "# A comment.\n"])
def test_the_top_of_an_empty_file_offers_a_whole_manifest(by_settings, before):
    offered = by_settings.offered("manifests/new.yaml", before)

    assert offered.keys() >= {"apiVersion", "kind", "metadata", "spec"}
    assert offered["apiVersion"] == "apiVersion: ${1:reconciler.dev/v1}"
    # One choice for all that a manifest needs.
    whole = offered["Manifest"]
    assert whole.startswith("apiVersion: ${1:reconciler.dev/v1}\nkind: ")
    assert "\nmetadata:\n  name: " in whole


def test_the_top_of_a_file_below_its_line_offers_a_whole_manifest(by_line):
    offered = by_line.offered("new.yaml", MODELINE)

    assert offered.keys() >= {"apiVersion", "kind", "metadata", "spec", "Manifest"}


def test_kinds_fields_and_values_are_offered(by_line):
    kinds = by_line.offered("kinds.yaml", f"{MODELINE}kind: ")
    fields = by_line.offered("fields.yaml", f"{MODELINE}{ROOM}  ")
    values = by_line.offered("values.yaml", f"{MODELINE}{ROOM}  quality: ")
    conference = by_line.offered(
        "conference.yaml", f"{MODELINE}{ROOM}  ".replace("Room", "Conference")
    )
    fabric = by_line.offered("fabric.yaml", f"{MODELINE}{ROOM}  ".replace("Room", "ConferenceRoom"))

    assert kinds.keys() == {"Conference", "ConferenceRoom", "Preset", "Role", "Room", "Theme"}
    assert fields.keys() >= {"display_name", "layout", "max_members", "streams"}
    assert "size" not in fields
    assert {"720p", "1080p"} <= values.keys()
    assert conference["display_name"] == "display_name: ${1:Town Hall}"
    assert "size" in conference
    assert fabric.keys() >= {"display_name", "layout", "tone_on_entry_and_exit", "presets"}
    assert not fabric.keys() & {"size", "streams", "dark_primary"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("  max_members: 5", "How many members may be in the room at once."),
        ("  layout: 1x1", "How members are arranged when a session starts."),
        ("  layout: ${var:layout}", "How members are arranged when a session starts."),
    ],
)
def test_a_field_is_explained(by_line, line, words):
    assert words in by_line.hover("hover.yaml", f"{MODELINE}{ROOM}{line}")


EXAMPLES = Path(__file__).parents[3] / "examples"


def test_nothing_in_the_examples_is_underlined_and_each_document_is_checked(by_line):
    # The container example also holds files for a cluster, which are no manifests.
    files = [
        file
        for file in sorted(EXAMPLES.rglob("*.yaml"))
        if "node_modules" not in file.parts and "$schema=" in file.read_text(encoding="utf-8")
    ]
    assert len(files) > 15
    for file in files:
        text = file.read_text(encoding="utf-8")
        worse = text.replace("\n---\n", "\nnot_a_field: 1\n---\n") + "not_a_field: 1\n"
        documents = text.count("\n---\n") + 1

        assert by_line.told(file, text) == []
        told = [message for _, message in by_line.told(file, worse)]
        assert told == ["Property not_a_field is not allowed."] * documents
