"""Lines that several threads want written: those that come while a write is under way go into the next one together."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from reconciler.core.errors import StateError


class _Line:
    """A line on its way, and what became of it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.over = False
        self.failure: StateError | None = None


class Together:
    """Writes lines by ``write``, a few at a time and in the order in which they came; ``turn`` is held meanwhile."""

    def __init__(self, write: Callable[[Sequence[str]], None], *, turn: AbstractContextManager[object]) -> None:
        self._write = write
        self._turn = turn
        self._adding = threading.Lock()
        self._lines: list[_Line] = []

    @property
    def waiting(self) -> int:
        """How many lines wait for their turn."""
        return len(self._lines)

    def add(self, text: str, *, interrupted: str) -> None:
        """Write a line; it is written when this returns. Raises the StateError of the write that it was part of.

        Where that write ended in anything else, whoever made it gets that, and the others a StateError that says ``interrupted``.
        """
        line = _Line(text)
        with self._adding:
            self._lines.append(line)
        with self._turn:
            if not line.over:
                self._write_all(interrupted)
        if line.failure is not None:
            raise line.failure

    def _write_all(self, interrupted: str) -> None:
        with self._adding:
            lines, self._lines = self._lines, []
        failure: StateError | None = StateError(interrupted, hint="look with: reconciler plan")
        try:
            self._write([line.text for line in lines])
            failure = None
        except StateError as error:
            failure = error
        finally:
            for line in lines:
                line.over, line.failure = True, failure
