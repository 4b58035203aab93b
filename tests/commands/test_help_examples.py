"""The examples at the end of each command's help run as they are, in a project that 'init' wrote."""

import shlex
from pathlib import Path

import click
import pytest

from reconciler.cli import app
from reconciler.cli.groups import CommandGroup

# What is not tried here: programs of others, and commands that run until they are stopped.
NOT_RUN = (
    "kubectl",
    "--serve",
    "watch --apply",
    "space serve",
    "operator",
    "--env prod",
    "kind draft",
    "example.signalwire.com",
    "probe --report",
)


def commands():
    context = click.Context(app.program)
    for name in app.COMMANDS:
        command = app.program.get_command(context, name)
        yield from command.commands.values() if isinstance(command, CommandGroup) else [command]


EXAMPLES = [
    line.strip()
    for command in commands()
    for line in (command.epilog or "").splitlines()
    if line.startswith("  ")
]


@pytest.fixture
def project(done, monkeypatch):
    """A project as 'init' writes it, applied to the local Space; a resource waits for its import."""
    for name in ("SIGNALWIRE_SPACE", "SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    done("init", "my-rooms")
    monkeypatch.chdir("my-rooms")
    Path("manifests/roles.yaml").write_text(
        "apiVersion: reconciler.dev/v1\nkind: Role\nmetadata: {name: moderator}\n"
        "spec: {permissions: [room.lock]}\n"
    )
    done("apply", "--yes")


TRIED = [one for one in EXAMPLES if not any(words in one for words in NOT_RUN)]
IMPORTS = [one for one in TRIED if " import " in one]


@pytest.mark.parametrize("line", IMPORTS)
def test_an_example_of_import_runs(line, space, done):
    for name in ("lobby", "web-a", "web-b"):
        space.create("Room", name=name, max_members=7)

    done(*shlex.split(line)[1:])

    assert list(Path("manifests").rglob("*.yaml")) != []


@pytest.mark.parametrize("line", [one for one in TRIED if one not in IMPORTS])
@pytest.mark.usefixtures("project")
def test_an_example_of_the_help_runs(line, reconciler, tmp_path, monkeypatch):
    if "init" in line:
        monkeypatch.chdir(tmp_path)
    for part in line.split(" && "):
        command, _, to = part.partition(" > ")
        words = shlex.split(command)
        assert words.pop(0) == "reconciler"
        if words == ["apply"]:
            words.append("--yes")  # here is no terminal
        code, out, err = reconciler(*words)
        assert code == 0, (part, out, err)
        if to:
            Path(to).write_text(out)


def test_each_command_with_options_of_its_own_has_an_example():
    bare = {"completion", "list", "show", "rm", "pull", "unlock"}  # state rm KIND/NAME needs none

    assert {one.name for one in commands() if not one.epilog} <= bare
    assert len(EXAMPLES) > 30
