"""A command, a kind, a report format, a state backend and a question, each added to a copy of the package.

Each test says which files it adds and which it changes; CONTRIBUTING.md promises no more than these.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: lobby}\nspec: {layout: 2x2}\n"

COMMAND = '''\
"""``reconciler hello``: greets."""

import click

from reconciler.cli import console


@click.command("hello")
@click.argument("name")
def command(name: str) -> int:
    """Greet."""
    console.out(f"Hello, {name}.\\n")
    return 0
'''

KIND = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Lounge",
    "description": "A made-up kind: a room to wait in.",
    "type": "object",
    "additionalProperties": False,
    "required": ["apiVersion", "kind", "metadata"],
    "properties": {
        "apiVersion": {"const": "reconciler.dev/v1"},
        "kind": {"const": "Lounge"},
        "metadata": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {"name": {"type": "string", "pattern": "^[a-z]+$"}},
        },
        "spec": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"seats": {"type": "integer", "default": 10}},
        },
    },
    "x-reconciler": {
        "type": "resource",
        "collection": "/lounges",
        "item": "/lounges/{id}",
        "key": "name",
    },
}
LOUNGE = "apiVersion: reconciler.dev/v1\nkind: Lounge\nmetadata: {name: front}\nspec: {seats: 4}\n"

FORMAT = '''\
"""Plans as comma-separated values."""

from reconciler.reports.text.plan import PlanReport


def plan_csv(report: PlanReport) -> str:
    """One line for each action."""
    rows = [f"{one.action},{one.address.kind},{one.address.name}" for one in report.plan.actions]
    return "".join(f"{row}\\n" for row in ["action,kind,name", *rows])
'''

BACKEND = '''\
"""A state in one folder: a file for each version."""

import json
from pathlib import Path

from reconciler.state.backends.base import Conflict, Snapshot, VersionedSnapshot
from reconciler.state.lock_record import LockRecord, decode_lock_record, encode_lock_record


class FolderBackend:
    """The versions of one environment in a folder."""

    earlier = "an earlier file of the folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def place(self) -> str:
        """See Backend."""
        return f"the folder {self._folder.name}"

    def load(self) -> VersionedSnapshot:
        """See Backend."""
        versions = sorted(self._folder.glob("*.json"))
        if not versions:
            return VersionedSnapshot()
        content = json.loads(versions[-1].read_text())
        head = decode_lock_record(content["head"].encode(), where=self.place)
        snapshot = Snapshot(head, content["record"], tuple(content["journal"]))
        return VersionedSnapshot(snapshot, versions[-1].stem)

    def swap(self, held: VersionedSnapshot, page: Snapshot) -> VersionedSnapshot:
        """See Backend."""
        head = encode_lock_record(page.head).decode()
        content = json.dumps({"head": head, "record": page.record, "journal": page.journal})
        version = f"{int(held.version or 0) + 1:08d}"
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with (self._folder / f"{version}.json").open("x") as file:
                file.write(content)
        except FileExistsError:
            raise Conflict from None
        return VersionedSnapshot(page, version)

    def silence(self, held: VersionedSnapshot) -> float | None:
        """See Backend."""
        return None

    def close(self) -> None:
        """See Backend."""
'''
OPENER = """\
def _folder(location: Location) -> Backend:
    from reconciler.state.backends.folder import FolderBackend

    path = Path(urlsplit(location.text).path) / location.environment
    return FolderBackend(path)


BACKENDS = (
    BackendEntry(("folder",), ("folder:///PATH",), _folder),
"""
QUESTION = """QUESTIONS: tuple[Question, ...] = (
    Question(
        "third_status",
        "Which status does the third creation answer?",
        ("create_third",),
        lambda bench: judges.Finding(
            bench.seen["create_third"].status, (bench.exchange("create_third"),)
        ),
        "any 2xx",
        "none",
    ),
"""
LAST = '    Step("put_name", UPDATE, to="full", body=_new_name, renames="renamed"),\n'
STEP = '    Step("create_third", "POST", makes="third", body=_new("third", full=False)),\n'
PROJECT = """manifests: [room.yaml]
environments:
  dev:
    space: local
    state: folder://{folder}
"""


class Copy:
    """A copy of the package and its schemas, and a project folder to run it in."""

    def __init__(self, folder):
        self.source, self.project = folder / "source", folder / "project"
        self.project.mkdir()
        for name in ("reconciler", "schemas"):
            shutil.copytree(
                ROOT / name, self.source / name, ignore=shutil.ignore_patterns("__pycache__")
            )

    def add(self, path, text):
        file = self.source / path
        assert not file.exists()
        file.write_text(text, encoding="utf-8")

    def change(self, path, before, after):
        file = self.source / path
        text = file.read_text(encoding="utf-8")
        assert text.count(before) == 1
        file.write_text(text.replace(before, after), encoding="utf-8")

    def write(self, name, text):
        (self.project / name).write_text(text, encoding="utf-8")

    def run(self, *arguments):
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.project,
            env={**os.environ, "PYTHONPATH": str(self.source), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


def test_a_command_is_one_module_and_one_line_of_the_table(copy):
    copy.add("reconciler/cli/commands/hello.py", COMMAND)
    copy.change(
        "reconciler/cli/app.py",
        "COMMANDS: Mapping[str, str] = {\n",
        'COMMANDS: Mapping[str, str] = {\n    "hello": "Greet.",\n',
    )

    assert copy.run("hello", "Ada") == "Hello, Ada.\n"
    assert "Greet." in copy.run("--help")


def test_a_kind_is_one_schema(copy):
    copy.add("schemas/lounge.schema.json", json.dumps(KIND))
    copy.write("lounge.yaml", LOUNGE)

    assert "Lounge.seats" in copy.run("explain", "Lounge.seats")
    copy.run("apply", "lounge.yaml", "--space", "local", "--yes")
    assert "No changes" in copy.run("plan", "lounge.yaml", "--space", "local")


@pytest.mark.long
def test_a_report_format_is_one_module_and_one_entry(copy):
    copy.add("reconciler/reports/csv_text.py", FORMAT)
    copy.change(
        "reconciler/reports/formats.py",
        '    "html": _late("reconciler.reports.html.report", "plan_html"),\n',
        '    "html": _late("reconciler.reports.html.report", "plan_html"),\n'
        '    "csv": _late("reconciler.reports.csv_text", "plan_csv"),\n',
    )
    copy.write("room.yaml", ROOM)

    printed = copy.run("plan", "room.yaml", "--space", "local", "--format", "csv")

    assert printed == "action,kind,name\ncreate,Room,lobby\n"


def test_a_state_backend_is_one_module_and_one_entry(copy, tmp_path):
    copy.add("reconciler/state/backends/folder.py", BACKEND)
    copy.change("reconciler/state/registry.py", "BACKENDS = (\n", OPENER)
    copy.write("room.yaml", ROOM)
    copy.write("reconciler.yaml", PROJECT.format(folder=tmp_path / "states"))

    copy.run("apply", "--env", "dev", "--yes")

    assert "Room/lobby" in copy.run("state", "list", "--env", "dev")
    assert "No changes" in copy.run("plan", "--env", "dev")
    assert list((tmp_path / "states" / "dev").glob("*.json"))


@pytest.mark.long
def test_a_question_of_the_probe_is_one_entry_and_one_for_a_request_of_its_own(copy):
    copy.change(
        "reconciler/engine/probe/questions.py", "QUESTIONS: tuple[Question, ...] = (\n", QUESTION
    )
    copy.change("reconciler/engine/probe/steps.py", LAST, LAST + STEP)

    answers = copy.run("probe", "--space", "local", "--yes", "--report", "found.json")

    document = json.loads((copy.project / "found.json").read_text())
    found = {one["kind"]: one for one in document["facts"] if one["question"] == "third_status"}
    assert found.keys() == {"Conference", "ConferenceRoom", "Room"}
    assert found["Room"]["evidence"][0]["request"] == "POST /rooms"
    assert answers.count("third_status") == len(found)
    (copy.project / "found.json").unlink()  # it is no manifest
    # What the new request created is deleted like the rest.
    copy.run("import", "--all", "--out", "left", "--space", "local")
    assert not (copy.project / "left").exists()
    assert not list((copy.project / ".reconciler").glob("*.probe.json"))
