"""Observers for the command line: messages to the console, and the report of an apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli import console, json_events
from reconciler.core.deferred_dataclass import replace
from reconciler.core.text import count, printable
from reconciler.engine.observer import Observer, OnOutcome
from reconciler.space.target import LOCAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from reconciler.core.plan_model import Action, Outcome, Plan, Verb
    from reconciler.core.refusal import Refusal
    from reconciler.core.resources import Problem
    from reconciler.engine.selection import Selection
    from reconciler.engine.workspace import Workspace


_MOST_NAMED = 3
_NOUNS: Mapping[Verb, str] = {
    "create": "creation",
    "update": "update",
    "rename": "rename",
    "adopt": "adoption",
    "delete": "deletion",
}


def _named(actions: Sequence[Action]) -> str:
    """``Room/a, Room/b, Room/c and 41 more``, by the names that people know."""
    names = [
        printable(f"{one.address.kind}/{one.live_name or one.address.name}")
        for one in actions[:_MOST_NAMED]
    ]
    more = f" and {len(actions) - _MOST_NAMED} more" if len(actions) > _MOST_NAMED else ""
    return f"{', '.join(names)}{more}"


def _question(plan: Plan) -> str:
    """``Apply 8 updates, 1 deletion (Room/lab) to acme.signalwire.com?``: every deletion counts by name."""
    parts = []
    for verb, noun in _NOUNS.items():
        actions = [action for action in plan.actions if action.action == verb]
        if actions:
            names = f" ({_named(actions)})" if verb == "delete" else ""
            parts.append(count(len(actions), noun) + names)
    space = "the local Space" if plan.space == LOCAL else printable(plan.space)
    return f"Apply {', '.join(parts)} to {space}?"


class ConsoleObserver(Observer):
    """Messages on stderr, as text or as events."""

    def note(self, message: str) -> None:
        """Print a message."""
        console.info(message)

    def waiting(self, reason: str) -> None:
        """Print why the run waits."""
        console.wait(reason)

    def warn(self, problems: Sequence[Problem]) -> None:
        """Print warnings about manifests."""
        console.warn(problems)

    def planned(self, plan: Plan) -> None:
        """Emit an event. In text mode the report shows the plan."""
        if console.is_json():
            console.emit("plan", **json_events.about_plan(plan))


class ApplyObserver(ConsoleObserver):
    """Shows the plan, asks for approval, shows progress, and prints the outcomes.

    ``form`` is ``text`` or ``json``. Reports name the environment of ``workspace``. ``results`` holds the outcomes of the last run.
    """

    def __init__(
        self,
        form: str,
        selection: Selection | None = None,
        *,
        workspace: Workspace | None = None,
    ) -> None:
        self.results: tuple[Outcome, ...] = ()
        self._workspace = workspace
        self._form = form
        self._selection = selection

    def _plan_text(self, plan: Plan, refused: Sequence[Refusal] = ()) -> str:
        from reconciler.cli.rendering import plan_report  # noqa: PLC0415  # only in an apply
        from reconciler.engine.clock import now  # noqa: PLC0415  # likewise
        from reconciler.reports.formats import PLAN_FORMATS  # noqa: PLC0415  # likewise

        report = plan_report(
            plan, now(), refused=refused, selection=self._selection, workspace=self._workspace
        )
        return PLAN_FORMATS["text"](replace(report, applying=True))

    def _outcomes_text(self, space: str, outcomes: Sequence[Outcome]) -> str:
        from reconciler.cli.rendering import outcome_report  # noqa: PLC0415  # only in an apply
        from reconciler.reports.formats import OUTCOME_FORMATS  # noqa: PLC0415  # likewise

        environment = (self._workspace.env or "") if self._workspace else ""
        return OUTCOME_FORMATS[self._form](outcome_report(space, outcomes, environment=environment))

    def review(self, plan: Plan, refused: Sequence[Refusal]) -> bool:
        """Print the plan with its refusals, in text form."""
        if self._form != "text":
            return False
        console.out(self._plan_text(plan, refused))
        return True

    @property
    def can_approve(self) -> bool:
        """Whether there is a terminal."""
        return console.can_ask()

    def approve(self, plan: Plan) -> bool:
        """Whether the person types 'yes'."""
        return console.confirmed(_question(plan))

    def executing(self, plan: Plan) -> AbstractContextManager[OnOutcome]:
        """A progress bar, or a line or an event for each action."""
        from reconciler.cli.progress import progress  # noqa: PLC0415  # likewise

        return progress(len(plan.actions), brief=self._form == "text")

    def started(self, action: Action) -> None:
        """Emit the start of an action."""
        console.begun(action)

    def outcomes(self, space: str, outcomes: Sequence[Outcome]) -> None:
        """Print the result on stdout."""
        console.out_as(self._form, self._outcomes_text(space, outcomes))

    def nothing_to_do(self, plan: Plan) -> None:
        """Print the empty plan, or an empty result."""
        text = self._form == "text"
        console.out(self._plan_text(plan) if text else self._outcomes_text(plan.space, ()))

    def finished(self, outcomes: Sequence[Outcome]) -> None:
        """Emit the summary."""
        self.results = tuple(outcomes)
        console.ended(outcomes)
