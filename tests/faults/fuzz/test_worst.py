"""The largest and most tangled inputs, through the command line, in a process that may hold 512 MiB and take so many seconds.

By default each is a small part of what is read at all; with RECONCILER_FUZZ it is as large as it may be.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.fuzz.mutations import SECONDS

pytest.importorskip("resource", reason="limits are set by the system, and this one has none")

MEBIBYTES = 512
LIMITED = Path(__file__).with_name("limited.py")
SHARE = 1 if SECONDS else 1 / 8
MANIFEST_SIZE = int(15.9 * 1024**2 * SHARE / (1 if SECONDS else 4))
FILE_SIZE = int(60 * 1024**2 * SHARE)
EMOJI = "\N{GRINNING FACE}".encode()
PLAN = json.dumps(
    {
        "format_version": "1.0",
        "space": "s",
        "project": "p",
        "created_at": "t",
        "digest": f"sha256:{'0' * 64}",
        "summary": dict.fromkeys(
            ("create", "update", "rename", "adopt", "delete", "noop", "drifted", "unmanaged"), 0
        ),
        "actions": [
            {
                "action": "create",
                "kind": "k",
                "name": "n",
                "id": None,
                "active_session": None,
                "changes": [
                    {
                        "path": "p",
                        "before": "HERE",
                        "after": 1,
                        "origin": "manifest",
                        "declared_at": None,
                    }
                ],
            }
        ],
    }
).encode()
RECORD = b'{"format_version": 1, "lineage": "x", "serial": 3, "space": "s", "project": "p", "checksum": "x", "resources": "HERE"}'


def _filled(unit, size):
    return unit * (size // len(unit))


def _inside(document, value):
    return document.replace(b'"HERE"', value)


def _bomb(levels):
    lines = [
        b"a0: &a0 [x,x,x,x,x,x,x,x,x]\n",
        *(
            b"a%d: &a%d [%s]\n" % (i, i, b",".join([b"*a%d" % (i - 1)] * 9))
            for i in range(1, levels)
        ),
    ]
    return b"".join(lines)


MANIFESTS = {
    "aliases that multiply": lambda _: _bomb(30),
    "brackets": lambda size: b"[" * size,
    "dashes": lambda size: _filled(b"- ", size),
    "questions": lambda size: _filled(b"? ", size),
    "colons": lambda size: b"a: " + _filled(b"b: ", size),
    "one text": lambda size: b'a: "' + _filled(EMOJI, size) + b'"',
    "references": lambda size: b'a: "' + _filled(b"${", size) + b'"',
    "hidden characters": lambda size: _filled("a\N{ZERO WIDTH SPACE} ".encode(), size),
    "a number": lambda size: b"1" * size,
    "empty maps": lambda size: b"[" + _filled(b"{},", size) + b"]",
}
PLANS = {
    "brackets": lambda size: b"[" * size,
    "a number": lambda size: b"1" * size,
    "empty lists": lambda size: _inside(PLAN, b"[" + _filled(b"[],", size) + b"1]"),
    "two million texts": lambda _: _inside(PLAN, b"[" + b'"aa",' * int(1_990_000 * SHARE) + b"1]"),
    "many keys": lambda _: _inside(
        PLAN, b"{" + b",".join(b'"k%d":1' % i for i in range(int(1_900_000 * SHARE))) + b"}"
    ),
    "one text": lambda size: _inside(PLAN, b'"' + b"x" * size + EMOJI + b'"'),
    "a text that never ends": lambda size: b'{"a": "' + b"x" * size,
    "one key": lambda size: b'{"format_version": "1.0", "' + b"x" * size + b'": 1}',
}
RECORDS = {
    "brackets": lambda size: b"[" * size,
    "a number": lambda size: b"1" * size,
    "blanks": lambda size: b" " * size,
    "empty maps": lambda size: _inside(RECORD, b"[" + _filled(b"{},", size) + b"1]"),
    "texts": lambda size: _inside(RECORD, b"[" + _filled(b'"aa",', size) + b"1]"),
    "one text": lambda size: _inside(RECORD, b'"' + b"x" * size + EMOJI + b'"'),
    "many texts": lambda size: _inside(
        RECORD, b"[" + _filled(b'"' + b"x" * 900_000 + EMOJI + b'",', size) + b"1]"
    ),
    "escapes": lambda size: _inside(RECORD, b'"' + _filled(b"\\n", size) + EMOJI + b'"'),
    "small maps": lambda size: _inside(RECORD, b"[" + _filled(b'{"a":1},', size) + b"1]"),
}
PROJECTS = {
    name: MANIFESTS[name]
    for name in ("aliases that multiply", "brackets", "one text", "references")
}
RECORD_FILE = ".reconciler/local.state.json"
COMMANDS = {
    "manifest.yaml": (MANIFESTS, MANIFEST_SIZE, ["validate", "manifest.yaml"]),
    "plan.json": (PLANS, FILE_SIZE, ["apply", "rooms.yaml", "--plan", "plan.json"]),
    RECORD_FILE: (RECORDS, FILE_SIZE, ["state", "list", "--space", "local"]),
    "reconciler.yaml": (PROJECTS, MANIFEST_SIZE, ["state", "list", "--space", "local"]),
}


RUNS = [(file, name) for file, (makers, _, _) in COMMANDS.items() for name in makers]


def _made(file, name, folder):
    """A folder with one of the inputs, and with the rest of what the command reads; the command to run there."""
    makers, size, command = COMMANDS[file]
    inside = folder / f"{Path(file).name} {name}"
    (inside / ".reconciler").mkdir(parents=True, mode=0o700)
    (inside / "rooms.yaml").write_text(
        "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: a}\n", encoding="utf-8"
    )
    (inside / file).write_bytes(makers[name](size))
    (inside / file).chmod(0o600)
    return {"folder": str(inside), "command": command}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What came of each input: one after the other, in one process that has its bounds."""
    folder = tmp_path_factory.mktemp("worst")
    asked = {
        "mebibytes": MEBIBYTES,
        "seconds": 600 if SECONDS else 60,
        "runs": [_made(file, name, folder) for file, name in RUNS],
    }
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SIGNALWIRE_", "RECONCILER_"))
    }
    ran = subprocess.run(
        [sys.executable, LIMITED, json.dumps(asked)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return dict(zip(RUNS, json.loads(ran.stdout), strict=True))


@pytest.mark.parametrize(
    ("file", "name"), [pytest.param(*run, id=f"{Path(run[0]).name}-{run[1]}") for run in RUNS]
)
@pytest.mark.long
def test_the_worst_is_refused_in_good_time_and_within_bounds(told, file, name):
    said = told[file, name]

    assert said["code"] in (1, 3)
    assert "this is a bug" not in said["err"]
    assert "Traceback" not in said["err"]
