"""Group commit for journal lines: lines that arrive during a write go into the next one."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial

from reconciler.core.errors import StateError

_LOST = "the journal was interrupted"
_LOOK = "check with: reconciler plan"


class _Lines:
    """Lines of one caller, their outcome, and a lock for each waiting thread."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.waiting: list[threading.Lock] = []
        self.is_done = False
        self.failure: StateError | None = None


class GroupCommit:
    """Writes lines in order of arrival, in batches, while holding ``exclusive``."""

    def __init__(
        self, write: Callable[[Sequence[str]], None], *, exclusive: AbstractContextManager[object]
    ) -> None:
        self._write = write
        self._exclusive = exclusive
        self._lock = threading.Lock()
        self._lines: list[_Lines] = []
        self._written: list[_Lines] = []  # owned by the thread whose id is in _writer
        self._writer: int | None = None

    @property
    def waiting(self) -> int:
        """How many callers' lines are not being written yet."""
        return len(self._lines)

    def put(self, texts: Sequence[str], *, interrupted: str) -> Callable[[], None]:
        """Queue lines; the returned function waits until they are written.

        It raises the StateError of that write. Any other exception goes to the writing thread, and
        the other callers get a StateError with the message ``interrupted``.
        """
        lines = _Lines(texts)
        with self._lock:
            self._lines.append(lines)
        return partial(self._wait, lines, interrupted)

    def _wait(self, lines: _Lines, interrupted: str) -> None:
        woken = threading.Lock()
        try:
            while not lines.is_done:
                if self._becomes_writer(lines, woken):
                    self._write_all(interrupted)
                elif not lines.is_done:
                    woken.acquire()  # until the lines are written, or this thread must write
        except BaseException:
            self._hand_over(lines, woken)
            raise
        if lines.failure is not None:
            raise lines.failure

    def _becomes_writer(self, lines: _Lines, woken: threading.Lock) -> bool:
        """Whether this thread becomes the writer of all queued lines; otherwise registers
        ``woken``.
        """
        this_thread = threading.get_ident()
        with self._lock:
            if self._writer == this_thread:
                self._finish(
                    StateError(_LOST, hint=_LOOK)
                )  # an exception came between its turn and the write
            if lines.is_done:
                return False
            if self._writer is None:
                self._writer, self._written, self._lines = this_thread, self._lines, []
                return True
            woken.acquire(blocking=False)
            lines.waiting.append(woken)
            return False

    def _write_all(self, interrupted: str) -> None:
        failure: StateError | None = StateError(interrupted, hint=_LOOK)
        try:
            with self._exclusive:
                texts: list[str] = []
                for lines in self._written:
                    texts += lines.texts
                self._write(texts)
            failure = None
        except StateError as error:
            failure = error
        finally:
            with self._lock:
                self._finish(failure)

    def _hand_over(self, lines: _Lines, woken: threading.Lock) -> None:
        """Pass the work on after an interruption in this thread, so that no caller waits forever."""
        with self._lock:
            if woken in lines.waiting:
                lines.waiting.remove(woken)
            if self._writer == threading.get_ident():
                self._finish(StateError(_LOST, hint=_LOOK))
            elif self._writer is None:
                self._wake_next()

    def _finish(self, failure: StateError | None) -> None:
        """End the write with one outcome for all lines in it. A second call continues the first."""
        # An interruption may come between any two of these steps, and then the turn is still this
        # thread's: the second call must neither lose a waiting thread nor change an outcome.
        for lines in self._written:
            if not lines.is_done:
                lines.failure = failure
                lines.is_done = True
            while lines.waiting:
                lines.waiting.pop().release()
        self._written, self._writer = [], None
        self._wake_next()

    def _wake_next(self) -> None:
        """Wake one caller with queued lines."""
        # Waking all of them would only make them compete for the lock and wait again.
        next_lines = next((lines for lines in self._lines if lines.waiting), None)
        if next_lines is not None:
            next_lines.waiting.pop(0).release()
