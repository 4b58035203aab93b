"""A sampled mutation run: do a package's own tests notice a small fault in it?

``python3 -m devtools.mutation core --number 100`` copies the checkout, puts one fault after the other
into modules of the package, and runs those of its own tests that run the changed statement:
``tests/unit/core``, and what ``_BESIDE`` adds for some packages. A line of JSON is printed for the
sample, with the tree that it was drawn from, and one for each mutant.
"""

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from devtools.line_map import MAP, OUTSIDE, LineMap
from devtools.mutant_runs import Outcome, Swapping, Witness, forked
from devtools.mutants import Mutant, mutants

_CPU_SECONDS = 60
_TREE = "mutation_tree.txt"
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


class Covering(NamedTuple):
    """The tests that run a statement, and whether an import or the collection runs it too."""

    tests: list[str]
    outside: bool


def _git(root: Path, *words: str) -> str:
    command = ("git", *words)
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout


def _copied(root: Path, folder: Path) -> None:
    for name in _git(root, "ls-files").splitlines():
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name)
    # A reader of the result asks which commit it is about, and whether files were changed.
    tree = _git(root, "describe", "--always", "--dirty", "--exclude=*", "--abbrev=8")
    (folder / _TREE).write_text(tree.strip(), encoding="utf-8")


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


@contextmanager
def _in_place(chosen: Chosen) -> Iterator[None]:
    """The changed source on disk, for processes that tests start."""
    intact = chosen.module.read_bytes()
    chosen.module.write_text(chosen.mutant.source, encoding="utf-8")
    try:
        yield
    finally:
        chosen.module.write_bytes(intact)


class Run:
    """The mutants of one copy of the checkout, and the tests that are tried on them."""

    def __init__(self, folder: Path, package: str, sample: Sequence[Chosen]) -> None:
        self.folder = folder
        self.whole = own_tests(folder, package)
        self.sample = sample
        self.left: list[Chosen] = []
        self.map: LineMap = json.loads(Path(MAP).read_text(encoding="utf-8"))
        self.seconds = dict(zip(self.map["tests"], self.map["seconds"], strict=True))
        self.out = os.fdopen(os.dup(1), "w", encoding="utf-8")

    def covering(self, chosen: Chosen) -> Covering:
        """Cheap tests first; those in the module's own file as if they cost a tenth."""
        module = chosen.module.relative_to(self.folder)
        first, last = chosen.mutant.statement
        numbers: set[int] = set()
        for line in range(first, last + 1):
            numbers.update(self.map["lines"].get(f"{module}:{line}", ()))
        numbers.difference_update(self.map["failed"])
        tests = {self.map["tests"][number] for number in numbers}
        return Covering(self._ordered(module, tests - {OUTSIDE}), OUTSIDE in tests)

    def _ordered(self, module: Path, tests: set[str]) -> list[str]:
        own = f"/test_{module.name}"
        cost = {test: self.seconds[test] * (0.1 if own in test else 1) for test in tests}
        return sorted(tests, key=lambda test: (cost[test], test))

    def tell(self, chosen: Chosen, outcome: Outcome, start: float) -> None:
        """One line for a mutant."""
        mutant = chosen.mutant
        line = {
            "state": outcome.state,
            "at": f"{chosen.module.relative_to(self.folder)}:{mutant.line}",
            "function": mutant.function,
            "before": mutant.before,
            "after": mutant.after,
            "by": outcome.by,
            "seconds": round(time.monotonic() - start, 1),
        }
        print(json.dumps(line), file=self.out, flush=True)

    def swap(self, swapping: Swapping) -> None:
        """Try what is in the body of a function; leave what an import has carried out already."""
        for chosen in self.sample:
            start = time.monotonic()
            tests, outside = self.covering(chosen)
            if outside or not chosen.mutant.in_function:
                self.left.append(chosen)
                continue
            outcome: Outcome | None = Outcome("survived", "no test runs it")
            if tests:
                with _in_place(chosen):
                    outcome = swapping.outcome(chosen.module, chosen.mutant, tests)
            if outcome is None:
                self.left.append(chosen)
            else:
                self.tell(chosen, outcome, start)
        self.left_over()

    def left_over(self) -> None:
        """Names of what was not tried, for the process that has not imported the package."""
        numbers = [self.sample.index(chosen) for chosen in self.left]
        Path("left.json").write_text(json.dumps(numbers), encoding="utf-8")

    def anew(self, chosen: Chosen) -> Outcome:
        """Try a mutant in a process that imports the package and collects the tests again."""
        module = chosen.module.relative_to(self.folder)
        touched = {
            self.map["tests"][number]
            for place, numbers in self.map["lines"].items()
            if place.startswith(f"{module}:")
            for number in numbers
        }
        # Whole files: the name of a parametrized test may depend on what was changed.
        near = dict.fromkeys(_file(test) for test in self._ordered(module, touched - {OUTSIDE}))
        all_files = dict.fromkeys(map(_file, self.map["tests"][1:]))
        own = [file for file in near if file.endswith(f"/test_{module.name}")]
        outcome = Outcome("survived")
        for files in (
            own,
            [file for file in near if file not in own],
            [*(all_files.keys() - near)],
        ):
            if files and outcome.state == "survived":
                outcome = self._fresh(chosen, files)
        return outcome

    def _fresh(self, chosen: Chosen, files: Sequence[str]) -> Outcome:
        own = [cost for test, cost in self.seconds.items() if _file(test) in files]
        limit = int(_CPU_SECONDS + 5 * sum(own))

        def work(pipe: int) -> int:
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
            skipped = [self.map["tests"][number] for number in self.map["failed"]]
            options = [f"--deselect={test}" for test in skipped]
            code = int(pytest.main([*files, *options, *_OPTIONS], plugins=[Witness(pipe)]))
            return 0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code

        with _in_place(chosen):
            return forked(work)


def _file(test: str) -> str:
    return test.partition("::")[0]


def _collected(run: Run) -> None:
    """Try the bodies of functions, in a fork that collects the tests once."""
    process = os.fork()
    if process == 0:
        silent = os.open(os.devnull, os.O_RDWR)
        os.dup2(silent, 1)
        swapping = Swapping(run.swap, run.seconds)
        os._exit(int(pytest.main([*run.whole, *_OPTIONS], plugins=[swapping])))
    _, status = os.waitpid(process, 0)
    if os.waitstatus_to_exitcode(status) not in {0, 5}:
        raise SystemExit("the tests could not be collected")


def _run(folder: Path, package: str, sample: Sequence[Chosen]) -> None:
    """Inside the copy: try each mutant, print a line for each."""
    for name in _WARM:
        __import__(name)
    run = Run(folder, package, sample)
    _collected(run)
    for number in json.loads(Path("left.json").read_text(encoding="utf-8")):
        start = time.monotonic()
        run.tell(run.sample[number], run.anew(run.sample[number]), start)


def _mapped(folder: Path, package: str) -> None:
    if not Path(MAP).exists():
        tests = own_tests(folder, package)
        command = [sys.executable, "-m", "pytest", *tests, "-n", "0", "-p", "devtools.line_map"]
        subprocess.run(command, check=False, stdout=sys.stderr)


def _unnoticed(folder: Path, sample: Sequence[Chosen], rows: Sequence[Any]) -> list[Chosen]:
    """What survived in an earlier run of the same sample, or was too slow to tell."""
    left = {
        (row["at"], row["before"], row["after"])
        for row in rows
        if row.get("state") in {"survived", "slow"}
    }
    return [
        chosen
        for chosen in sample
        if (
            f"{chosen.module.relative_to(folder)}:{chosen.mutant.line}",
            chosen.mutant.before,
            chosen.mutant.after,
        )
        in left
    ]


def main() -> None:
    """Copy the checkout, and run in the copy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", help="core, executor, state, …: a folder of reconciler")
    parser.add_argument("--number", type=int, default=100, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--skip", type=int, default=0, help="how many of the sample to leave out")
    parser.add_argument("--again", type=Path, help="try what no test noticed in this earlier run")
    parser.add_argument("--folder", type=Path, help="where the copy is, to use it again")
    options = parser.parse_args()
    root = Path.cwd()
    earlier = options.again.read_text("utf-8") if options.again else ""
    folder = options.folder or Path(tempfile.mkdtemp(prefix="mutation-"))
    if not (folder / "reconciler").exists():
        _copied(root, folder)
    os.chdir(folder)
    # The tests, and the processes that they start, import the copy.
    sys.path[:] = [str(folder), *(path for path in sys.path if path not in {str(root), ""})]
    os.environ["PYTHONPATH"] = str(folder)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    os.environ["CI"] = "1"  # properties try the same examples for each mutant
    _mapped(folder, options.package)
    sample = _sample(folder, options.package, options.number, options.seed)[options.skip :]
    if options.again:
        sample = _unnoticed(folder, sample, [json.loads(line) for line in earlier.splitlines()])
    else:
        tree = (folder / _TREE).read_text("utf-8")
        drawn = {"sample": options.package, "seed": options.seed, "tree": tree}
        print(json.dumps(drawn), flush=True)
    _run(folder, options.package, sample)


if __name__ == "__main__":
    main()
