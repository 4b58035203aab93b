import shutil
import subprocess

import click
import pytest
from click.shell_completion import ShellComplete

from reconciler.cli.app import COMMANDS, program, run
from tests.commands.words import MAKERS, MANIFESTS, conference, manifest, room


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


@pytest.mark.parametrize("kind", MAKERS)
def test_names_of_each_kind_are_completed(apply, declare, space, kind):
    apply(MAKERS[kind]("hall"))
    space.create(kind, name="theirs", display_name="Theirs")
    declare(MAKERS[kind]("hall"), MAKERS[kind]("stage"))

    assert completed("apply", MANIFESTS, "--target", f"{kind}/") == [
        f"{kind}/hall",
        f"{kind}/stage",
    ]
    assert f"{kind}/hall" in completed("state", "rm", f"{kind}/")
    assert f"{kind}=" in completed("apply", "--allow-delete", "")
    assert f"{kind}.display_name" in completed("explain", f"{kind}.dis")


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


def test_every_argument_and_option_that_takes_a_file_a_kind_or_a_name_is_completed():
    words = ("PATH", "FILE", "DIR", "KIND", "CONFERENCE", "ROOM")
    bare = [
        f"{name} {parameter.name}"
        for name, command in every_command(program)
        for parameter in command.params
        if any(word in (parameter.metavar or "") for word in words)
        and not isinstance(parameter.type, click.Path | click.Choice)
        and parameter._custom_shell_complete is None
    ]

    assert bare == []


def every_command(group, before=""):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from every_command(command, f"{name} ")
        else:
            yield f"{before}{name}", command


def kinds_of(*words):
    """The sorts of what is offered: plain words, or files and folders as the shell knows them."""
    asked = ShellComplete(program, {}, "reconciler", "_RECONCILER_COMPLETE")
    return [one.type for one in asked.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize(
    "command", ["plan", "apply", "validate", "drift", "destroy", "fmt", "watch", "colours", "show"]
)
def test_a_path_is_left_to_the_shell(command):
    assert kinds_of(command, "roo") == ["file"]
    assert completed(command, "roo") == ["roo"]


def test_the_first_part_of_a_name_that_is_not_known_is_completed(declare, space):
    declare(room("lobby"))

    assert completed("import", "R") == ["Room/"]
    assert completed("import", "Room/") == ["Room/lobby"]
    assert completed("pull", "--add", "C") == ["Conference/", "ConferenceRoom/"]
    assert completed("state", "mv", "Room/a", "R") == ["Room/"]
    assert completed("apply", "--allow-delete", "") == ["Conference=", "ConferenceRoom=", "Room="]


def test_labels_and_roles_are_completed(declare, space):
    lobby = room("lobby")
    lobby["metadata"]["labels"] = {"team": "growth", "floor": "2"}
    declare(lobby, manifest("Role", "guest"))

    assert completed("plan", "--selector", "") == ["floor=2", "team=growth"]
    assert completed("tokens", "mint", "lobby", "--role", "g") == ["guest"]


def test_schemas_are_completed_as_the_kinds_are_written():
    assert completed("schema", "Ro") == ["Role", "Room"]
    assert "manifest" in completed("schema", "")


@pytest.mark.parametrize(
    ("shell", "words", "number", "answer"),
    [
        ("bash", "reconciler plan --format = js", 4, "plain,json"),
        ("bash", "reconciler plan --format=js", 2, "plain,--format=json"),
        ("bash", "reconciler plan --token-file = to", 4, "file,to"),
        ("bash", "reconciler plan roo", 2, "file,roo"),
        ("zsh", "reconciler plan --format=js", 2, "plain\t--format=json\t"),
        ("fish", "reconciler plan --format=js", 0, "plain,--format=json"),
        ("fish", "reconciler state unl", 0, "plain,unlock\tRemove the lock"),
    ],
)
def test_the_program_answers_a_shell(shell, words, number, answer, monkeypatch, capsys):
    monkeypatch.setenv("_RECONCILER_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(number))

    with pytest.raises(SystemExit):
        run([])

    assert capsys.readouterr().out.rstrip("\n").startswith(answer)
