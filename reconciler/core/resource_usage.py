"""How a resource was used lately, and what its deletion would remove."""

from collections.abc import Mapping

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import Address, Attributes


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage of a resource that is to be deleted; None where it could not be read.

    ``sessions`` and ``member_minutes`` cover the last ``days`` days; ``at_least`` says that the
    count is incomplete. ``last_start`` (RFC 3339, UTC) is the start of the last session ever, or
    None; ``last_seconds`` its duration, None while it is live. ``children`` counts sub-resources by
    list, ``tokens`` names the tokens deleted with the resource, never their values. ``session`` is
    a live session: a plan without one takes it over, so that report and refusal agree.
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
        """Whether there was a session lately."""
        return bool(self.sessions)


class ReportContext(NamedTuple):
    """Extra data for reports; each part may be empty.

    ``evidence`` is about deletions. ``around`` holds all fields of a resource (defaults for a new
    one), so that a palette is whole although one colour changes. ``thumbnails`` are WebP images.
    """

    evidence: Mapping[Address, Usage] = {}
    around: Mapping[Address, Attributes] = {}
    thumbnails: Mapping[Address, bytes] = {}
