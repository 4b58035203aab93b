"""What ``previews`` shows of a declared resource: how it stands, its live session, its preview."""

from dataclasses import dataclass
from typing import Literal

from reconciler.core.resources import Address, Attributes, Secret

Standing = Literal["in sync", "drifted", "to be applied", "not managed", "missing"]


@dataclass(frozen=True, slots=True)
class Previewed:
    """A declared resource, how it stands, and its live session with its preview.

    ``drifted`` are the paths changed outside. ``session`` is None where none is live; ``members`` in it is how many are inside.
    ``why`` says why there is no ``preview_url``; ``trouble`` why the picture could not be fetched, ``file`` where it was saved.
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
