"""Manifests and tokens from pipes and standard input, patterns, files left out, and one name for one path."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.words import CREDENTIALS, MANIFESTS, RECONCILER, room


def shell(command):
    """What a real bash makes of ``command``; ``$R`` is the command line."""
    words = " ".join(RECONCILER)
    ran = subprocess.run(
        ["bash", "-c", command.replace("$R", words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in ran.stdout + ran.stderr
    assert CREDENTIALS[1] not in ran.stdout + ran.stderr
    return ran


@pytest.fixture
def project():
    """Write reconciler.yaml."""

    def written(text):
        Path("reconciler.yaml").write_text(text, encoding="utf-8")

    return written


@pytest.mark.parametrize(
    "command",
    [
        "$R plan <(cat rooms.yaml)",
        "cat rooms.yaml | $R plan /dev/stdin",
        "cat rooms.yaml | $R plan -",
        "$R plan /dev/fd/3 3< <(cat rooms.yaml)",
        "$R plan /dev/stdin < rooms.yaml",
        "mkfifo p; cat rooms.yaml > p & $R plan p",
        "$R validate <(cat rooms.yaml)",
        "$R apply --yes <(cat rooms.yaml)",
    ],
)
@pytest.mark.usefixtures("space")
def test_manifests_come_by_any_pipe(declare, command):
    declare(room("lobby"))
    ran = shell(command)
    assert ran.returncode == 0, ran.stderr
    assert "1 Room" in ran.stdout or "Room/lobby" in ran.stdout


@pytest.mark.parametrize(
    "words",
    [
        "--token-file <(printf %s $T)",
        "--token-file <(echo $T)",
        "--token-file /dev/fd/3 3<<<$T",
        "--token-file - <<<$T",
        "--token-file /dev/stdin <<<$T",
    ],
)
@pytest.mark.parametrize(
    "verb", ["plan rooms.yaml", "apply rooms.yaml --yes", "drift rooms.yaml", "state list"]
)
def test_the_token_comes_by_any_pipe(serving, apply, declare, monkeypatch, words, verb):
    serving(credentials=CREDENTIALS)
    apply(room("hall"))
    declare(room("hall"), room("lobby"))
    monkeypatch.delenv("SIGNALWIRE_API_TOKEN")
    monkeypatch.setenv("T", CREDENTIALS[1])
    ran = shell(f"$R {verb} {words}")
    assert ran.returncode == 0, ran.stderr


def test_a_token_in_a_pipe_serves_every_round_of_a_watch(serving, declare, monkeypatch):
    serving(credentials=CREDENTIALS)
    declare(room("lobby"))
    monkeypatch.delenv("SIGNALWIRE_API_TOKEN")
    monkeypatch.setenv("T", CREDENTIALS[1])
    ran = shell("$R watch rooms.yaml --rounds 2 --interval 1 --token-file <(printf %s $T)")
    assert (ran.returncode, ran.stdout.count("1 to create")) == (0, 2), ran.stderr


@pytest.mark.usefixtures("space")
def test_standard_input_is_not_both(declare, reconciler):
    declare(room("lobby"))
    result = reconciler("plan", "-", "--token-file", "-")
    assert result.code == 1
    assert "standard input can hold only one of them" in result.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xef\xbb\xbf" + CREDENTIALS[1].encode(), "byte order mark"),
        (CREDENTIALS[1].encode("utf-16"), "is in UTF-16"),
        (f'"{CREDENTIALS[1]}"\n'.encode(), "in quotes"),
        (f"'{CREDENTIALS[1]}'".encode(), "in quotes"),
        (b"", "holds nothing"),
        (b" \n", "holds nothing"),
    ],
)
def test_what_is_around_a_token_is_told_and_nothing_is_sent(
    declare, reconciler, space, content, words
):
    declare(room("lobby"))
    Path("token").write_bytes(content)
    Path("token").chmod(0o600)
    result = reconciler("plan", MANIFESTS, "--token-file", "token")
    assert result.code == 1
    assert words in result.err
    assert space.writes == []


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize(
    "variable", ["SIGNALWIRE_API_TOKEN", "SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_SPACE"]
)
@pytest.mark.parametrize("quote", ['"', "'"])
def test_quotes_around_a_variable_are_told(declare, reconciler, monkeypatch, variable, quote):
    declare(room("lobby"))
    monkeypatch.setenv(variable, f"{quote}{os.environ[variable]}{quote}")
    result = reconciler("plan", MANIFESTS)
    assert result.code == 1
    assert "is in quotes" in result.err


@pytest.mark.usefixtures("space")
def test_the_project_says_what_is_left_out_and_what_is_read(declare, done, project):
    for name in ("envs/a", "envs/b", "k8s"):
        Path(name).mkdir(parents=True)
        declare(room(name.replace("/", "-")))
        Path(MANIFESTS).rename(Path(name, "rooms.yaml"))
    project("manifests: ['envs/*', '*.json', k8s]\nexclude: ['k8s/', '*.tmpl.json']\n")
    Path("c.json").write_text(
        json.dumps({"apiVersion": "reconciler.dev/v1", "kind": "Room", "metadata": {"name": "c"}})
    )
    Path("d.tmpl.json").write_text("{}")
    Path("k8s/rooms.yaml").unlink()
    Path("k8s/ours.yml").write_text(
        "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: k}\n"
    )
    project(
        "manifests: ['envs/*', '*.json', 'k8s/*.yml']\nexclude: ['*.tmpl.json', k8s/rooms.yaml]\n"
    )

    names = [action["name"] for action in done("plan", "--format", "json").json["actions"]]

    assert sorted(names) == ["c", "envs-a", "envs-b", "k"]
    assert "3 files changed, 1 already formatted" in done("fmt").err


def test_a_pattern_of_the_project_that_stands_for_nothing_is_told_at_its_line(reconciler, project):
    project("manifests:\n  - 'envs/*'\n")
    result = reconciler("validate")
    assert result.code == 1
    assert (
        "reconciler.yaml:2:5: manifests: envs/*: no file or folder matches this pattern"
        in result.out
    )


@pytest.mark.usefixtures("space")
def test_an_environment_leaves_out_more(declare, done, project, monkeypatch):
    Path("rooms").mkdir()
    for name in ("a", "b"):
        declare(room(name))
        Path(MANIFESTS).rename(f"rooms/{name}.yaml")
    project("manifests: [rooms]\nenvironments:\n  prod: {exclude: [b.yaml]}\n")
    names = [
        action["name"]
        for action in done("plan", "--env", "prod", "--format", "json").json["actions"]
    ]
    assert names == ["a"]


@pytest.mark.usefixtures("space")
def test_a_shared_folder_is_read_by_consent_of_the_project(declare, reconciler, project):
    Path("shared").mkdir()
    declare(room("lobby"))
    Path(MANIFESTS).rename("shared/rooms.yaml")
    Path("envs/prod").mkdir(parents=True)
    Path("envs/prod/shared").symlink_to("../../shared")
    project("manifests: [envs/prod]\n")
    assert "follow_links" in reconciler("plan").err
    project("manifests: [envs/prod]\nfollow_links: [shared]\n")
    assert reconciler("plan").code == 0


@pytest.mark.parametrize(
    "command",
    [
        "$R plan . --format json > plan.json",
        "$R validate . --format sarif > v.json",
        "$R drift . --format json > drift.json",
        "$R plan . --log-format json 2> events.json",
        "$R fmt . > changed.yaml",
        "$R plan --format json > plan.json",
        "$R plan '*.*' --format json > plan.json",
    ],
)
@pytest.mark.usefixtures("space")
def test_the_file_that_output_goes_to_is_no_manifest(apply, command):
    apply(room("lobby"))
    ran = shell(command)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.usefixtures("space")
def test_a_plan_is_the_same_however_its_path_is_spelled(declare, done, tmp_path):
    Path("rooms/deep").mkdir(parents=True)
    declare(room("lobby", max_members=4))
    Path(MANIFESTS).rename("rooms/deep/rooms.yaml")
    Path("link").symlink_to("rooms")
    Path("reconciler.yaml").write_text("manifests: [rooms]\n", encoding="utf-8")

    def planned(*paths):
        plan = done("plan", *paths, "--format", "json").json
        return plan["digest"], plan["presumes"], plan["actions"]

    expected = planned()
    for spelled in (
        "rooms",
        "./rooms",
        "rooms/",
        tmp_path / "rooms",
        "link",
        "rooms/deep",
        "rooms/deep/rooms.yaml",
        "rooms/*",
    ):
        assert planned(spelled) == expected, spelled
    os.chdir("rooms/deep")
    for spelled in ((), ("..",), (".",), ("rooms.yaml",), (tmp_path / "rooms",)):
        assert planned(*spelled) == expected, spelled


@pytest.mark.usefixtures("space")
def test_a_plan_saved_in_one_folder_is_applied_in_another(declare, done):
    Path("rooms").mkdir()
    declare(room("lobby"))
    Path(MANIFESTS).rename("rooms/rooms.yaml")
    Path("reconciler.yaml").write_text("manifests: [rooms]\n", encoding="utf-8")
    done("plan", "--out", "saved.plan")
    os.chdir("rooms")
    assert "1 created" in done("apply", "--plan", "../saved.plan").out


def test_a_pipe_is_not_written_back(declare, reconciler):
    declare(room("lobby"))
    os.mkfifo("pipe")
    for arguments in (("fmt", "pipe"), ("pull", "--all", "pipe")):
        result = reconciler(*arguments)
        assert result.code == 1
        assert "pipe" in result.err or "standard input" in result.err


def test_a_pipe_that_hangs_is_told(tmp_path):
    os.mkfifo("pipe")
    code = (
        "import sys; from reconciler.manifest import pipes\n"
        "pipes.NOTICE_SECONDS, pipes.NO_WRITER_SECONDS = 0.05, 0.3\n"
        "from reconciler.cli.app import run; sys.exit(run(['validate', 'pipe']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert ran.returncode == 1
    assert "waiting for input from pipe" in ran.stderr
    assert "nothing was written to it within" in ran.stdout
