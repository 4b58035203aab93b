"""A plan with what may stand beside it for people who look at it: how deleted resources were used, other fields, thumbnails."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from reconciler.core.resources import Address, Attributes
from reconciler.core.usage import Usage
from reconciler.reports.text.plan import PlanReport

ENRICHED_FORMATS = frozenset(
    {"markdown", "html"}
)  # the formats that show more than the plan itself


class ReportContext(NamedTuple):
    """What the Space was asked for the sake of the reader; each part may be empty.

    ``evidence`` is about deletions. ``around`` holds fields as they are (of a new resource: as they default to), so that a
    palette is whole although one colour changes. ``thumbnails`` are WebP pictures of live sessions, as bytes.
    """

    evidence: Mapping[Address, Usage] = {}
    around: Mapping[Address, Attributes] = {}
    thumbnails: Mapping[Address, bytes] = {}


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
