from pathlib import Path

import pytest

from reconciler import __version__
from tests.commands.words import MANIFESTS, room

COMMANDS = [
    "validate",
    "plan",
    "apply",
    "drift",
    "show",
    "explain",
    "schema",
    "destroy",
    "state",
    "space",
    "doctor",
]
EVERY = [
    *([name] for name in COMMANDS),
    ["space", "serve"],
    *(["state", name] for name in ("list", "show", "mv", "rm", "unlock", "pull", "push")),
]
OPTIONS = {
    "validate": ["--env"],
    "plan": [
        "--out",
        "--format",
        "--detailed-exitcode",
        "--target",
        "--selector",
        "--no-prune",
        "--refresh-only",
        "--space",
        "--project-id",
    ],
    "apply": [
        "--yes",
        "--plan",
        "--parallel",
        "--target",
        "--adopt",
        "--allow-delete",
        "--allow-live",
        "--format",
        "--space",
        "--project-id",
    ],
    "drift": ["--format", "--unmanaged", "--space", "--project-id", "--env"],
    "show": ["--space", "--project-id", "--env"],
    "schema": ["--write"],
    "destroy": ["--yes", "--space", "--project-id", "--env"],
    "doctor": ["--space", "--project-id", "--env"],
}


@pytest.fixture
def untouched(space, declare, tmp_path):
    """Check that a command asked the Space for nothing and recorded nothing."""
    declare(room("lobby"))
    yield
    assert space.space.requests == []
    assert [
        path.name for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"
    ] == [MANIFESTS]


@pytest.mark.parametrize("command", [[], *EVERY], ids=" ".join)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_command_has_help_on_standard_output(reconciler, command, flag):
    code, out, err = reconciler(*command, flag)

    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: {' '.join(['reconciler', *command])} ")


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_help_holds_no_control_mark(done, command):
    assert "\\b" not in done(*command, "--help").out


def test_help_of_the_tool_lists_every_command(done):
    listed = [
        line.split()[0]
        for line in done("--help").out.partition("Commands:\n")[2].splitlines()
        if line.startswith("  ") and line[2] != " "
    ]

    assert set(COMMANDS) <= set(listed)


@pytest.mark.parametrize("command", OPTIONS)
def test_help_names_the_options_of_the_contract(done, command):
    out = done(command, "--help").out

    assert [option for option in OPTIONS[command] if option not in out] == []


def test_no_command_takes_a_token_as_a_flag(done):
    assert [
        command
        for command in COMMANDS
        if "--token " in done(command, "--help").out or "--api-token" in done(command, "--help").out
    ] == []


def test_version(done):
    out = done("--version").out

    assert out.strip().endswith(__version__)
    assert out.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["space"], ["state"]], ids=" ".join)
def test_no_command_at_all_is_answered_with_the_help_and_nothing_around_it(
    reconciler, done, arguments
):
    assert reconciler(*arguments) == (1, "", done(*arguments, "--help").out)


def test_the_example_in_the_help_can_be_copied(done, monkeypatch, tmp_path):
    text = done("--help").out
    assert "\n    reconciler init my-rooms && cd my-rooms\n    reconciler apply\n" in text

    done("init", "my-rooms")
    monkeypatch.chdir(tmp_path / "my-rooms")
    assert done("plan").out.startswith(
        "Space local, project local, environment local, the default of reconciler.yaml\n"
    )
    assert "Applied: " in done("apply", "--yes").out


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["plna", MANIFESTS], "'plan'"),
        (["aply", MANIFESTS, "--yes"], "'apply'"),
        (["dirft", MANIFESTS], "'drift'"),
        (["Plan", MANIFESTS], "'plan'"),
        (["space", "serv"], "'serve'"),
        (["plan", MANIFESTS, "--det"], "--detailed-exitcode"),
        (["plan", MANIFESTS, "--detailed-exit-code"], "--detailed-exitcode"),
        (["plan", MANIFESTS, "--no-purne"], "--no-prune"),
        (["apply", MANIFESTS, "--ye"], "--yes"),
        (["apply", MANIFESTS, "--allow-del", "Room=1"], "--allow-delete"),
        (["apply", MANIFESTS, "--paralel", "2"], "--parallel"),
        (["destroy", MANIFESTS, "--ye"], "--yes"),
        (["drift", MANIFESTS, "--unmanage"], "--unmanaged"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistyped_command_or_option_is_an_error_with_the_near_miss(reconciler, arguments, near):
    code, out, err = reconciler(*arguments)

    assert (code, out) == (1, "")
    assert (
        arguments[1 if arguments[0] == "space" else 0] in err
        or next(word for word in arguments if word.startswith("--")) in err
    )
    assert near in err


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["apply", "--auto"], "--auto"),
        (["apply", "--force"], "--force"),
        (["apply", "--parallel", "0"], "0"),
        (["apply", "--parallel", "-1"], "-1"),
        (["apply", "--parallel", "abc"], "abc"),
        (["apply", "--parallel", "10000"], "10000"),
        (["apply", "--parallel", "1.5"], "1.5"),
        (["apply", "--parallel"], "--parallel"),
        (["plan", "--format", "xml"], "xml"),
        (["apply", "--format", "xml"], "xml"),
        (["drift", "--format", "xml"], "xml"),
        (["show", "--format", "xml"], "xml"),
        (["plan", "--out"], "--out"),
        (["plan", "--target", "lobby"], "lobby"),
        (["plan", "--target", "Rooom/lobby"], "Room"),
        (["plan", "--target", "Room/loby"], "lobby"),
        (["apply", "--target", "Room/loby"], "lobby"),
        (["plan", "--selector", "team"], "team"),
        (["apply", "--allow-delete", "Room"], "Room"),
        (["apply", "--allow-delete", "4"], "write it as KIND=NUMBER, such as "),
        (["apply", "--allow-delete", "Room=some"], "some"),
        (["apply", "--allow-delete", "Room=-1"], "-1"),
        (["apply", "--allow-delete", "Rooom=1"], "Room"),
        (["space", "serve", "--port", "abc"], "abc"),
        (["space", "serve", "--port", "70000"], "70000"),
        (["doctor", "extra"], "extra"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_value_that_cannot_be_is_an_error_that_shows_it(reconciler, arguments, told):
    given = [*arguments, *(["--yes"] if arguments[0] == "apply" else [])]

    code, out, err = reconciler(*given)

    assert (code, out) == (1, "")
    assert told in err


def test_a_format_that_is_not_there_is_answered_with_those_that_are(reconciler):
    err = reconciler("plan", "--format", "xml").err

    assert [name for name in ("text", "json") if name not in err] == []


def test_a_target_that_is_not_there_is_answered_with_the_nearest(reconciler, space, declare):
    declare(room("lobby"), room("kitchen"))

    code, out, err = reconciler("plan", MANIFESTS, "--target", "Room/loby")

    assert (code, out) == (1, "")
    assert "Room/loby" in err
    assert "Room/lobby" in err
    assert space.writes == []


def test_consent_for_a_kind_that_does_not_exist_is_answered_with_the_nearest(reconciler, declare):
    declare(room("lobby"))

    assert (
        "'Room'"
        in reconciler(
            "apply", MANIFESTS, "--space", "local", "--yes", "--allow-delete", "Rom=1"
        ).err
    )
    assert not Path(".reconciler", "local.state.json").exists()


@pytest.mark.parametrize("command", ["validate", "plan", "apply"])
def test_a_whole_machine_is_not_searched_for_manifests(reconciler, monkeypatch, command):
    monkeypatch.chdir(Path.cwd().anchor)

    code, out, err = reconciler(
        command, *([] if command == "validate" else ["--space", "127.0.0.1:9", "--project-id", "p"])
    )

    assert (code, out) == (1, "")
    assert (
        f"there is no reconciler.yaml in {Path.cwd()}: everything on this machine would be searched"
        in err
    )
    assert "reconciler init DIR" in err


@pytest.mark.parametrize("name", ["reconciler.yml", "Reconciler.yaml", "reconciler.yaml.txt"])
def test_a_project_file_of_nearly_the_right_name_is_noticed_where_an_environment_is_asked_for(
    reconciler, name
):
    Path(name).write_text("environments: {dev: {space: local}}\n")

    assert (
        f"there is {name} here: name it reconciler.yaml" in reconciler("plan", "--env", "dev").err
    )
