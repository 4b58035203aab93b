"""Plan reports with extra data for HTML and Markdown: usage, other fields, thumbnails."""

from reconciler.core.deferred_dataclass import dataclass, field, fields
from reconciler.core.resource_usage import ReportContext
from reconciler.reports.text.plan import PlanReport

ENRICHED_FORMATS = frozenset(
    {"markdown", "html"}
)  # Formats that show the extra data. It costs requests, so other formats do not fetch it.


@dataclass(frozen=True, slots=True)
class EnrichedReport(PlanReport):
    """A PlanReport with extra data in ``beside``."""

    beside: ReportContext = field(default=ReportContext())


def enriched(report: PlanReport, beside: ReportContext | None = None) -> EnrichedReport:
    """``report`` with ``beside``. Without ``beside``, a report that is enriched stays as it is."""
    if isinstance(report, EnrichedReport) and beside is None:
        return report
    own = {one.name: getattr(report, one.name) for one in fields(PlanReport)}
    return EnrichedReport(**own, beside=beside or ReportContext())
