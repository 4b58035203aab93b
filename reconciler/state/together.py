"""Lines that several threads want written: those that come while a write is under way go into the next one together."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial

from reconciler.core.errors import StateError


class _Lines:
    """Lines on their way, what became of them, and a lock for each that waits for that."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.waiting: list[threading.Lock] = []
        self.over = False
        self.failure: StateError | None = None


class Together:
    """Writes lines by ``write``, a few at a time and in the order in which they came; ``turn`` is held meanwhile."""

    def __init__(self, write: Callable[[Sequence[str]], None], *, turn: AbstractContextManager[object]) -> None:
        self._write = write
        self._turn = turn
        self._lock = threading.Lock()
        self._lines: list[_Lines] = []
        self._writing = False

    @property
    def waiting(self) -> int:
        """How many have lines that wait for their turn."""
        return len(self._lines)

    def put(self, texts: Sequence[str], *, interrupted: str) -> Callable[[], None]:
        """Take lines down, after those that were put before; the function waits until they are written.

        It raises the StateError of the write that they were part of. Where that write ended in anything else, whoever made it gets
        that, and the others a StateError that says ``interrupted``.
        """
        lines = _Lines(texts)
        with self._lock:
            self._lines.append(lines)
        return partial(self._wait, lines, interrupted)

    def _wait(self, lines: _Lines, interrupted: str) -> None:
        mine: list[_Lines] = []
        woken = threading.Lock()
        with self._lock:
            waits = self._writing and not lines.over
            if waits:
                woken.acquire()
                lines.waiting.append(woken)
            elif not lines.over:
                self._writing, mine, self._lines = True, self._lines, []
        if waits:
            mine = self._woken(lines, woken)
        if mine:
            self._write_all(mine, interrupted)
        if lines.failure is not None:
            raise lines.failure

    def _woken(self, lines: _Lines, woken: threading.Lock) -> list[_Lines]:
        """Wait until ``lines`` are written, or it is this thread's turn to write: then all that is to be written."""
        try:
            woken.acquire()
        except BaseException:
            with self._lock:
                if woken in lines.waiting:
                    lines.waiting.remove(woken)
                elif not lines.over:
                    self._pass_on()
            raise
        with self._lock:
            mine, self._lines = ([], self._lines) if lines.over else (self._lines, [])
            return mine

    def _pass_on(self) -> None:
        """Wake one of those whose lines are next, and nobody else: a crowd that wakes to wait again takes turns from the others."""
        following = next((lines for lines in self._lines if lines.waiting), None)
        self._writing = following is not None
        if following is not None:
            following.waiting.pop(0).release()

    def _write_all(self, waiting: Sequence[_Lines], interrupted: str) -> None:
        failure: StateError | None = StateError(interrupted, hint="look with: reconciler plan")
        try:
            with self._turn:
                self._write([text for lines in waiting for text in lines.texts])
            failure = None
        except StateError as error:
            failure = error
        finally:
            with self._lock:
                for lines in waiting:
                    lines.over, lines.failure = True, failure
                    for woken in lines.waiting:
                        woken.release()
                self._pass_on()
