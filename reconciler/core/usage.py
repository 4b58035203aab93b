"""What a deletion would take along: how a resource was used of late, and what dies with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.core.resources import Address, Attributes


@dataclass(frozen=True, slots=True)
class Usage:
    """What the Space tells about a resource that is to be deleted; None where it could not be read.

    ``sessions`` and ``member_minutes`` count the last ``days`` days; ``at_least`` says that not everything was counted.
    ``last_start`` is the moment (RFC 3339, UTC) when the last session of all began, None where there was none.
    ``last_seconds`` is how long that took, None while it goes on. ``children`` counts sub-resources by their list
    (``{"streams": 2}``), ``tokens`` names the tokens that come with the resource, and never holds one. ``session`` is one that
    goes on: a plan that knew of none takes it over, so that what refuses and what is shown are one.
    """

    days: int
    sessions: int | None = None
    member_minutes: int | None = None
    last_start: str | None = None
    last_seconds: int | None = None
    at_least: bool = False
    children: Mapping[str, int] = field(default_factory=dict)
    tokens: tuple[str, ...] = ()
    session: Attributes | None = None

    @property
    def in_use(self) -> bool:
        """Whether somebody was there of late."""
        return bool(self.sessions)


class ReportContext(NamedTuple):
    """What the Space was asked for the sake of the reader; each part may be empty.

    ``evidence`` is about deletions. ``around`` holds fields as they are (of a new resource: as they default to), so that a
    palette is whole although one colour changes. ``thumbnails`` are WebP pictures of live sessions, as bytes.
    """

    evidence: Mapping[Address, Usage] = {}
    around: Mapping[Address, Attributes] = {}
    thumbnails: Mapping[Address, bytes] = {}
