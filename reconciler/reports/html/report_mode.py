"""Wording of an HTML page: for a plan (what apply would do) or for drift (what changed outside)."""

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.plan_model import MISSING, Action, Verb
from reconciler.reports.plan_details import EnrichedReport


@dataclass(frozen=True, slots=True)
class ReportMode:
    """A report with its wording."""

    report: EnrichedReport
    drift: bool = False

    @property
    def heads(self) -> tuple[str, str]:
        """Headings of the two value columns."""
        return ("live", "declared") if self.drift else ("before", "after")

    @property
    def today(self) -> str:
        """The time of the report."""
        return self.report.created_at

    def part(self, action: Action) -> Verb:
        """The part of the page that an action belongs to; it also decides sign and colour."""
        if not self.drift:
            return action.action
        return "delete" if action.reason == MISSING else "update"

    def title(self, verb: Verb) -> str:
        """The heading of a part."""
        if self.drift:
            return "Missing" if verb == "delete" else "Changed outside"
        return verb.capitalize()

    def verb(self, action: Action) -> str:
        """The action in one word."""
        return self.title(self.part(action)).lower() if self.drift else action.action
