"""A sampled mutation run: do a package's own tests notice a small fault in it?

``python3 -m devtools.mutation core --number 100`` copies the checkout, puts one fault after the other into modules of the package, and
runs those of its own tests that call the changed function: ``tests/unit/core``, and what ``_BESIDE`` adds for some packages. What no
test notices is printed.
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from devtools.call_map import MAP, OUTSIDE
from devtools.mutants import Mutant, mutants

# A mutant may loop for ever. The time that the tests take is unknown under load, so this is ample.
_CPU_SECONDS = 90
_WALL_SECONDS = 400
# Imported once, before a process is forked for each mutant: most of a short run is these imports.
_WARM = ("pytest", "hypothesis", "jsonschema", "deepdiff", "yaml", "httpx", "httpcore", "click")
# What is imported before pytest starts cannot have its asserts rewritten; no plugin of it has any.
_OPTIONS = (
    *("-x", "-n", "0", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
# Tests of a package that are not in ``tests/unit``: those of the state's backends need a server, and a
# use case of the engine is tried through the command that calls it. Runs from end to end never count.
_BESIDE = {
    "state": ("tests/integration/state_backends",),
    "cli": ("tests/commands",),
    "engine": ("tests/commands",),
}


class Chosen(NamedTuple):
    """A mutant and the module that it changes."""

    module: Path
    mutant: Mutant


def _copied(root: Path, folder: Path) -> None:
    files = subprocess.run(
        ["git", "ls-files"],  # noqa: S607 - the git of the developer
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in files.splitlines():
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name)


def _sample(folder: Path, package: str, number: int, seed: int) -> list[Chosen]:
    found = [
        Chosen(module, mutant)
        for module in sorted((folder / "reconciler" / package).rglob("*.py"))
        for mutant in mutants(module.read_text(encoding="utf-8"))
    ]
    random.Random(seed).shuffle(found)  # noqa: S311 - a sample that can be drawn again
    return found[:number]


def own_tests(folder: Path, package: str) -> list[str]:
    """The folders with the tests of a package: the one of its name, and those beside it."""
    beside = _BESIDE.get(package, ())
    return [one for one in (f"tests/unit/{package}", *beside) if (folder / one).is_dir()]


def _forked(arguments: Sequence[str]) -> int:
    """The exit code of pytest in a process of its own; negative if a limit ended it."""
    process = os.fork()
    if process == 0:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 5))
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        os._exit(int(pytest.main([*arguments, *_OPTIONS])))
    end = time.monotonic() + _WALL_SECONDS
    while True:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.killpg(process, signal.SIGKILL)
        time.sleep(0.05)


def _tests_of(chosen: Chosen, called: dict[str, list[str]], folder: Path) -> list[str]:
    """The tests that call the changed function, those in the module's own file first."""
    module = str(chosen.module.relative_to(folder))
    own = f"test_{chosen.module.name}"
    tests = called.get(f"{module}:{chosen.mutant.function}", [])
    return sorted(tests, key=lambda test: own not in test)


def _tried(chosen: Chosen, tests: Sequence[str]) -> str:
    """``killed``, ``survived``, or ``slow``: an endless loop, or a machine under load."""
    intact = chosen.module.read_bytes()
    chosen.module.write_text(chosen.mutant.source, encoding="utf-8")
    try:
        code = _forked(tests)
    finally:
        chosen.module.write_bytes(intact)
    return "slow" if code < 0 else "survived" if code == 0 else "killed"


def _state(chosen: Chosen, called: dict[str, list[str]], folder: Path, whole: Sequence[str]) -> str:
    """What became of a mutant. Lines of a class or a module are run by no test: they get all of them."""
    tests = _tests_of(chosen, called, folder)
    in_a_function = f"{chosen.module.relative_to(folder)}:{chosen.mutant.function}" in called
    if not in_a_function and _is_function(chosen):
        return "survived"
    inside = [test for test in tests if test != OUTSIDE]
    state = _tried(chosen, inside) if inside else "survived"
    if state == "survived" and (OUTSIDE in tests or not in_a_function):
        state = _tried(chosen, whole)
    return state


def _is_function(chosen: Chosen) -> bool:
    """Whether a mutant is in a function or method, not in the lines of a module or a class."""
    return chosen.mutant.in_function


def _run(package: str, number: int, seed: int, skip: int) -> None:
    """Inside the copy: draw the sample, try each mutant, print a line for each."""
    folder = Path.cwd()
    sys.dont_write_bytecode = True
    for name in _WARM:
        __import__(name)
    whole = own_tests(folder, package)
    if not Path(MAP).exists():
        mapped = [sys.executable, "-m", "pytest", *whole, "-n", "0", "-p", "devtools.call_map"]
        subprocess.run(mapped, check=True, stdout=subprocess.DEVNULL)
    called = json.loads(Path(MAP).read_text(encoding="utf-8"))
    some = next(test for tests in called.values() for test in tests if test != OUTSIDE)
    if _forked([some]) != 0:
        # Else every mutant would seem to be killed.
        raise SystemExit(f"{some} fails without a mutant")
    for chosen in _sample(folder, package, number, seed)[skip:]:
        mutant = chosen.mutant
        line = {
            "state": _state(chosen, called, folder, whole),
            "at": f"{chosen.module.relative_to(folder)}:{mutant.line}",
            "function": mutant.function,
            "before": mutant.before,
            "after": mutant.after,
        }
        print(json.dumps(line), flush=True)


def main() -> None:
    """Copy the checkout, and run in the copy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", help="core, executor, state, …: a folder of reconciler")
    parser.add_argument("--number", type=int, default=100, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--skip", type=int, default=0, help="how many of the sample to leave out")
    parser.add_argument("--folder", type=Path, help="where the copy is, to use it again")
    options = parser.parse_args()
    root = Path.cwd()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="mutation-"))
    if not (folder / MAP).exists():
        _copied(root, folder)
    os.chdir(folder)
    # The tests, and the processes that they start, import the copy.
    sys.path[:] = [str(folder), *(path for path in sys.path if path not in {str(root), ""})]
    os.environ["PYTHONPATH"] = str(folder)
    os.environ["CI"] = "1"  # properties try the same examples for each mutant
    _run(options.package, options.number, options.seed, options.skip)


if __name__ == "__main__":
    main()
