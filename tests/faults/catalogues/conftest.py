"""One world for all cases: a served Space, manifests, a record that was written twice, a journal, and a plan with every action."""

import contextlib
import io
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler import __version__, catalog
from reconciler.cli.app import run
from reconciler.localspace import Settings, create_space, serve
from tests.commands.words import (
    CREDENTIALS,
    MANIFESTS,
    Outside,
    Ran,
    conference,
    manifest,
    room,
    write_manifests,
)

STREAM = "rtmp://live.example/app/k3y-canary"
RECORD = "record.json"
SAVED = "plan.json"
UNWANTED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]|^::|##\\[",
    re.MULTILINE,
)
_CONSENT = re.compile(
    r"^error: refused.*\n  = to consent to exactly this: --adopt .*\n", re.MULTILINE
)


def ran(*arguments):
    """Run a command line in this process, as in a terminal that knows UTF-8; nothing that it says may act on a terminal."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n") for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        code = run([str(argument) for argument in arguments])
    out, err = (stream.buffer.getvalue().decode() for stream in streams)
    assert UNWANTED.findall(out + err) == []
    assert [
        word
        for word in ("Traceback", "this is a bug", "k3y-canary", CREDENTIALS[1])
        if word in out + err
    ] == []
    return Ran(code, out, err)


def _done(*arguments):
    result = ran(*arguments)
    assert result.code == 0, result.out + result.err


def _first():
    return [
        room("same", description="stays"),
        room("moved", layout="2x2", meta={"team": "a"}),
        room("dropped"),
        room("old-name"),
        conference("hall", streams=[{"url": "${env:STREAM}"}]),
    ]


def _second():
    return [
        room("same", description="stays"),
        room("moved", layout="3x3", meta={"team": "b"}),
        room("made", display_name="Made", max_members=20),
        room("new-name", renamed_from="old-name"),
        room("theirs"),
        manifest(
            "Conference", "hall", display_name="Town Hall", streams=[{"url": "${env:STREAM}"}]
        ),
    ]


class World:
    """The folder that every case starts from, and the Space that nothing of it may be written to."""

    def __init__(self, folder, outside, environment):
        self.folder = folder
        self.outside = outside
        self.environment = environment

    @property
    def writes(self):
        return list(self.outside.space.ledger)

    def masked(self, text):
        """Without what is another in each run; that the plan wants consent, which nobody gives here, is put in these words."""
        text = _CONSENT.sub("(refused for want of --adopt alone)\n", text)
        text = text.replace(self.environment["SIGNALWIRE_SPACE"], "SPACE").replace(
            __version__, "VERSION"
        )
        return re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID", text)


@contextlib.contextmanager
def _inside(world):
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("SIGNALWIRE_", "RECONCILER_", "GITHUB_")) or name in {
                "NO_COLOR",
                "FORCE_COLOR",
                "COLUMNS",
                "CI",
            }:
                patch.delenv(name)
        for name, value in world.environment.items():
            patch.setenv(name, value)
        patch.chdir(world.folder)
        yield


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """The world, made once by the tool itself."""
    kinds = catalog.kinds()
    space = create_space(
        ":memory:",
        kinds=kinds,
        knobs=Settings(seed=7),
        clock=lambda: datetime(2027, 1, 1, tzinfo=UTC),
    )
    with contextlib.closing(space), serve(space, port=0) as server:
        environment = {
            "SIGNALWIRE_SPACE": f"127.0.0.1:{server.port}",
            "SIGNALWIRE_PROJECT_ID": CREDENTIALS[0],
            "SIGNALWIRE_API_TOKEN": CREDENTIALS[1],
            "SOURCE_DATE_EPOCH": "1800000000",
            "STREAM": STREAM,
        }
        made = World(tmp_path_factory.mktemp("world"), Outside(space, kinds), environment)
        with _inside(made):
            Path("reconciler.yaml").write_text(
                f"manifests: [{MANIFESTS}]\nstate: {RECORD}\n", encoding="utf-8"
            )
            write_manifests(*_first())
            _done("apply", "--yes", "--parallel", "1")  # one after another: the same ids each time
            made.outside.create("Room", name="theirs")
            write_manifests(*_second())
            _done("plan", "--out", SAVED)
        yield made


@pytest.fixture
def here(world, tmp_path):
    """A copy of the world to spoil, as the working folder."""
    copied = World(tmp_path / "here", world.outside, world.environment)
    shutil.copytree(world.folder, copied.folder)
    with _inside(copied):
        yield copied


def kept():
    """What is recorded: every file of the record by name, the lock left out."""
    return {
        path.name: path.read_bytes()
        for path in Path().glob(f"{RECORD}*")
        if path.is_file() and path.suffix != ".lock"
    }
