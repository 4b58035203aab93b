import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from reconciler import __version__, catalog
from reconciler.cli.app import COMMANDS
from reconciler.engine import scaffold
from reconciler.manifest.load import load
from reconciler.manifest.project import load_project
from tests.commands.test_terminal import on_a_terminal
from tests.commands.words import CREDENTIALS, counts, recorded, room, write_manifests

__all__ = ["on_a_terminal"]  # a fixture

PROJECT = [
    "reconciler.yaml",
    ".gitignore",
    ".pre-commit-config.yaml",
    ".github/workflows/video-rooms.yml",
    ".schemas/manifest.schema.json",
    ".schemas/project.schema.json",
    ".vscode/settings.json",
]
PINNED = f"somebody/reconciler@{'a' * 40}"
CREDENTIALS_OF_CI = (
    "variable set SIGNALWIRE_SPACE",
    "secret set SIGNALWIRE_PROJECT_ID",
    "secret set SIGNALWIRE_API_TOKEN",
)
ROOM_WITH_A_SECRET = """\
apiVersion: reconciler.dev/v1
kind: Room
metadata:
  name: stage
spec:
  streams:
    - url: ${env:STAGE_RTMP}
"""
FIRST = [
    "conferences/town-hall.yaml",
    "presets/webinar.yaml",
    "rooms/lobby.yaml",
    "themes/brand.yaml",
]


def files(folder="."):
    found = (
        path
        for path in Path(folder).rglob("*")
        if path.is_file() and ".reconciler" not in path.parts
    )
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in found}


def commands(out):
    """The commands that are printed below 'Next:', to the first line that is none."""
    _, _, rest = out.partition("\nNext:\n")
    lines = rest.split("\n\n")[0].splitlines()
    assert all(line.startswith("  ") for line in lines)
    return [line.strip() for line in lines]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The command on the PATH of a shell."""
    script = tmp_path / "bin" / "reconciler"
    script.parent.mkdir()
    script.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m reconciler "$@"\n', encoding="utf-8"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize("folder", ["my rooms", "."])
def test_what_init_prints_as_next_steps_works_as_it_is_printed(installed, folder):
    Path("empty").mkdir()
    typed = ["reconciler", "init", folder] if folder != "." else ["reconciler", "init"]
    began = subprocess.run(
        typed, cwd="empty", capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    steps = commands(began.stdout)
    assert [step.split()[:2] for step in steps if step.startswith("reconciler")] == [
        ["reconciler", word] for word in ("validate", "plan", "apply", "drift")
    ]

    ran = subprocess.run(
        ["sh", "-ec", "\n".join(steps)], cwd="empty", capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Applied: 2 created." in ran.stdout


def test_the_same_steps_work_against_a_space_of_ones_own(done, space, monkeypatch):
    out = done("init", ".").out
    for step in commands(out):
        done(*shlex.split(step.replace("--env local", "--env prod"))[1:])
    done("doctor", "--env", "prod")
    assert space.names() == {"Room/lobby", "Conference/town-hall"}


def test_init_writes_a_whole_repository_and_says_what(done):
    out = done("init", "team/rooms").out

    assert sorted(files("team/rooms")) == sorted(
        [*PROJECT, *(f"manifests/{name}" for name in FIRST)]
    )
    assert [name for name in [*PROJECT, *FIRST] if name not in out] == []
    assert not Path("team/rooms/.reconciler").exists()


def test_nothing_is_written_over(done):
    written = {name: f"# mine: {name}\n" for name in PROJECT}
    written["manifests/rooms.yaml"] = (
        "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: mine}\n"
    )
    for name, text in written.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")

    out = done("init").out

    assert files() == written
    assert out.startswith("Kept unchanged:\n")
    assert "Wrote" not in out


def test_init_again_changes_nothing(done):
    done("init")
    before = files()
    done("init")
    assert files() == before


def test_manifests_that_are_there_get_no_examples_beside_them(done):
    write_manifests(room("mine"), to="manifests/mine.yaml")
    done("init")
    assert [name for name in files() if name.startswith("manifests/")] == ["manifests/mine.yaml"]


@pytest.mark.parametrize(
    ("name", "told"), [(".github", ".github/workflows"), (".gitignore/x", ".gitignore")]
)
def test_a_file_in_the_way_is_named(reconciler, name, told):
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text("", encoding="utf-8")
    code, _, err = reconciler("init")
    assert code == 1
    assert told in err


def test_with_credentials_the_space_is_checked_and_the_first_plan_shown(done, space):
    space.create("Room", name="by-hand")
    out = done("init").out

    assert "ok    space        " in out
    assert (
        f"{os.environ['SIGNALWIRE_SPACE']} has 1 resource not managed yet. To import them: reconciler import --env prod"
        in out
    )
    assert "The first plan ('reconciler plan --env prod'):" in out
    assert "Plan: 2 to create" in out
    assert space.writes == [("POST", "Room")]
    assert recorded() == {}


def test_credentials_that_are_wrong_are_told_and_the_files_are_there(done, serving):
    serving(credentials=("project", "another-token"))
    out = done("init").out

    assert "wrong space" in out
    assert "The first plan" not in out
    assert commands(out)
    assert set(PROJECT) <= set(files())


def test_missing_credentials_are_told(done, monkeypatch):
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", CREDENTIALS[1])
    out = done("init").out
    assert "wrong credentials   the environment variable SIGNALWIRE_SPACE is not set" in out
    assert "reconciler doctor --env prod" in out


def test_a_space_can_be_named(done, reconciler):
    done("init", "--space", "example.signalwire.com")
    project = load_project(
        Path("reconciler.yaml"), schema=catalog.documents()["project.schema.json"]
    )
    assert project.environments["prod"].space.text == "example.signalwire.com"
    code, _, err = reconciler("init", "other", "--space", "https://user:pw@example.com")
    assert (code, Path("other").exists()) == (1, False)
    assert "user or password" in err


@pytest.mark.parametrize("said", [["--space", "local"], []])
def test_the_local_space_needs_no_credentials_for_a_first_plan(done, monkeypatch, said):
    if not said:
        monkeypatch.setenv("SIGNALWIRE_SPACE", "local")
    out = done("init", *said).out
    assert "The first plan ('reconciler plan --env local'):" in out
    assert "Plan: 2 to create." in out


def test_on_a_terminal_what_the_space_has_becomes_manifests_in_place_of_examples(
    on_a_terminal, space, reconciler
):
    space.create("Room", name="by-hand", quality="1080p")

    code, shown = on_a_terminal("init", "mine", answer="yes\n")

    assert code == 0, shown
    assert "Imported 1 resource into 1 file below manifests." in shown
    assert "No changes: 1 resource matches." in shown
    assert [name for name in files("mine") if name.startswith("manifests/")] == [
        "manifests/rooms/by-hand.yaml"
    ]
    os.chdir("mine")
    assert reconciler("plan", "--env", "prod", "--format", "json").json["summary"] == counts(noop=1)
    assert space.writes == [("POST", "Room")]


def test_on_a_terminal_anything_but_yes_keeps_the_examples(on_a_terminal, space):
    space.create("Room", name="by-hand")
    code, shown = on_a_terminal("init", "mine", answer="no\n")
    assert code == 0, shown
    assert sum(name.startswith("manifests/") for name in files("mine")) == len(FIRST)


def test_the_first_manifests_load_without_a_problem_and_settle_with_all_settings(tmp_path):
    scaffold.write_files(tmp_path, scaffold.first_manifests())
    loaded = load(
        [str(tmp_path)],
        kinds=catalog.kinds(),
        variables={},
        environment={},
        literal_secrets="refuse",
    )
    assert loaded.problems == ()
    assert len(loaded.desired) == 2


def test_the_workflow_is_pinned_asks_for_little_and_is_no_gate_for_strangers():
    text = scaffold.project_files(space="x")[".github/workflows/video-rooms.yml"]
    workflow = yaml.safe_load(text)
    uses = re.findall(r"uses: (.+)", text)

    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in text
    assert uses
    assert [one for one in uses if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", one)] == []
    assert workflow["env"] == {"RECONCILER": f"signalwire-reconciler=={__version__}"}
    assert re.findall(r'bin/reconciler" (\w+)', text) == ["validate", "plan"]
    assert "validate --without-env" in text
    assert "secrets." not in str(workflow["jobs"]["validate"])
    assert "--env prod --format markdown >" in text
    assert "${{ github." not in text


def words_of(entry):
    """The words of a hook's entry after the name of the command."""
    words = entry.split()
    return words[words.index("reconciler") + 1 :]


def test_the_hooks_name_commands_that_there_are():
    hooks = yaml.safe_load(scaffold.project_files(space="x")[".pre-commit-config.yaml"])["repos"][
        0
    ]["hooks"]
    assert {words_of(hook["entry"])[0] for hook in hooks} <= {*COMMANDS, "fmt"}
    assert all(hook["language"] == "system" for hook in hooks)


@pytest.mark.parametrize("id_", ["reconciler-fmt", "reconciler-validate"])
@pytest.mark.parametrize("where", ["scaffolded", "for other repositories"])
def test_the_hooks_pass_before_anybody_has_a_secret(reconciler, id_, where):
    Path("rooms.yaml").write_text(ROOM_WITH_A_SECRET, encoding="utf-8")
    given = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
    scaffolded = yaml.safe_load(scaffold.project_files(space="x")[".pre-commit-config.yaml"])[
        "repos"
    ][0]["hooks"]
    hooks = (
        scaffolded if where == "scaffolded" else yaml.safe_load(given.read_text(encoding="utf-8"))
    )
    (entry,) = [hook["entry"] for hook in hooks if hook["id"] == id_]

    assert reconciler(*words_of(entry))[0] == 0


def test_the_project_file_is_one():
    text = scaffold.project_files(space="${env:SIGNALWIRE_SPACE}")["reconciler.yaml"]
    Draft202012Validator(catalog.documents()["project.schema.json"]).validate(yaml.safe_load(text))


def test_the_workflow_uses_the_action_where_it_is_named(done):
    done("init", "--action", PINNED)

    workflow = yaml.safe_load(Path(".github/workflows/video-rooms.yml").read_text(encoding="utf-8"))
    used = {
        name: [step["uses"] for step in job["steps"]][-1] for name, job in workflow["jobs"].items()
    }
    assert used == dict.fromkeys(("validate", "plan", "apply", "drift"), PINNED)
    given = {word for job in workflow["jobs"].values() for word in job["steps"][-1]["with"]}
    assert given <= set(
        yaml.safe_load((Path(__file__).parents[2] / "action.yml").read_text(encoding="utf-8"))[
            "inputs"
        ]
    )


def state_of(environment):
    return (
        load_project(Path("reconciler.yaml"), schema=catalog.documents()["project.schema.json"])
        .environments[environment]
        .state
    )


def test_the_record_is_shared_where_the_workflow_applies_and_private_where_it_does_not(done):
    alone = done("init").out
    assert state_of("prod") is None
    Path("reconciler.yaml").unlink()
    told = done("init", "--action", PINNED).out

    assert (state_of("prod"), state_of("local")) == ("git", None)
    assert "reconciler.yaml keeps the record" not in told
    assert [name for name in CREDENTIALS_OF_CI if name not in told] == []
    assert "gh secret" not in alone


def test_the_local_space_needs_no_remote_where_the_workflow_applies(done):
    for step in commands(done("init", "--action", PINNED).out):
        done(*shlex.split(step)[1:])


def test_a_project_file_of_ones_own_without_a_shared_record_is_told(done):
    done("init")
    assert "Add 'state: git' to the environment prod" in done("init", "--action", PINNED).out

    Path("reconciler.yaml").write_text(
        "state: s3://bucket/rooms\nenvironments: {prod: {}}\n", encoding="utf-8"
    )
    assert "Add 'state: git'" not in done("init", "--action", PINNED).out


def test_a_project_file_of_ones_own_that_is_wrong_is_told_once_and_the_steps_follow(done):
    Path("reconciler.yaml").write_text("environments: []\n", encoding="utf-8")
    told = done("init", "--action", PINNED)

    assert told.err.count("reconciler.yaml:1:15") == 1
    assert "gh secret set SIGNALWIRE_API_TOKEN" in told.out


@pytest.mark.parametrize(
    "action",
    [
        "somebody/reconciler",
        "somebody/reconciler@v1",
        "reconciler@" + "a" * 40,
        "a/b@" + "a" * 40 + "\n- run: x",
    ],
)
def test_an_action_that_is_not_pinned_is_refused_and_nothing_is_written(reconciler, action):
    code, _, err = reconciler("init", "new", "--action", action)

    assert (code, "OWNER/REPOSITORY@COMMIT" in err, Path("new").exists()) == (1, True, False)
