"""Lines that several threads want written: those that come while a write is under way go into the next one together."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial

from reconciler.core.errors import StateError


class _Lines:
    """Lines on their way, and what became of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.over = False
        self.failure: StateError | None = None


class Together:
    """Writes lines by ``write``, a few at a time and in the order in which they came; ``turn`` is held meanwhile."""

    def __init__(self, write: Callable[[Sequence[str]], None], *, turn: AbstractContextManager[object]) -> None:
        self._write = write
        self._turn = turn
        self._changed = threading.Condition()
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
        with self._changed:
            self._lines.append(lines)
        return partial(self._wait, lines, interrupted)

    def _wait(self, lines: _Lines, interrupted: str) -> None:
        mine: list[_Lines] = []
        with self._changed:
            # Whose lines are written goes on at once: it does not queue up behind whoever writes next.
            while self._writing and not lines.over:
                self._changed.wait()
            if not lines.over:
                self._writing, mine, self._lines = True, self._lines, []
        if mine:
            self._write_all(mine, interrupted)
        if lines.failure is not None:
            raise lines.failure

    def _write_all(self, waiting: Sequence[_Lines], interrupted: str) -> None:
        failure: StateError | None = StateError(interrupted, hint="look with: reconciler plan")
        try:
            with self._turn:
                self._write([text for lines in waiting for text in lines.texts])
            failure = None
        except StateError as error:
            failure = error
        finally:
            with self._changed:
                self._writing = False
                for lines in waiting:
                    lines.over, lines.failure = True, failure
                self._changed.notify_all()
