"""A plugin of pytest that collects the tests once and tries one mutant after the other on them.

For each mutant the process is forked; in the fork the code of the changed function is replaced, and
the tests that run the changed statement are run until one fails. Imports and the collection, most of
a short run of pytest, are paid once.
"""

import gc
import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import CodeType, FunctionType
from typing import NamedTuple

import pytest

from devtools.mutants import Mutant

# A mutant may loop without end. What a test takes on the clock is unknown under load, so this is ample.
_WALL_SECONDS = 240
# A test that waits without end uses no CPU time at all; the longest wait of a test is 30 seconds.
_IDLE_SECONDS = 45
_Key = tuple[str, str, int]


class Outcome(NamedTuple):
    """``killed``, ``survived``, ``endless`` (far more CPU, or a wait without end) or ``slow``; and by what."""

    state: str
    by: str = ""


class Witness:
    """Notes the first test that fails, for the process that waits for the outcome."""

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe
        self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The name of the test and what it said last."""
        if report.failed and not self.failed:
            self.failed = True
            crash = getattr(report.longrepr, "reprcrash", None)
            said = getattr(crash, "message", "").splitlines()[:1]
            os.write(self.pipe, f"{report.nodeid[:400]} ({report.when}): {said}"[:1000].encode())


def forked(work: Callable[[int], int]) -> Outcome:
    """What becomes of work in a process of its own: 0 if no test of it fails."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.setsid()
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        code = 70
        try:
            code = work(writing)
        finally:
            os._exit(code)
    os.close(writing)
    code = _waited(process)
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)  # servers that a test started
    with os.fdopen(reading, "rb") as said:
        os.set_blocking(reading, False)
        by = (said.read() or b"").decode(errors="replace")
    if code == 0:
        return Outcome("survived")
    if code in {-signal.SIGVTALRM, -signal.SIGXCPU}:
        return Outcome("endless")
    return Outcome("slow") if code == -signal.SIGKILL else Outcome("killed", by or f"exit {code}")


def _cpu_ticks(process: int) -> int:
    """The CPU time of a process; -1 where the system does not tell it, or the process ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return -1
    return int(fields[11]) + int(fields[12])


def _waited(process: int) -> int:
    """The exit code; that of too much CPU time if the process waits without end."""
    start = time.monotonic()
    used, since = -1, start
    while True:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        now, ticks = time.monotonic(), _cpu_ticks(process)
        if ticks != used or ticks == -1:
            used, since = ticks, now
        if now > start + _WALL_SECONDS:
            os.killpg(process, signal.SIGKILL)
        elif now > since + _IDLE_SECONDS:
            os.killpg(process, signal.SIGXCPU)
        time.sleep(0.02)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _key(code: CodeType) -> _Key:
    return code.co_filename, code.co_qualname, code.co_firstlineno


class Swapping:
    """Tries mutants of function bodies on the collected tests."""

    def __init__(self, tried: Callable[["Swapping"], None], seconds: Mapping[str, float]) -> None:
        self.tried = tried
        self.seconds = seconds
        self.items: dict[str, pytest.Item] = {}
        self.functions: dict[_Key, list[FunctionType]] = defaultdict(list)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of the run of all tests."""
        self.items = {item.nodeid: item for item in session.items}
        gc.unfreeze()  # what tests/conftest.py froze is in no list of objects
        for one in gc.get_objects():
            if isinstance(one, FunctionType) and "/reconciler/" in one.__code__.co_filename:
                self.functions[_key(one.__code__)].append(one)
        gc.freeze()  # or each fork copies every page with its first collection
        self.tried(self)
        return True

    def outcome(self, module: Path, mutant: Mutant, tests: Sequence[str]) -> Outcome | None:
        """What the tests say about a mutant; None if its function cannot be replaced."""
        items = [self.items[test] for test in tests if test in self.items]
        changed = compile(mutant.source, str(module), "exec", dont_inherit=True)
        places = [
            (function, code)
            for code in _codes(changed)
            if code.co_qualname == mutant.function
            for function in self.functions.get(_key(code), ())
        ]
        if not places or any(f.__code__.co_freevars != code.co_freevars for f, code in places):
            return None

        def work(pipe: int) -> int:
            for function, code in places:
                function.__code__ = code
            return self._run(items, pipe)

        return forked(work)

    def _run(self, items: Sequence[pytest.Item], pipe: int) -> int:
        witness = Witness(pipe)
        items[0].config.pluginmanager.register(witness)
        for item, following in zip(items, [*items[1:], None], strict=True):
            # Of CPU time of this process alone, so no load of the machine ends a test.
            signal.setitimer(signal.ITIMER_VIRTUAL, 5 + 10 * self.seconds[item.nodeid])
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            if witness.failed:
                item.session._setupstate.teardown_exact(None)  # noqa: SLF001 - stops its servers
                return 1
        return 0
