"""What a use case tells and asks the face that runs it: the command line, the library, the operator."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.core.plan_model import Action, Outcome, Plan
    from reconciler.core.refusal import Refusal
    from reconciler.core.resources import Problem


class OnOutcome(Protocol):
    """Takes each Outcome as it comes."""

    def __call__(self, outcome: Outcome) -> None:
        """Take ``outcome``."""


def _ignore(outcome: Outcome) -> None:
    """Nothing is shown."""


class Observer:
    """Told and asked while a use case runs. As it stands it shows nothing and approves nothing.

    A face overrides what it shows. Methods are called from the thread that runs the use case,
    except ``started``, which workers call.
    """

    def note(self, message: str) -> None:
        """A message for the user, without a line end."""

    def waiting(self, reason: str) -> None:
        """The run waits, and why."""

    def warn(self, problems: Sequence[Problem]) -> None:
        """Warnings about manifests that are valid."""

    def planned(self, plan: Plan) -> None:
        """A plan was made. One run may plan more than once."""

    def review(self, plan: Plan, refused: Sequence[Refusal]) -> bool:  # noqa: ARG002  # a face shows them
        """This plan is about to be carried out, or refused for the reasons in ``refused``.

        Returns whether the reasons were shown; the error repeats them where they were not.
        """
        return False

    @property
    def can_approve(self) -> bool:
        """Whether there is a person who can be asked."""
        return False

    def approve(self, plan: Plan) -> bool:  # noqa: ARG002  # a face may look at it
        """Whether the person says yes to ``plan``."""
        return False

    def executing(self, plan: Plan) -> AbstractContextManager[OnOutcome]:  # noqa: ARG002  # likewise
        """Entered while actions are carried out; gives what takes each outcome."""
        return nullcontext(_ignore)

    def started(self, action: Action) -> None:
        """A worker begins ``action``."""

    def outcomes(self, space: str, outcomes: Sequence[Outcome]) -> None:
        """What became of each action, in the order of the plan. Called once, before any error."""

    def nothing_to_do(self, plan: Plan) -> None:
        """The plan has no actions."""

    def finished(self, outcomes: Sequence[Outcome]) -> None:
        """The run is over, the check after it included."""


SILENT = Observer()
