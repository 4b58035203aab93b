"""A plan with what may stand beside it for people who look at it: how deleted resources were used, other fields, thumbnails."""

from dataclasses import dataclass, field, fields

from reconciler.core.usage import ReportContext
from reconciler.reports.text.plan import PlanReport

ENRICHED_FORMATS = frozenset(
    {"markdown", "html"}
)  # the formats that show more than the plan itself


@dataclass(frozen=True, slots=True)
class EnrichedReport(PlanReport):
    """A PlanReport, and what stands beside it."""

    beside: ReportContext = field(default=ReportContext())


def enriched(report: PlanReport, beside: ReportContext | None = None) -> EnrichedReport:
    """The same report with what stands beside it; one that has that already is left as it is."""
    if isinstance(report, EnrichedReport) and beside is None:
        return report
    own = {one.name: getattr(report, one.name) for one in fields(PlanReport)}
    return EnrichedReport(**own, beside=beside or ReportContext())
