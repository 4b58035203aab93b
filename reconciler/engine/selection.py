"""What of everything a command is about: names, labels, and whether deletions are part of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.core.errors import UsageError
from reconciler.core.kinds import Kinds, resources
from reconciler.core.resources import Address, Desired
from reconciler.core.text import did_you_mean
from reconciler.engine.suggestions import nothing_selected, without_kind


@dataclass(frozen=True, slots=True)
class Selection:
    """What of everything a command is about: named resources, labels, and whether deletions are part of it."""

    targets: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    prune: bool = True

    @property
    def document(self) -> dict[str, Any]:
        """The same as JSON values; empty where nothing is kept out."""
        flags: dict[str, Any] = {"targets": list(self.targets)} if self.targets else {}
        flags |= {"selectors": list(self.selectors)} if self.selectors else {}
        return flags if self.prune else flags | {"prune": False}

    @property
    def left_out(self) -> str:
        """What these flags keep out of a plan, in words; empty where nothing is."""
        parts = [f"everything but {', '.join(self.targets)}"] if self.targets else []
        parts += (
            [f"everything without the label {', '.join(self.selectors)}"] if self.selectors else []
        )
        parts += ["deletions"] if not self.prune or self.selectors else []
        return "; ".join(parts)

    @property
    def flags(self) -> str:
        """The flags that choose, as they were given."""
        return " ".join(
            [
                *(f"--target {one}" for one in self.targets),
                *(f"--selector {one}" for one in self.selectors),
            ]
        )


EVERYTHING = Selection()


def _labelled(desired: Sequence[Desired], selectors: Sequence[str]) -> set[Address]:
    wanted = [
        selector.partition("=")[::2] for selector in selectors
    ]  # one key with two values is what no resource has
    return {
        one.address for one in desired if all(one.labels.get(key) == value for key, value in wanted)
    }


def address_of(text: str, kinds: Kinds, *, among: Iterable[Address] = ()) -> Address:
    """``Room/lobby`` as an Address. UsageError where it is not one of a known kind; ``among`` is what may be meant."""
    kind, separator, name = text.partition("/")
    known = [one.name for one in resources(kinds)]
    if not separator or not name:
        raise without_kind(text, among)
    if kind not in known:
        raise UsageError(f"{kind!r} is not a kind of resource{did_you_mean(kind, known)}")
    return Address(kind, name)


def addresses(texts: Iterable[str], kinds: Kinds, *, known: Collection[Address]) -> set[Address]:
    """The addresses that ``texts`` name. UsageError for one that nobody knows, with the nearest."""
    found = set()
    for text in texts:
        address = address_of(text, kinds, among=known)
        if address not in known:
            raise UsageError(
                f"{text} is neither declared nor managed{did_you_mean(text, map(str, known))}"
            )
        found.add(address)
    return found


def selected_addresses(
    selection: Selection, desired: Sequence[Desired], applied: Collection[Address], kinds: Kinds
) -> set[Address] | None:
    """The addresses that the plan is about; None for all."""
    if not selection.targets and not selection.selectors:
        return None
    for selector in selection.selectors:
        if "=" not in selector:
            raise UsageError(f"--selector {selector}: write it as KEY=VALUE")
    known = {one.address for one in desired}
    chosen = (
        _labelled(desired, selection.selectors) if selection.selectors else known | set(applied)
    )
    if selection.targets:
        chosen &= addresses(selection.targets, kinds, known=known | set(applied))
    if not chosen:
        raise nothing_selected(selection.flags, selection.selectors, desired)
    return chosen
