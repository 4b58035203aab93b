"""Only what a command needs is imported: what is slow to import stays out where it has nothing to do."""

import http.server
import json
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

from reconciler.cli.app import COMMANDS

# The libraries and parts of Python that take their time: each of them 5 ms and more.
HEAVY = {
    "asyncio",
    "click",
    "deepdiff",
    "difflib",
    "email",
    "h11",
    "hashlib",
    "http",
    "httpcore",
    "httpx",
    "jsonschema",
    "logging",
    "pydantic",
    "rich",
    "sqlite3",
    "ssl",
}
HEAVY |= {"inspect", "ipaddress", "platform", "werkzeug", "yaml"}

ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: lobby}\nspec: {layout: 2x2}\n"
SCRIPT = """
import sys
sys.argv = ["reconciler", *sys.argv[1:]]
from reconciler.cli.main import main
code = 0
try:
    main()
except SystemExit as leaving:
    code = leaving.code
here = dict(sys.modules)
import json
from reconciler.cli.late_modules import is_loaded
there = sorted(name for name, module in here.items() if is_loaded(module))
sys.stderr.write(json.dumps([code, sorted({name.partition(".")[0] for name in there}), there]))
"""


def imported(*arguments, folder):
    """The exit code, the top-level modules and all modules that a command line left behind it."""
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    code, tops, every = json.loads(run.stderr.splitlines()[-1])
    return code, set(tops), set(every)


# The modules of this project that each command line leaves loaded. A new import shows in its diff:
# renew it with RECONCILER_UPDATE_GOLDEN=1.
LOADED = Path(__file__).with_name("imports.txt")
RENEWED = bool(os.environ.get("RECONCILER_UPDATE_GOLDEN"))  # before a test clears the variables
COMMAND_LINES = {
    "--version": ["--version"],
    "--help": ["--help"],
    "validate": ["validate", "room.yaml"],
    "plan without changes": ["plan", "room.yaml", "--space", "local"],
    **{f"{name} --help": [name, "--help"] for name in COMMANDS},
}


def _shown(name, tops, every):
    """What a command line loads: what is slow to import, and our modules by their package."""
    slow = tops & HEAVY
    if "httpx" in slow:  # releases before 0.28 import these two with themselves
        slow -= {"h11", "httpcore"}
    packages = {"slow to import": sorted(slow)}
    for one in sorted(every):
        if one.startswith("reconciler."):
            package, _, module = one.removeprefix("reconciler.").rpartition(".")
            packages.setdefault(package or "reconciler", []).append(module)
    lines = (
        textwrap.fill(
            f"{package}: {' '.join(modules)}",
            100,
            initial_indent="  ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
        for package, modules in packages.items()
    )
    return "\n".join([name, *lines, ""])


def test_version_imports_nothing_heavy(tmp_path):
    code, tops, every = imported("--version", folder=tmp_path)

    assert (code, tops & HEAVY) == (0, set())
    assert {name for name in every if name.startswith("reconciler")} == {
        "reconciler",
        "reconciler.cli",
        "reconciler.cli.main",
    }


def test_validate_imports_click_alone(tmp_path):
    (tmp_path / "room.yaml").write_text(ROOM)

    code, tops, every = imported("validate", "room.yaml", folder=tmp_path)

    assert (code, tops & HEAVY) == (0, {"click"})
    assert {
        "reconciler.core.plan",
        "reconciler.space.client",
        "reconciler.state.backends.local",
        "reconciler.manifest.editing",
    } & every == set()


def test_a_plan_without_changes_needs_no_differ_and_no_schema_library(tmp_path):
    (tmp_path / "room.yaml").write_text(ROOM)
    imported("apply", "room.yaml", "--space", "local", "--yes", folder=tmp_path)

    code, tops, _ = imported("plan", "room.yaml", "--space", "local", folder=tmp_path)

    assert (code, tops & {"deepdiff", "pydantic", "rich"}) == (0, set())


def test_each_command_line_loads_the_modules_that_it_is_known_to(tmp_path):
    (tmp_path / "room.yaml").write_text(ROOM)
    imported("apply", "room.yaml", "--space", "local", "--yes", folder=tmp_path)

    found = []
    for name, words in COMMAND_LINES.items():
        code, tops, every = imported(*words, folder=tmp_path)
        assert code == 0, name
        found.append(_shown(name, tops, every))

    if RENEWED:
        LOADED.write_text("\n".join(found))
    assert "\n".join(found) == LOADED.read_text()


class Refusing(http.server.BaseHTTPRequestHandler):
    """A Space that takes nobody's credentials."""

    def do_GET(self):
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_plan_of_a_space_by_sockets_needs_no_httpx_and_without_tls_no_ssl(tmp_path, monkeypatch):
    (tmp_path / "room.yaml").write_text(ROOM)
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "p")
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "t")
    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        space = f"127.0.0.1:{server.server_port}"
        code, tops, every = imported("plan", "room.yaml", "--space", space, folder=tmp_path)
        server.shutdown()

    unused = {"httpx", "httpx2", "asyncio", "trio", "deepdiff", "h2", "ssl", "base64"}
    assert (code, tops & unused) == (1, set())
    assert "reconciler.space.http.pool" in every
