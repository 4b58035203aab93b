"""A plan with what may stand beside it for people who look at it: how deleted resources were used, other fields, thumbnails."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from reconciler.core.declared import Address, Attributes
from reconciler.core.evidence import Evidence
from reconciler.reports.plan_text import PlanReport

PICTURED = frozenset({"markdown", "html"})  # the formats that show more than the plan itself


class Beside(NamedTuple):
    """What the Space was asked for the sake of the reader; each part may be empty.

    ``evidence`` is about deletions. ``around`` holds fields as they are (of a new resource: as they default to), so that a
    palette is whole although one colour changes. ``thumbnails`` are WebP pictures of live sessions, as bytes.
    """

    evidence: Mapping[Address, Evidence] = {}
    around: Mapping[Address, Attributes] = {}
    thumbnails: Mapping[Address, bytes] = {}


@dataclass(frozen=True, slots=True)
class PicturedReport(PlanReport):
    """A PlanReport, and what stands beside it."""

    beside: Beside = field(default=Beside())


def pictured(report: PlanReport, beside: Beside | None = None) -> PicturedReport:
    """The same report with what stands beside it; one that has that already is left as it is."""
    if isinstance(report, PicturedReport) and beside is None:
        return report
    own = {one.name: getattr(report, one.name) for one in fields(PlanReport)}
    return PicturedReport(**own, beside=beside or Beside())
