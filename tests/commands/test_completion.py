import shutil
import subprocess

import pytest
from click.shell_completion import ShellComplete

from reconciler.cli.app import COMMANDS, program
from tests.commands.words import MANIFESTS, conference, room


def completed(*words):
    """What a shell would offer for the last word."""
    asked = ShellComplete(program, {}, "reconciler", "_RECONCILER_COMPLETE")
    return [one.value for one in asked.get_completions(list(words[:-1]), words[-1])]


def test_commands_are_completed():
    assert completed("s") == [name for name in COMMANDS if name.startswith("s")]


def test_options_are_completed():
    assert completed("plan", "--tar") == ["--target"]


def test_declared_and_recorded_names_are_completed(apply, declare, space):
    apply(room("lobby"), conference("hall"))
    declare(room("lounge"))

    assert completed("plan", MANIFESTS, "--target", "Ro") == ["Room/lobby", "Room/lounge"]
    assert completed("plan", "--target", "") == ["Conference/hall", "Room/lobby", "Room/lounge"]
    assert completed("state", "rm", "Conf") == ["Conference/hall"]


@pytest.mark.parametrize("text", ["{", "kind: Nothing", ""])
def test_what_is_wrong_with_manifests_is_no_matter_of_a_shell(
    declare, capsys, space, text, tmp_path
):
    (tmp_path / MANIFESTS).write_text(text)

    assert completed("plan", "--target", "Ro") == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_takes(done, shell):
    script = done("completion", shell).out

    assert "_RECONCILER_COMPLETE" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True, timeout=30)


def test_another_shell_is_not_known(reconciler):
    code, _, err = reconciler("completion", "tcsh")

    assert (code, "bash" in err) == (1, True)


def test_no_shell_at_all_is_answered_with_those_there_are_on_one_line(reconciler):
    assert reconciler("completion").err.splitlines()[0].endswith("Choose from: bash, zsh, fish")


def test_names_are_completed_wherever_a_resource_is_named(declare, space):
    declare(room("lobby"), conference("hall"))

    assert completed("show", "Ro") == ["Room/lobby"]
    assert "Room/lobby" in completed("pull", "Ro")
    assert completed("previews", "") == ["hall", "lobby"]
    assert completed("previews", "Conference/") == ["Conference/hall"]
    assert completed("tokens", "list", "") == ["hall"]
    assert completed("tokens", "reset", "h") == ["hall/"]
    assert completed("tokens", "mint", "lo") == ["lobby"]


def test_kinds_and_their_fields_are_completed():
    assert completed("explain", "Ro") == ["Role", "Room"]
    assert completed("explain", "Room.la") == ["Room.layout"]
    assert completed("explain", "Nothing.") == []


def test_environments_are_completed(tmp_path):
    assert completed("plan", "--env", "") == []

    (tmp_path / "reconciler.yaml").write_text(
        "environments: {prod: {space: local}, dev: {space: local}}"
    )
    assert completed("plan", "--env", "") == ["dev", "prod"]
    assert completed("validate", "--env", "d") == ["dev"]

    (tmp_path / "reconciler.yaml").write_text("environments: [")
    assert completed("plan", "--env", "") == []
