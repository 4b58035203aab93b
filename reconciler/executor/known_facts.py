"""The facts of a run: an answer of the Space that contradicts one drops it. Thread-safe."""

import threading
from collections.abc import Callable
from typing import Any

from reconciler.core.facts import NO_FACTS, Facts

_OnDrop = Callable[[Facts, str, str, str], None]


def _ignore(_left: Facts, _question: str, _kind: str, _why: str) -> None:
    """Keep nothing."""


class KnownFacts:
    """Answers about the Space. ``on_drop`` gets the facts left, the question, kind and reason."""

    def __init__(self, facts: Facts = NO_FACTS, on_drop: _OnDrop = _ignore) -> None:
        self._facts = facts
        self._on_drop = on_drop
        self._lock = threading.Lock()

    @property
    def all(self) -> Facts:
        """The facts as they are now."""
        return self._facts

    def answer(self, question: str, kind: str) -> Any:
        """Return the answer; None if it is unknown, or was contradicted in this run."""
        return self._facts.answer(question, kind)

    def drop(self, question: str, kind: str, why: str) -> None:
        """Forget an answer that the Space contradicted; says so once."""
        with self._lock:
            left = self._facts.without(question, kind, why=why)
            if left is self._facts:
                return
            self._facts = left
            self._on_drop(left, question, kind, why)
