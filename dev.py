#!/usr/bin/env python3
"""One short command for each thing a developer does: python3 dev.py demo | test | simulate | lint | setup | build.

Needs nothing but Python 3.11 or newer: it makes .venv, installs what the task needs, and runs it there.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
LEAST = (3, 11)


def fail(message):
    """Stop with a sentence."""
    sys.exit(f"dev.py: {message}")


def on_a_new_enough_python():
    """Go on with the first Python on the path that is new enough, where this one is not."""
    if sys.version_info >= LEAST:
        return
    for minor in range(LEAST[1] + 4, LEAST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.call([found, "-c", ""]) == 0:
            os.execv(found, [found, *sys.argv])
    fail(f"Python {LEAST[0]}.{LEAST[1]} or newer is needed, and this is {sys.version.split()[0]}")


def interpreter(folder):
    """The Python of the virtual environment in ``folder``."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment(extra, python, folder):
    """A virtual environment with this project and ``extra`` installed; made once, and again when pyproject.toml changes."""
    stamp = folder / f"installed-{extra}"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if interpreter(folder).exists() and stamp.exists() and stamp.read_text() == wanted:
        return interpreter(folder)
    print(f"Setting up {folder.name} (once) …", flush=True)
    if not interpreter(folder).exists() and subprocess.call([python, "-m", "venv", str(folder)]) != 0:
        fail("no virtual environment could be made; on Debian and Ubuntu: apt install python3-venv")
    pip = [str(interpreter(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.call([*pip, "--editable", f"{ROOT}[{extra}]"]) != 0:
        fail("the packages could not be installed; the lines above say why")
    stamp.write_text(wanted)
    return interpreter(folder)


def run(python, *arguments, **variables):
    """Run a module or script with ``python``; stop where it fails."""
    code = subprocess.call([str(python), *arguments], cwd=ROOT, env={**os.environ, **variables})
    if code:
        sys.exit(code)


def setup(options):
    """Everything that a developer needs, in .venv."""
    environment("dev", options.python, options.venv)


def demo(options):
    """The main job against a local Space: validate, plan, apply, a change behind its back, drift."""
    run(environment("local", options.python, options.venv), "examples/demo.py", *options.rest)


def test(options):
    """All tests, on all cores; what follows goes to pytest. --http httpx2: with the continuation of httpx in its place."""
    variables = {"PYTHONPATH": str(ROOT / "tests/http2")} if options.http == "httpx2" else {}
    python = environment("test", options.python, options.venv)
    run(python, "-m", "pytest", *(options.rest or ["--numprocesses", "auto"]), **variables)


def simulate(options):
    """Histories in which everything goes wrong, for ten minutes or --seconds S; or one of them once more with --replay."""
    run(environment("test", options.python, options.venv), "-m", "tests.simulation", *options.rest)


def lint(options):
    """Lint, format, types, import contracts."""
    python = environment("dev", options.python, options.venv)
    run(python, "-m", "ruff", "check", ".")
    run(python, "-m", "ruff", "format", "--check", ".")
    run(python, "-m", "mypy")
    run(python, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")


def build(options):
    """The wheel and the source archive, in dist/."""
    run(environment("dev", options.python, options.venv), "-m", "build", "--outdir", "dist", *options.rest)


TASKS = {"setup": setup, "demo": demo, "test": test, "simulate": simulate, "lint": lint, "build": build}


def main():
    """Find the task and run it."""
    on_a_new_enough_python()
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--python", default=sys.executable, help="the Python to work with")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="where the virtual environment is")
    parser.add_argument("--http", choices=("httpx", "httpx2"), default="httpx", help="the HTTP library that the tests run on")
    options, options.rest = parser.parse_known_args()
    TASKS[options.task](options)


if __name__ == "__main__":
    main()
