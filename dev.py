#!/usr/bin/env python3
"""One short command for each thing a developer does: python3 dev.py demo | test | simulate | lint | docs | setup | lock | build.

Needs nothing but Python 3.11 or newer: it makes .venv, installs what the task needs from requirements.lock, and runs it there.
"""

import argparse
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


def environment(part, options):
    """The Python of the environment with this project and ``part`` of the lock."""
    from devtools import environments  # noqa: PLC0415  # not on an old Python

    return environments.environment(ROOT, part, options.python, options.venv)


def run(python, *arguments, **variables):
    """Run a module or script with ``python``; stop where it fails."""
    from devtools import running_tests  # noqa: PLC0415  # not on an old Python

    kept = running_tests.with_bytecode(os.environ, Path(python).parent.parent / "bytecode")
    code = subprocess.call([str(python), *arguments], cwd=ROOT, env={**kept, **variables})
    if code:
        sys.exit(code)


def setup(options):
    """Everything that a developer needs, in .venv."""
    environment("dev", options)


def demo(options):
    """The main job against a local Space: validate, plan, apply, a change behind its back, drift."""
    run(environment("local", options), "examples/demo.py", *options.rest)


def test(options):
    """The tests; what follows goes to pytest, and without it all tests run on all cores."""
    parser = argparse.ArgumentParser(prog="dev.py test", add_help=False)
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument(
        "--quick",
        action="store_const",
        const="quick",
        dest="extent",
        help="one minute, while editing",
    )
    extent.add_argument(
        "--long",
        action="store_const",
        const="long",
        dest="extent",
        help="every example, as .ci/run does",
    )
    end = parser.add_mutually_exclusive_group()
    end.add_argument(
        "--newest",
        action="store_const",
        const="newest",
        dest="end",
        help="the newest releases, not the lock's",
    )
    end.add_argument(
        "--oldest",
        action="store_const",
        const="oldest",
        dest="end",
        help="the lower bounds of pyproject.toml",
    )
    parser.add_argument(
        "--http", choices=("httpx", "httpx2"), help="the HTTP library; httpx2 with --newest"
    )
    chosen, rest = parser.parse_known_args(options.rest)
    if chosen.end:
        from devtools import environments  # noqa: PLC0415

        python = environments.end(ROOT, chosen.end, options.python)
    else:
        python = environment("test", options)
    variables = {"RECONCILER_TESTS": chosen.extent or "usual"}
    if (chosen.http or ("httpx2" if chosen.end == "newest" else "httpx")) == "httpx2":
        variables["PYTHONPATH"] = str(ROOT / "tests/http2")
    if rest:
        run(python, "-m", "pytest", *rest, **variables)
    else:
        all_tests(python, variables)


def all_tests(python, variables):
    """All tests of an extent, on all cores; their folders are in memory where that can be."""
    from devtools import running_tests  # noqa: PLC0415

    workers = str(running_tests.workers())
    print(
        f"Running the tests ({variables['RECONCILER_TESTS']}) with {workers} workers. They are collected first.",
        flush=True,
    )
    with running_tests.folder_in_memory() as folder:
        if folder:
            variables["TMPDIR"] = str(folder)
        # Neighbours share servers: a worker takes a run of them, and who is done early takes over half of another's.
        run(python, "-m", "pytest", "--numprocesses", workers, "--dist", "worksteal", **variables)


def simulate(options):
    """Histories in which everything goes wrong, for ten minutes or --seconds S; or one of them once more with --replay."""
    run(environment("test", options), "-m", "tests.faults.simulation", *options.rest)


def lint(options):
    """Lint, format, types, import contracts."""
    python = environment("dev", options)
    run(python, "-m", "ruff", "check", ".")
    run(python, "-m", "ruff", "format", "--check", ".")
    run(python, "-m", "mypy")
    run(python, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")


def docs(options):
    """The documentation as a site in build/site/; stops at a link or an anchor that leads nowhere. --serve shows it on loopback."""
    parser = argparse.ArgumentParser(prog="dev.py docs", description=docs.__doc__)
    parser.add_argument(
        "--serve",
        action="store_true",
        help="build again at each change, and serve it on 127.0.0.1:8000",
    )
    chosen = parser.parse_args(options.rest)
    python = environment("dev", options)
    run(python, "docs/build.py", "--check")
    if chosen.serve:
        run(python, "-m", "zensical", "serve", "--dev-addr", "127.0.0.1:8000")
    else:
        run(python, "-m", "zensical", "build", "--clean", "--strict")


def lock(options):
    """Renew requirements.lock with the newest releases; --keep moves only what pyproject.toml makes move."""
    from devtools import renewal  # noqa: PLC0415

    renewal.main(ROOT, options.python, options.rest)


def build(options):
    """The wheel and the source archive, in dist/."""
    run(
        environment("dev", options),
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        "dist",
        *options.rest,
    )


TASKS = {
    "setup": setup,
    "demo": demo,
    "test": test,
    "simulate": simulate,
    "lint": lint,
    "docs": docs,
    "lock": lock,
    "build": build,
}


def _absolute(path):
    """The folder that ``path`` names here: what runs in it may run elsewhere."""
    return Path(path).absolute()


def main():
    """Find the task and run it."""
    on_a_new_enough_python()
    parser = argparse.ArgumentParser(
        prog="dev.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--python", default=sys.executable, help="the Python to work with")
    parser.add_argument(
        "--venv", type=_absolute, default=ROOT / ".venv", help="where the virtual environment is"
    )
    options, options.rest = parser.parse_known_args()
    from devtools.lock import Unfit  # noqa: PLC0415  # not on an old Python
    from devtools.progress import Failed  # noqa: PLC0415

    try:
        TASKS[options.task](options)
    except (Failed, Unfit) as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
