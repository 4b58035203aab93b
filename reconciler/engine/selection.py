"""Selects resources by name and label."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.errors import UsageError, all_of
from reconciler.core.kinds import Kinds, resources
from reconciler.core.resources import Address, Desired
from reconciler.core.text import did_you_mean
from reconciler.engine.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Selection:
    """Limits a command to named or labelled resources; ``prune`` includes deletions."""

    targets: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    prune: bool = True

    @property
    def document(self) -> dict[str, Any]:
        """The selection as JSON; empty if it excludes nothing."""
        flags: dict[str, Any] = {"targets": list(self.targets)} if self.targets else {}
        flags |= {"selectors": list(self.selectors)} if self.selectors else {}
        return flags if self.prune else flags | {"prune": False}

    @property
    def left_out(self) -> str:
        """What the selection excludes, in words; '' if nothing."""
        parts = [f"everything but {', '.join(self.targets)}"] if self.targets else []
        parts += (
            [f"everything without the label {', '.join(self.selectors)}"] if self.selectors else []
        )
        parts += ["deletions"] if not self.prune or self.selectors else []
        return "; ".join(parts)

    @property
    def flags(self) -> str:
        """The flags that select, as given."""
        return " ".join(
            [
                *(f"--target {one}" for one in self.targets),
                *(f"--selector {one}" for one in self.selectors),
            ]
        )


EVERYTHING = Selection()


def _labelled(desired: Sequence[Desired], selectors: Sequence[str]) -> set[Address]:
    # Not a dict: two values for one key must match no resource.
    wanted = [selector.partition("=")[::2] for selector in selectors]
    return {
        one.address for one in desired if all(one.labels.get(key) == value for key, value in wanted)
    }


def address_of(text: str, kinds: Kinds, *, among: Iterable[Address] = ()) -> Address:
    """Parse ``Room/lobby``. UsageError for an unknown kind; suggestions come from ``among``."""
    kind, separator, name = text.partition("/")
    known = [one.name for one in resources(kinds)]
    if not separator or not name:
        from reconciler.engine.suggestions import without_kind  # noqa: PLC0415  # only after an error

        raise without_kind(text, among)
    if kind not in known:
        raise UsageError(
            f"{text}: {kind!r} is not a kind of resource{did_you_mean(kind, known)}",
            hint=f"the kinds are {', '.join(known)}",
        )
    return Address(kind, name)


def addresses(texts: Iterable[str], kinds: Kinds, *, known: Collection[Address]) -> set[Address]:
    """Parse addresses. UsageError for an unknown one, with the nearest."""

    def parsed(text: str) -> Address:
        address = address_of(text, kinds, among=known)
        if address not in known:
            raise UsageError(
                f"{text} is neither declared nor managed{did_you_mean(text, map(str, known))}",
                hint="declare it in a manifest, or check the name: reconciler show lists all",
            )
        return address

    return set(all_of(*(partial(parsed, text) for text in texts)))


def _check_selector(selector: str) -> None:
    if "=" not in selector:
        raise UsageError(
            f"--selector {selector}: is not KEY=VALUE",
            hint="write a label and its value, such as --selector team=growth",
        )


def check_selection(workspace: Workspace, paths: tuple[str, ...], selection: Selection) -> None:
    """UsageError for all targets and selectors that have not the right form."""
    # A name without its kind gets suggestions, for which the manifests are read.
    bare = any("/" not in text for text in selection.targets)
    known: Collection[Address] = ()
    if bare:
        from reconciler.engine.suggestions import known_resources  # noqa: PLC0415  # likewise

        known = known_resources(workspace, paths)
    all_of(
        *(partial(address_of, text, workspace.kinds, among=known) for text in selection.targets),
        *(partial(_check_selector, text) for text in selection.selectors),
    )


def selected_addresses(
    selection: Selection, desired: Sequence[Desired], applied: Collection[Address], kinds: Kinds
) -> set[Address] | None:
    """Return the selected addresses; None for all."""
    if not selection.targets and not selection.selectors:
        return None
    all_of(*(partial(_check_selector, text) for text in selection.selectors))
    known = {one.address for one in desired}
    chosen = (
        _labelled(desired, selection.selectors) if selection.selectors else known | set(applied)
    )
    if selection.targets:
        chosen &= addresses(selection.targets, kinds, known=known | set(applied))
    if not chosen:
        from reconciler.engine.suggestions import nothing_selected  # noqa: PLC0415  # likewise

        raise nothing_selected(selection.flags, selection.selectors, desired)
    return chosen
