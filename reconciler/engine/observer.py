"""Whoever is told what a run does: a person at a terminal, a program that reads events, or nobody."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from reconciler.cli import console

if TYPE_CHECKING:
    from reconciler.core.plan_model import Action, Outcome


class OnOutcome(Protocol):
    """Shows one Outcome as it comes."""

    def __call__(self, outcome: Outcome) -> None:
        """Show ``outcome``."""


class Observer(Protocol):
    """What a run says, and asks. The module ``console`` is one."""

    def out(self, text: str) -> None:
        """A result."""

    def wait(self, text: str) -> None:
        """Why nothing seems to happen."""

    def can_ask(self) -> bool:
        """Whether there is a person to answer a question."""

    def confirmed(self, question: str) -> bool:
        """Whether the person says yes."""

    def begun(self, action: Action) -> None:
        """An action begins."""

    def ended(self, outcomes: Sequence[Outcome]) -> None:
        """All is over."""

    def progress(self, total: int, *, brief: bool = False) -> AbstractContextManager[OnOutcome]:
        """Shows outcomes as they come; ``brief`` leaves reasons to the summary."""


class Listening:
    """The console, and what it is told of each action at the end."""

    def __init__(self) -> None:
        self.outcomes: tuple[Outcome, ...] = ()

    def out(self, text: str) -> None:
        """A result."""
        console.out(text)

    def wait(self, text: str) -> None:
        """Why nothing seems to happen."""
        console.wait(text)

    def can_ask(self) -> bool:
        """Whether there is a person to answer a question."""
        return console.can_ask()

    def confirmed(self, question: str) -> bool:
        """Whether the person says yes."""
        return console.confirmed(question)

    def begun(self, action: Action) -> None:
        """An action begins."""
        console.begun(action)

    def ended(self, outcomes: Sequence[Outcome]) -> None:
        """All is over."""
        self.outcomes = tuple(outcomes)
        console.ended(outcomes)

    def progress(self, total: int, *, brief: bool = False) -> AbstractContextManager[OnOutcome]:
        """Shows outcomes as they come."""
        return console.progress(total, brief=brief)
