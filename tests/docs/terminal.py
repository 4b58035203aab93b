"""A terminal for the documentation's commands: reconciler runs in this process, the rest is a short list of what pages may use."""

import base64
import contextlib
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

from reconciler import catalog
from reconciler.cli.app import run
from reconciler.localspace import create_space
from reconciler.space.client import writer
from reconciler.space.observe import find
from reconciler.space.target import target
from tests.docs.pages import EXAMPLES, PROJECT, Block, Step

LOCAL_FILE = Path(".reconciler", "local-space.sqlite")
# ``name=$(reconciler … | awk '{print $2}')``: a word of what a command prints.
PICKED = re.compile(
    r"(?P<name>\w+)=\$\((?P<command>reconciler [^|]+) \| awk '\{print \$(?P<word>\d)\}'\)"
)
REAL = "example.signalwire.com"  # stands for a real Space: a served local one answers for it


def _dev_tasks() -> set[str]:
    spec = importlib.util.spec_from_file_location("dev", PROJECT / "dev.py")
    dev = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(dev)
    return set(dev.TASKS)


class Terminal:
    """One page's terminal: a working folder, variables, the exit code of the last command, and the Spaces that were started."""

    def __init__(self, monkeypatch, stack):
        self._monkeypatch = monkeypatch
        self._stack = stack
        self._served: dict[str, str] = {}
        self._servers: list[subprocess.Popen] = []
        self._typed = ""
        self.code = 0

    def type(self, step: Step) -> str:
        """What one command prints, ports and hosts as the page has them."""
        if picked := PICKED.fullmatch(step.command):
            printed = self.type(Step(picked["command"], "", []))
            self._monkeypatch.setenv(picked["name"], printed.split()[int(picked["word"]) - 1])
            return ""
        words = [self._inwards(word) for word in step.words]
        command = getattr(self, f"_{words[0]}".replace(".", "_"), None)
        assert command, f"{step.command}: no page may use {words[0]}"
        self._typed = step.typed
        self.code, printed = command(*words[1:])
        for shown, real in self._served.items():
            printed = printed.replace(real, shown)
        return printed

    def change_outside(self, block: Block) -> None:
        """Somebody changes a resource of the embedded local Space."""
        kind_name, name, fields = block.text.split(" ", 2)
        kinds = catalog.kinds()
        kind = kinds[kind_name]
        space = create_space(LOCAL_FILE, kinds=kinds)
        with (
            contextlib.closing(space),
            writer(target("local", project="p", token="t"), application=space) as client,
        ):
            live = find(client, kind, name, kinds)
            required = {field: live.attributes[field] for field in kind.required}
            client.put(kind.item.replace("{id}", live.id), required | json.loads(fields))

    def _inwards(self, word: str) -> str:
        for shown, real in self._served.items():
            word = word.replace(shown, real)
        return os.path.expandvars(word)

    def _serve(self, shown: str, *flags: str) -> str:
        """Start a local Space that stands for the host ``shown``; what it prints."""
        command = [sys.executable, "-m", "reconciler", "space", "serve", "--port", "0", *flags]
        server = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._stack.callback(server.wait, timeout=10)
        self._stack.callback(server.terminate)
        self._stack.callback(server.stdout.close)
        self._servers.append(server)
        printed = "".join(server.stdout.readline() for _ in range(3))
        self._served[shown] = re.search(r"SIGNALWIRE_SPACE=(\S+)", printed)[1]
        return printed

    def _reconciler(self, *words):
        if words[:2] == ("space", "serve"):
            rest = [word for word in words[2:] if word != "&"]
            port = rest.pop(rest.index("--port") + 1) if "--port" in rest else "8080"
            return 0, self._serve(f"127.0.0.1:{port}", *(word for word in rest if word != "--port"))
        screen = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
            code = run(words)
        return code, screen.buffer.getvalue().decode()

    def _cat(self, *words):
        if words[0] == ">":
            Path(words[1]).write_text(self._typed, encoding="utf-8")
            return 0, ""
        return 0, Path(words[0]).read_text(encoding="utf-8")

    def _export(self, assignment):
        name, _, value = assignment.partition("=")
        if value == REAL:
            self._serve(REAL, "--data", ".reconciler/stands-for-a-real-one.sqlite")
            value = self._served[REAL]
        self._monkeypatch.setenv(name, value)
        return 0, ""

    def _cd(self, folder):
        self._monkeypatch.chdir(folder)
        return 0, ""

    def _mkdir(self, *folders):
        for folder in folders:
            Path(folder).mkdir()
        return 0, ""

    def _rm(self, *files):
        for file in files:
            for found in sorted(Path().glob(file)):
                found.unlink()
        return 0, ""

    def _echo(self, word):
        assert word == "$?", "echo shows the exit code and nothing else"
        return 0, f"{self.code}\n"

    def _pip(self, install, package):
        """Only what exists may be named: this project, from here or from the index, with its own extras."""
        project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        named = re.fullmatch(r"(?P<what>\.|[\w-]+)(?:\[(?P<extra>\w+)\])?", package)
        assert install == "install"
        assert named["what"] in (".", project["name"])
        assert named["extra"] in (None, *project["optional-dependencies"])
        return 0, ""

    def _python3(self, script, *words):
        """dev.py is looked at and not run (the demo has a test of its own); another script is one that the page wrote."""
        if script == "dev.py":
            assert words[0] in _dev_tasks()
            return 0, ""
        if script == "docs/build.py":
            assert (PROJECT / script).exists()
            return 0, ""
        assert not (PROJECT / script).exists()
        done = subprocess.run(
            [sys.executable, script, *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        return done.returncode, done.stdout + done.stderr

    def _kill(self, job):
        """``kill %1`` ends the first Space that was started in the background."""
        server = self._servers[int(job.removeprefix("%")) - 1]
        server.terminate()
        server.wait(timeout=10)
        return 0, ""

    def _curl(self, *words):
        """``curl -s -u USER:PASSWORD [-X METHOD] [-H 'NAME: VALUE' -d BODY] URL``, by urllib."""
        *flags, url = words
        alone = [flag for flag in flags if flag in {"-s", "--retry-connrefused"}]
        rest = [flag for flag in flags if flag not in alone]
        given = dict(zip(rest[::2], rest[1::2], strict=True))
        assert "-s" in alone
        assert set(given) <= {"-u", "-X", "-H", "-d", "--retry"}, (
            "curl is used with flags that old ones have, and few of them"
        )
        assert url.startswith("http://127.0.0.1:"), "pages talk to this machine alone"
        headers = {"Authorization": f"Basic {base64.b64encode(given['-u'].encode()).decode()}"}
        headers |= [given["-H"].split(": ")] if "-H" in given else []
        body = given["-d"].encode() if "-d" in given else None
        asked = urllib.request.Request(url, body, headers, method=given.get("-X"))  # noqa: S310  # checked above
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
            return 0, answer.read().decode()


def copy_examples(folder: Path) -> None:
    """The examples as a clone has them, without what trying them out left there."""
    for file in EXAMPLES.rglob("*"):
        if file.is_file() and ".reconciler" not in file.parts:
            copy = folder / "examples" / file.relative_to(EXAMPLES)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())


def agrees(shown: list[str], printed: str) -> bool:
    """Whether output is what a page shows; nothing shown is no claim.

    ``…`` in a line stands for any text, alone on a line for any lines.
    """
    if not shown:
        return True
    parts = [
        r"(?:.*\n)*?" if line == "…" else ".*?".join(map(re.escape, line.split("…"))) + r" *\n"
        for line in shown
    ]
    return (
        re.fullmatch("".join(parts), printed if printed.endswith("\n") else printed + "\n")
        is not None
    )
