"""One record for one Space: a forgotten --env, two environments with one file, records beside one another."""

import json
from pathlib import Path

import pytest

from tests.commands.words import MANIFESTS, actions, room

PROJECT = Path("reconciler.yaml")


@pytest.fixture
def project(space, declare):
    """A project whose environment prod is the served Space, with one room declared; writes further lines."""

    def written(*lines, prod=""):
        text = f"manifests: [{MANIFESTS}]\nenvironments:\n  local: {{space: local}}\n  prod: {{{prod}}}\n"
        PROJECT.write_text(text + "".join(f"{line}\n" for line in lines), encoding="utf-8")

    declare(room("a", layout="2x2"))
    written(prod="space: '${env:SIGNALWIRE_SPACE}', project_id: '${env:SIGNALWIRE_PROJECT_ID}'")
    return written


@pytest.mark.parametrize(
    "prod",
    [
        "space: '${env:SIGNALWIRE_SPACE}', project_id: '${env:SIGNALWIRE_PROJECT_ID}'",
        "space: '${env:SIGNALWIRE_SPACE}'",
        "vars: {x: y}",
    ],
)
def test_a_forgotten_environment_is_the_one_that_means_the_same_space(
    project, done, reconciler, space, prod
):
    project(prod=prod)
    done("apply", "--env", "prod", "--yes")

    assert done("plan", "--format", "json").json["summary"]["noop"] == 1
    assert reconciler("drift").code == 0
    space.change("Room", "a", layout="5x5")
    code, _, err = reconciler("drift")
    assert (code, "'prod'" in err) == (2, True)
    done("apply", "--yes")
    assert [path.name for path in Path(".reconciler").glob("*.state.json")] == ["prod.state.json"]


def test_where_several_mean_the_same_space_the_run_asks(project, done, reconciler):
    done("apply", "--env", "prod", "--yes")
    project("  stag: {}", prod="vars: {x: y}")

    for command in (["plan"], ["drift"], ["apply", "--yes"], ["state", "list"]):
        code, out, err = reconciler(*command)
        assert (code, out, "prod, stag" in err, "--env" in err, "not created by" in err) == (
            1,
            "",
            True,
            True,
            False,
        )


def test_a_default_environment_stands_for_a_missing_flag(project, done, monkeypatch):
    project("  stag: {}", "default_environment: prod", prod="vars: {x: y}")
    done("apply", "--yes")
    assert Path(".reconciler", "prod.state.json").is_file()

    monkeypatch.setenv("RECONCILER_ENV", "local")
    assert actions(done("plan", "--format", "json").json) == [("create", "Room/a", ["layout"])]
    assert done("plan", "--env", "prod", "--format", "json").json["actions"] == []


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("file", "environment prod, the default of reconciler.yaml"),
        ("variable", "environment prod, from RECONCILER_ENV"),
        ("flag", "environment prod"),
        ("Space", "environment prod, the only one with this Space"),
    ],
)
def test_each_command_says_which_space_and_environment_it_used(
    project, reconciler, space, monkeypatch, chosen, words
):
    project(*(["default_environment: prod"] if chosen == "file" else []), prod="vars: {x: y}")
    if chosen == "variable":
        monkeypatch.setenv("RECONCILER_ENV", "prod")
    flags = ["--env", "prod"] if chosen == "flag" else []
    host = reconciler("plan", "--format", "json", *flags).json["space"]

    def first_line(*arguments):
        """The line that names the Space: the first of standard output, or a message."""
        ran = reconciler(*arguments, *flags)
        lines = [*ran.out.splitlines()[:1], *ran.err.splitlines()]
        return next(line for line in lines if line.startswith("Space "))

    runs = (
        ["plan"],
        ["apply", "--yes"],
        ["plan"],
        ["apply", "--yes"],
        ["drift"],
        ["pull", "--all", "--yes"],
        ["destroy", "--yes"],
        ["destroy", "--yes"],
    )
    named = [first_line(*arguments) for arguments in runs]
    assert {line.partition(", ")[0] for line in named} == {f"Space {host}"}
    assert {line[line.index("environment") :] for line in named} == {words}


def test_reports_of_every_format_name_the_environment(project, done, reconciler):
    project("default_environment: prod", prod="vars: {x: y}")
    done("apply", "--yes")

    for command in ("plan", "drift"):
        shown = {form: done(command, "--format", form).out for form in ("markdown", "html", "json")}
        assert "environment `prod`, the default of reconciler.yaml" in shown["markdown"]
        assert "Environment <code>prod, the default of reconciler.yaml</code>" in shown["html"]
        assert json.loads(shown["json"])["environment"] == "prod"
    assert done("apply", "--yes", "--format", "json").json["environment"] == "prod"

    done("plan", "--out", "saved.json")
    assert "environment prod\n" in done("show", "saved.json").out
    assert done("apply", "--plan", "saved.json", "--env", "prod").code == 0


def test_a_default_that_is_none_is_an_error(project, reconciler, monkeypatch):
    project("default_environment: prd")
    code, _, err = reconciler("plan")
    assert (code, "reconciler.yaml:5:22" in err, "did you mean 'prod'" in err) == (1, True, True)

    project()
    monkeypatch.setenv("RECONCILER_ENV", "prd")
    assert "did you mean 'prod'" in reconciler("plan").err
    PROJECT.unlink()
    assert "RECONCILER_ENV prd" in reconciler("plan").err


@pytest.mark.parametrize(
    "states",
    [
        ("shared.json", "shared.json"),
        ("shared.json", "./shared.json"),
        ("shared.json", "x/../shared.json"),
        (".reconciler/two.state.json", None),
    ],
)
def test_two_environments_with_one_record_are_an_error_of_the_project_file(
    reconciler, declare, space, states
):
    declare(room("a"))
    one, two = (
        f"space: s.signalwire.com{f', state: {state}' if state else ''}" for state in states
    )
    PROJECT.write_text(f"environments:\n  one: {{{one}}}\n  two: {{{two}}}\n", encoding="utf-8")

    for command in (
        ["validate"],
        ["plan"],
        ["apply", "--env", "one", "--yes"],
        ["apply", "--env", "two", "--yes"],
    ):
        code, _, err = reconciler(*command)
        assert (code, "reconciler.yaml:3:3: environments.two" in err, "'one' and 'two'" in err) == (
            1,
            True,
            True,
        )
    assert space.writes == []


def test_a_state_of_the_project_is_shared_by_its_environments(reconciler):
    PROJECT.write_text("state: x.json\nenvironments:\n  one: {}\n  two: {}\n", encoding="utf-8")
    assert "keep their state in one file, x.json" in reconciler("plan").err

    PROJECT.write_text(
        "state: s3://bucket/x\nenvironments:\n  one: {}\n  two: {}\n", encoding="utf-8"
    )
    assert "keep their state" not in reconciler("validate").err


def test_a_record_knows_its_environment(project, done, reconciler):
    done("apply", "--env", "prod", "--yes")
    record = Path(".reconciler", "prod.state.json")
    assert json.loads(record.read_text(encoding="utf-8"))["environment"] == "prod"
    stag = record.with_name("stag.state.json")
    stag.write_bytes(record.read_bytes())
    stag.chmod(0o600)
    project("  stag: {}", prod="vars: {x: y}")

    code, _, err = reconciler("plan", "--env", "stag")

    assert (code, "is of environment 'prod', and you are in 'stag'" in err) == (1, True)


def test_what_another_environment_manages_is_not_said_to_be_nobodys(project, done, reconciler):
    done("apply", "--env", "prod", "--yes")
    project("  stag: {}", prod="vars: {x: y}")

    assert (
        "Room/a exists in the Space and is managed by environment 'prod'"
        in done("plan", "--env", "stag").out
    )
    code, out, err = reconciler("apply", "--env", "stag", "--yes", "--adopt", "Room/a")

    assert (code, "not created by this tool" in out + err) == (3, False)


@pytest.mark.parametrize("command", [["plan"], ["drift"], ["apply", "--yes"]])
def test_a_record_without_an_environment_is_not_left_behind_in_silence(
    declare, done, reconciler, space, project, command
):
    PROJECT.unlink()
    done("apply", MANIFESTS, "--yes")
    (record,) = Path(".reconciler").glob("*.state.json")
    project(prod="vars: {x: y}")

    code, out, err = reconciler(*command)

    assert (code, record.name in err, "mv " in err, "not created by" in out + err) == (
        1,
        True,
        True,
        False,
    )


def test_drift_of_an_environment_that_was_never_applied_names_it_and_the_others(
    done, project, reconciler, space
):
    done("apply", "--env", "prod", "--yes")
    project("  stag: {}", prod="vars: {x: y}")

    code, out, err = reconciler("drift", "--env", "stag")

    assert (code, out) == (1, "")
    assert " and environment stag, so drift of 1 declared resource cannot be determined" in err
    assert "--env NAME (local, prod)" in err
