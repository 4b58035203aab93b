import json
import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from reconciler import catalog
from reconciler.cli.app import run
from reconciler.core.facts import Fact, facts_json, facts_of
from reconciler.localspace import Settings, create_space, serve
from tests.commands.words import (
    CREDENTIALS,
    EXAMPLES,
    LOCAL_FILE,
    MANIFESTS,
    RECONCILER,
    Outside,
    Ran,
    recorded,
    write_manifests,
)


@pytest.fixture(autouse=True)
def _clean(monkeypatch, tmp_path):
    """An empty working folder, and nothing in the environment that speaks to the tool."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(
            ("SIGNALWIRE_", "RECONCILER_", "GITHUB_", "CI_MERGE_")
        ) or name.upper() in {
            "HTTPS_PROXY",
            "ALL_PROXY",
            "NO_PROXY",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "REQUESTS_CA_BUNDLE",
            "NO_COLOR",
            "FORCE_COLOR",
            "CLICOLOR_FORCE",
            "SOURCE_DATE_EPOCH",
            "CI",
            "COLUMNS",
            "PYTHONUNBUFFERED",  # what is left in a buffer at the end must not decide the exit code
        }:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def kinds():
    return catalog.kinds()


@pytest.fixture
def stack():
    with ExitStack() as entered:
        yield entered


@pytest.fixture
def reconciler(capsys):
    """Run a command line in this process."""

    def ran(*arguments):
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert CREDENTIALS[1] not in out + err
        assert "\x1b" not in out + err
        return Ran(code, out, err)

    return ran


@pytest.fixture
def done(reconciler):
    """Run a command line that must end with 0."""

    def ran(*arguments):
        result = reconciler(*arguments)
        assert result.code == 0, result.out + result.err
        return result

    return ran


@pytest.fixture
def declare():
    return write_manifests


@pytest.fixture
def serving(stack, kinds, monkeypatch):
    """Serve a local Space in memory, with knobs as keywords, and point the environment at it; gives somebody else's hand in it."""

    def served(*, credentials=None, **knobs):
        space = create_space(
            ":memory:", kinds=kinds, knobs=Settings(**knobs), credentials=credentials
        )
        stack.callback(space.close)
        server = stack.enter_context(serve(space, port=0))
        monkeypatch.setenv("SIGNALWIRE_SPACE", f"127.0.0.1:{server.port}")
        monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", CREDENTIALS[0])
        monkeypatch.setenv("SIGNALWIRE_API_TOKEN", CREDENTIALS[1])
        return Outside(space, kinds)

    return served


@pytest.fixture
def space(serving):
    """A served Space that the environment points at."""
    return serving()


@pytest.fixture
def local(stack, kinds, monkeypatch):
    """The embedded local Space of the working folder, as the environment's choice; gives somebody else's hand in its file."""
    monkeypatch.setenv("SIGNALWIRE_SPACE", "local")
    LOCAL_FILE.parent.mkdir(mode=0o700)
    space = create_space(LOCAL_FILE, kinds=kinds)
    stack.callback(space.close)
    return Outside(space, kinds)


@pytest.fixture
def apply(declare, done):
    """Declare exactly these manifests and apply them, with more flags if need be; it must go well."""

    def applied(*documents, flags=()):
        declare(*documents)
        return done("apply", MANIFESTS, "--yes", *flags)

    return applied


@pytest.fixture
def know(tmp_path, monkeypatch):
    """Write facts about the Space of the environment; gives what is left of them later."""

    def written(kinds=("Room", "Conference"), **answers):
        host = os.environ["SIGNALWIRE_SPACE"]
        file = tmp_path / ".reconciler" / f"{host.replace(':', '_')}.facts.json"
        facts = [
            Fact(question, kind, answer, (), "2026-11-29", "0.1.0")
            for question, answer in answers.items()
            for kind in kinds
        ]
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.write_text(json.dumps(facts_json(facts_of(host, facts, ()))))

        def left():
            document = json.loads(file.read_text())
            return {(one["question"], one["kind"]) for one in document["facts"]}

        return left

    return written


@pytest.fixture
def new_folder():
    """Enter a new folder for each example of a property; the test's own is entered again at the end."""
    home = Path.cwd()

    def entered(number):
        folder = home / str(number)
        folder.mkdir()
        os.chdir(folder)

    yield entered
    os.chdir(home)


@pytest.fixture
def plan(reconciler):
    """The plan of the manifests as its JSON document."""

    def planned(*flags):
        result = reconciler("plan", MANIFESTS, "--format", "json", *flags)
        assert result.code == 0, result.err
        return result.json

    return planned


@pytest.fixture
def company(tmp_path):
    """A copy of examples/company to work in, which is the working folder."""
    shutil.copytree(
        EXAMPLES / "company",
        tmp_path,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(".reconciler"),
    )
    return tmp_path


@pytest.fixture
def process():
    """Run a command line in a process of its own."""

    def ran(*arguments, **options):
        result = subprocess.run(
            [*RECONCILER, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            **options,
        )
        assert "Traceback" not in result.stdout + result.stderr
        return Ran(result.returncode, result.stdout, result.stderr)

    return ran


@pytest.fixture
def refused(reconciler, space):
    """Run apply, which must be refused and write nothing; gives the message."""

    def ran(*flags, command="apply"):
        before, record = list(space.space.ledger), recorded()
        code, out, err = reconciler(command, MANIFESTS, "--yes", *flags)
        assert code == 3, err
        assert space.space.ledger == before
        assert recorded() == record
        return out + err  # the reasons stand under the plan, the flag in the error

    return ran


@pytest.fixture
def shared_state(tmp_path):
    """The record on a remote of the working folder, as a team has it; gives whether it is locked there."""
    for words in (
        ["init", "-q", "--bare", "remote.git"],
        ["init", "-q"],
        ["remote", "add", "origin", str(tmp_path / "remote.git")],
    ):
        subprocess.run(["git", *words], check=True)
    (tmp_path / "reconciler.yaml").write_text("state: git\n", encoding="utf-8")

    def is_locked():
        def told(*words):
            return subprocess.run(
                ["git", "-C", "remote.git", *words], check=True, capture_output=True, text=True
            ).stdout.strip()

        ref = told("for-each-ref", "--format=%(refname)", "refs/reconciler")
        return json.loads(told("show", f"{ref}:lock.json")).get("lock") is not None

    return is_locked
