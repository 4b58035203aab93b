"""What a set-up shows while it works: on a terminal one line that moves, elsewhere a line a step."""

import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

_LOG = "setup.log"
_COLLECTED = re.compile(r"^(?:Collecting|Requirement already satisfied:) (?P<name>[A-Za-z0-9._-]+)")
_WRONG_HASH = re.compile(r"DO NOT MATCH THE HASHES[^\n]*\n\s*(?P<requirement>[^\s;]+)")
_TAIL = 40


class Failed(Exception):
    """What could not be done, in words for the person who started it."""


class Progress:
    """Numbered steps; between them ``now`` says how far a step is, where a person looks on."""

    def __init__(self, folder: Path, *, steps: int) -> None:
        self._folder = folder
        self._steps = steps
        self._number = 0
        self._text = self._detail = ""
        self._moves = sys.stdout.isatty()
        self._started = time.monotonic()
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)

    @property
    def log(self) -> Path:
        """Where everything that pip says is kept."""
        return self._folder / _LOG

    def __enter__(self) -> Self:
        print(f"Setting up {self._folder.name}", flush=True)
        if self._moves:
            self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._moves:
            self._clock.join()
            sys.stdout.write("\r\x1b[K")
            sys.stdout.flush()

    def _tick(self) -> None:
        while not self._over.wait(0.2):
            self._draw()

    def _draw(self) -> None:
        if self._text:
            seconds = time.monotonic() - self._started
            sys.stdout.write(f"\r\x1b[K{f'{self._line()}  {self._detail}'[:68]}  {seconds:.0f} s")
            sys.stdout.flush()

    def _line(self) -> str:
        return f"[{self._number}/{self._steps}] {self._text}"

    def step(self, text: str) -> None:
        """The next step begins."""
        self._number += 1
        self._text, self._detail = text, ""
        if not self._moves:
            print(self._line(), flush=True)

    def now(self, detail: str) -> None:
        """How far the step is."""
        self._detail = detail


def _installed(python: Path) -> int:
    """How many packages are there by now."""
    return sum(1 for _ in python.parent.parent.glob("[lL]ib*/**/site-packages/*.dist-info"))


def _follow(running: "subprocess.Popen[str]", python: Path, progress: Progress, of: int) -> str:
    """All that pip says, while ``progress`` tells how far it is."""
    said: list[str] = []
    collected: set[str] = set()
    before, unpacking = _installed(python), threading.Event()

    def count() -> None:
        while not unpacking.wait(0.5):
            progress.now(f"installing: {_installed(python) - before}")

    counting = threading.Thread(target=count, daemon=True)
    for line in running.stdout or ():
        said.append(line)
        found = _COLLECTED.match(line)
        if found:
            collected.add(found["name"].lower())
            progress.now(f"downloading: {len(collected)} of {of}")
        elif line.startswith("Installing collected packages") and not counting.is_alive():
            counting.start()
    unpacking.set()
    return "".join(said)


def pip_install(python: Path, arguments: list[str], progress: Progress, *, of: int) -> None:
    """``pip install`` with ``arguments``, of which ``of`` packages may come. Failed with pip's own words where it fails."""
    command = [
        str(python),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar",
        "off",
        *arguments,
    ]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as running:
        said = _follow(running, python, progress, of)
    progress.log.write_text(said, encoding="utf-8")
    if not running.returncode:
        return
    wrong = _WRONG_HASH.search(said)
    if wrong:
        raise Failed(
            f"{wrong['requirement']}: the file that was downloaded is not the one in the lock (another hash); nothing of it was installed\n"
            + "".join(said.splitlines(keepends=True)[-12:])
            + "Take requirements.lock as it was committed; if it is, the index gives another file than when the lock was made."
        )
    tail = "".join(said.splitlines(keepends=True)[-_TAIL:])
    raise Failed(
        f"the packages could not be installed; pip says:\n{tail}(all of it: {progress.log})"
    )
