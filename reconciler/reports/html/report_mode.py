"""How one page speaks of its plan: as what apply would do, or as what was changed outside."""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.core.plan_model import MISSING, Action, Verb
from reconciler.reports.enriched import EnrichedReport

TITLES: Mapping[Verb, str] = {
    "delete": "Delete",
    "rename": "Rename",
    "adopt": "Adopt",
    "create": "Create",
    "update": "Update",
}


@dataclass(frozen=True, slots=True)
class ReportMode:
    """A report and the words for it; ``heads`` are those of the two sides of a change."""

    report: EnrichedReport
    drift: bool = False

    @property
    def heads(self) -> tuple[str, str]:
        """What stands above the two values of a change."""
        return ("live", "declared") if self.drift else ("before", "after")

    @property
    def today(self) -> str:
        """The moment of the report."""
        return self.report.created_at

    def part(self, action: Action) -> Verb:
        """The part of the page that an action stands in, and by whose sign and colour it is known."""
        if not self.drift:
            return action.action
        return "delete" if action.reason == MISSING else "update"

    def title(self, verb: Verb) -> str:
        """The heading of a part."""
        return (
            {"delete": "Missing", "update": "Changed outside"}[verb] if self.drift else TITLES[verb]
        )

    def verb(self, action: Action) -> str:
        """What happens, or happened, in a word."""
        return self.title(self.part(action)).lower() if self.drift else action.action
