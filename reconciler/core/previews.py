"""The state, live session and preview of a declared resource."""

from typing import Literal

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.resources import Address, Attributes, Secret

Standing = Literal["in sync", "drifted", "to be applied", "not managed", "missing"]


@dataclass(frozen=True, slots=True)
class Previewed:
    """A declared resource, its standing, and its live session with preview.

    ``drifted`` are paths changed outside. ``session`` is None without a live session; its
    ``members`` is the number of members. ``why`` explains a missing ``preview_url``, ``trouble`` a
    failed download; ``file`` is where the picture was saved.
    """

    address: Address
    standing: Standing
    title: str = ""
    drifted: tuple[str, ...] = ()
    session: Attributes | None = None
    preview_url: Secret | str | None = None
    why: str = ""
    trouble: str = ""
    file: str | None = None
