import subprocess
import sys
from xml.etree import ElementTree as ET

import click
import pytest

from reconciler.cli.app import program
from reconciler.core.errors import ReconcilerError
from tests.docs.pages import PROJECT

BUILD = PROJECT / "docs" / "build.py"
COMMANDS = (PROJECT / "docs" / "commands.md").read_text(encoding="utf-8")
EXIT_CODES = (PROJECT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def commands(group, context):
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from commands(command, inner)
        else:
            yield pytest.param(inner.command_path, command, id=inner.command_path)


ALL = list(
    commands(program, click.Context(program, info_name="reconciler", **program.context_settings))
)


def exit_codes(error):
    return {error.exit_code}.union(*(exit_codes(inner) for inner in error.__subclasses__()))


def section(name):
    return COMMANDS.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def test_what_is_generated_is_up_to_date():
    done = subprocess.run(
        [sys.executable, str(BUILD), "--check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", [parameters.values[0] for parameters in ALL])
def test_the_overview_of_commands_lists_every_command(name):
    assert f"| [`{name}" in COMMANDS.partition("\n## ")[0]


@pytest.mark.parametrize(("name", "command"), ALL)
def test_every_flag_is_explained(name, command):
    shared = section("The connection")
    flags = [
        flag
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for flag in parameter.opts
    ]
    explained = section(name) + (shared if "(#the-connection)" in section(name) else "")

    assert [
        flag for flag in flags if f"`{flag}" not in explained and f", {flag}" not in explained
    ] == []
    assert all(
        parameter.help for parameter in command.params if isinstance(parameter, click.Option)
    )


def test_the_page_of_exit_codes_has_a_section_for_every_exit_code():
    codes = exit_codes(ReconcilerError) | {0, 2}

    assert [code for code in codes if f"\n| {code} | " not in EXIT_CODES] == []
    assert [code for code in codes if f"\n## {code}: " not in EXIT_CODES] == []


def test_the_picture_is_a_picture_with_a_title():
    picture = ET.parse(PROJECT / "docs" / "plan.svg").getroot()  # noqa: S314  # our own file
    words = "".join(picture.itertext())

    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert picture.find("{http://www.w3.org/2000/svg}title").text in README
    assert "Conference/town-hall" in words
    assert "\x1b" not in words
