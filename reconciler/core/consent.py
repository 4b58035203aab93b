"""What a consent is for: named resources, or so many of a kind; never whatever there is."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.core.resources import Address

# More than these of one kind are shown, and consented to, by their number.
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Allowed:
    """The resources that a consent names, and how many of a kind it is for."""

    names: frozenset[Address] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)

    def lacking(self, asked: Sequence[Collection[Address]]) -> list[int]:
        """Which of ``asked`` this does not cover, by index; each has one address, or the two of a rename.

        A number covers all that are asked for of its kind, or none: one more than was shown is not consented to.
        """
        kinds = [next(iter(addresses)).kind for addresses in asked]
        numbers = Counter(kinds)
        return [
            index
            for index, (kind, addresses) in enumerate(zip(kinds, asked, strict=True))
            if self.names.isdisjoint(addresses) and numbers[kind] > self.counts.get(kind, 0)
        ]


NOTHING = Allowed()
Given = Allowed | Collection[Address | str] | Mapping[str, int]


def allowed(given: Given) -> Allowed:
    """A consent as it may be given by a program: addresses, as values or as ``Room/a``, or numbers by kind.

    TypeError where it is neither: True consents to nothing that was shown.
    """
    if isinstance(given, Allowed):
        return given
    if isinstance(given, bool | str) or not isinstance(given, Collection):
        raise TypeError(
            f"a consent names resources ([\"Room/a\"]) or numbers by kind ({{'Room': 3}}), and is not {given!r}"
        )
    if isinstance(given, Mapping):
        return Allowed(counts=dict(given))
    return Allowed(frozenset(one if isinstance(one, Address) else _address(one) for one in given))


def _address(text: str) -> Address:
    kind, _, name = text.partition("/")
    if not kind or not name:
        raise TypeError(f"a consent names resources as KIND/NAME, and {text!r} is not one")
    return Address(kind, name)
