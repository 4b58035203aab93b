"""What a use case reports to and asks its caller: command line, library or operator."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.core.plan_model import Action, Outcome, Plan
    from reconciler.core.refusal import Refusal
    from reconciler.core.resources import Problem


class OnOutcome(Protocol):
    """Receives each Outcome as it comes."""

    def __call__(self, outcome: Outcome) -> None:
        """Take ``outcome``."""


def _ignore(outcome: Outcome) -> None:
    """Show nothing."""


class Observer:
    """Receives the events of a use case. This base class shows and approves nothing.

    Methods are called from the thread that runs the use case, except ``started``, which workers
    call.
    """

    def note(self, message: str) -> None:
        """Show a message to the user; it has no line end."""

    def waiting(self, reason: str) -> None:
        """The run waits for ``reason``."""

    def warn(self, problems: Sequence[Problem]) -> None:
        """Warnings about manifests that are valid."""

    def planned(self, plan: Plan) -> None:
        """A plan was made; a run may plan more than once."""

    def review(self, plan: Plan, refused: Sequence[Refusal]) -> bool:  # noqa: ARG002  # a face shows them
        """Show a plan before it is carried out, or refused for the reasons in ``refused``.

        Returns whether the reasons were shown; otherwise the error repeats them.
        """
        return False

    @property
    def can_approve(self) -> bool:
        """Whether a user can be asked."""
        return False

    def approve(self, plan: Plan) -> bool:  # noqa: ARG002  # a face may look at it
        """Ask the user to approve ``plan``."""
        return False

    def executing(self, plan: Plan) -> AbstractContextManager[OnOutcome]:  # noqa: ARG002  # likewise
        """Entered while actions are carried out; returns the receiver of outcomes."""
        return nullcontext(_ignore)

    def started(self, action: Action) -> None:
        """A worker begins ``action``."""

    def outcomes(self, space: str, outcomes: Sequence[Outcome]) -> None:
        """All outcomes in plan order. Called once, before any error is raised."""

    def nothing_to_do(self, plan: Plan) -> None:
        """The plan has no actions."""

    def finished(self, outcomes: Sequence[Outcome]) -> None:
        """The run is over, including the check after it."""


SILENT = Observer()
