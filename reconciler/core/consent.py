"""Consent of the user who applies: for named resources, or for a number of a kind."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.resources import Address

# Above this number of one kind, messages and flags state the number instead of names.
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Allowed:
    """Resources that a consent names, and the number of each kind that it covers."""

    names: frozenset[Address] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)

    def lacking(self, asked: Sequence[Collection[Address]]) -> list[int]:
        """Return the indexes of ``asked`` without consent.

        Each item has one address, or the two of a rename. A number covers all items of its kind
        or none: one more than the user saw is not consented to.
        """
        kinds = [next(iter(addresses)).kind for addresses in asked]
        totals = Counter(kinds)
        indexes = []
        for index, (kind, addresses) in enumerate(zip(kinds, asked, strict=True)):
            is_named = not self.names.isdisjoint(addresses)
            if not is_named and totals[kind] > self.counts.get(kind, 0):
                indexes.append(index)
        return indexes


_NOTHING = Allowed()
Given = Allowed | Collection[Address | str] | Mapping[str, int]


def _address(text: str) -> Address:
    kind, _, name = text.partition("/")
    if not kind or not name:
        raise TypeError(f"a consent names resources as KIND/NAME, and {text!r} is not one")
    return Address(kind, name)


def allowed(given: Given) -> Allowed:
    """Convert a consent given by a program: addresses or ``Room/a``, or numbers by kind.

    TypeError for anything else: True would consent to resources that were never shown.
    """
    if isinstance(given, Allowed):
        return given
    if isinstance(given, bool | str) or not isinstance(given, Collection):
        raise TypeError(
            f"a consent names resources ([\"Room/a\"]) or numbers by kind ({{'Room': 3}}),"
            f" and is not {given!r}"
        )
    if isinstance(given, Mapping):
        return Allowed(counts=dict(given))
    return Allowed(frozenset(one if isinstance(one, Address) else _address(one) for one in given))


@dataclass(frozen=True, slots=True)
class Consent:
    """Everything the user consents to in one run.

    Each holds addresses (``["Room/a"]``, or Address values) or numbers by kind (``{"Room": 3}``).
    ``allow_delete`` and ``allow_update`` lift the limits of mass changes for exactly these.
    ``asks`` says that the run shows the plan and asks before it writes.
    """

    adopt: Given = _NOTHING
    allow_live: Given = _NOTHING
    allow_delete: Given = _NOTHING
    allow_update: Given = _NOTHING
    delete_all: bool = False
    asks: bool = False

    def __post_init__(self) -> None:
        """Convert the fields now, so that a TypeError comes from the caller's own line."""
        for name in ("adopt", "allow_live", "allow_delete", "allow_update"):
            object.__setattr__(self, name, allowed(getattr(self, name)))
