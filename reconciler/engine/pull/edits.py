"""Chooses the document to edit: the fragment if all its users drifted alike, else the resource."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.export import literal
from reconciler.core.kinds import Kinds
from reconciler.core.resources import SECRET_TEXT, Address, Applied, Desired, Origin, Secret
from reconciler.core.value_diff import MISSING_VALUE, value_at
from reconciler.engine.pull.changes import FileEdit, LiveChange, Skipped, renamed_addresses
from reconciler.manifest.document import Path
from reconciler.manifest.editing.operations import Drop, Edit, Put, Remove
from reconciler.manifest.editing.source_map import (
    DocumentRef,
    SourceMap,
    fits,
    patched,
    path_of,
)
from reconciler.manifest.formatting.key_order import field_order
from reconciler.space.paths import is_name

_MOST_NAMED = 5
_METADATA = ("name", "labels", "renamedFrom", "protect")


@dataclass(frozen=True, slots=True)
class PullContext:
    """Files, declared resources, all changes, records, and declined changes.

    ``users`` holds, for a field and the place of its value, all resources with that value.
    """

    kinds: Kinds
    manuscript: SourceMap
    declared: Collection[Address]
    users: Mapping[tuple[str, Origin], Sequence[Desired]]
    wishes: Mapping[tuple[Address, str], LiveChange]
    recorded: Mapping[Address, Applied]
    declined: Collection[tuple[Address, str]]


def users_of(desired: Iterable[Desired]) -> dict[tuple[str, Origin], list[Desired]]:
    """Return, for each field and place of a value, the resources that take it from there."""
    found: dict[tuple[str, Origin], list[Desired]] = {}
    for one in desired:
        for field, origin in one.origins.items():
            found.setdefault((field, origin), []).append(one)
    return found


def _own(ground: PullContext, wish: LiveChange) -> DocumentRef:
    return ground.manuscript.spot(wish.desired.origins[""].place)


def _nullable(ground: PullContext, wish: LiveChange) -> bool:
    return fits(ground.kinds[wish.address.kind], ground.kinds, wish.field, None)


def _edits(
    ground: PullContext, wish: LiveChange, spot: DocumentRef, path: Path
) -> Iterator[Put | Remove]:
    """Return the edits that set the value at ``path`` to the live one, as far as it changed."""
    siblings = field_order(ground.kinds[wish.address.kind])
    for change in wish.changes:
        there = value_at(wish.live, change.steps) if change.steps else wish.live
        if there is MISSING_VALUE or (
            there is None and not change.steps and not _nullable(ground, wish)
        ):
            yield Remove(spot.document, (*path, *change.steps))
        else:
            yield Put(spot.document, (*path, *change.steps), literal(there), siblings)


def _signature(wish: LiveChange) -> str:
    """Return a key that is equal for equal changes."""
    return json.dumps(
        [[change.steps, change.before] for change in wish.changes], sort_keys=True, default=str
    )


def _agreeing(ground: PullContext, wish: LiveChange) -> list[LiveChange] | None:
    """Return the same change of all users of the place; None if one differs."""
    found = []
    for user in ground.users[wish.field, wish.origin]:
        key = (user.address, wish.field)
        other = ground.wishes.get(key)
        if other is None or key in ground.declined or _signature(other) != _signature(wish):
            return None
        found.append(other)
    return found


def _override(ground: PullContext, wish: LiveChange, *, why: str) -> FileEdit | Skipped:
    """Return the value for the resource itself: the fragment's, with the differences applied."""
    fragment = ground.manuscript.spot(wish.origin.place)
    path = path_of(fragment, wish.field, ground.kinds)
    value = patched(fragment.value, path, list(_edits(ground, wish, fragment, path)))
    if value is MISSING_VALUE:
        return Skipped(
            wish,
            f"it is not set in the Space, and its value comes from {wish.origin.via}",
            "change it by hand",
        )
    own = _own(ground, wish)
    edit = Put(
        own.document, ("spec", wish.field), value, field_order(ground.kinds[wish.address.kind])
    )
    return FileEdit((wish,), ((own.source.name, edit),), f"set on {wish.address} itself: {why}")


def _placed(name: str, edits: Iterator[Put | Remove]) -> tuple[tuple[str, Edit], ...]:
    return tuple((name, edit) for edit in edits)


def _field(ground: PullContext, wish: LiveChange) -> FileEdit | Skipped:
    kind = ground.kinds[wish.address.kind]
    if wish.live is not None and not fits(kind, ground.kinds, wish.field, wish.live):
        return Skipped(wish, "the live value cannot be written in a manifest", "apply sets it back")
    if not wish.origin.via:
        own = _own(ground, wish)
        edits = _edits(ground, wish, own, ("spec", wish.field))
        return FileEdit((wish,), _placed(own.source.name, edits))
    return _shared_field(ground, wish)


def _shared_field(ground: PullContext, wish: LiveChange) -> FileEdit | Skipped:
    """Edit the fragment that the value comes from, if all its users agree; else override it."""
    via, users = wish.origin.via, _agreeing(ground, wish)
    if users is None:
        return _override(ground, wish, why=f"others that use {via} have another value")
    spot = ground.manuscript.spot(wish.origin.place)
    edits = _edits(ground, wish, spot, path_of(spot, wish.field, ground.kinds))
    named = ", ".join(str(user.address) for user in users[:_MOST_NAMED])
    if len(users) > _MOST_NAMED:
        named += f" and {len(users) - _MOST_NAMED} more"
    fallbacks = []
    for user in users:
        override = _override(ground, user, why=f"{via} cannot be changed here")
        if isinstance(override, FileEdit):
            fallbacks.append(override)
    return FileEdit(
        tuple(users),
        _placed(spot.source.name, edits),
        f"in {via}, for {named}",
        tuple(fallbacks),
    )


def _name(
    ground: PullContext,
    wish: LiveChange,
    renames: Mapping[Address, Address],
    dropped: Collection[Address],
) -> FileEdit | Skipped:
    new = renames[wish.address]
    if not is_name(new.name):
        return Skipped(
            wish, "its name in the Space is not allowed in a manifest", "rename it in the Space"
        )
    if new in ground.declared and new not in renames and new not in dropped:
        return Skipped(
            wish,
            f"{new} is declared already",
            f"rename {new} or the resource that was renamed outside",
        )
    if new in ground.recorded and new not in renames:
        return Skipped(
            wish,
            f"the state still has another {new}",
            f"remove that entry first: reconciler state rm {new}",
        )
    own = _own(ground, wish)
    # By id: in a ring of renames the action presumes a record that the ring makes on its way.
    known = next(
        (record.address.name for record in ground.recorded.values() if record.id == wish.action.id),
        wish.address.name,
    )
    edits: list[Edit] = [Put(own.document, ("metadata", "name"), literal(new.name), _METADATA)]
    if new in ground.recorded or wish.address in renames.values():
        edits.append(Put(own.document, ("metadata", "renamedFrom"), known, _METADATA))
    return FileEdit((wish,), tuple((own.source.name, edit) for edit in edits))


def _missing(ground: PullContext, wish: LiveChange) -> FileEdit:
    own = _own(ground, wish)
    return FileEdit((wish,), ((own.source.name, Drop(own.document)),), "deleted outside: dropped")


def _unwritten(kinds: Kinds, wish: LiveChange) -> tuple[str, str]:
    child = kinds.get(kinds[wish.address.kind].children.get(wish.field, ""))
    if child is not None and not child.secret:
        return (
            "lists of sub-resources are not written",
            "change the list by hand, or let apply set it back",
        )
    written = next(
        (change.after.shown for change in wish.changes if isinstance(change.after, Secret)),
        SECRET_TEXT,
    )
    if child is None and written != SECRET_TEXT:
        return (
            f"the manifest has {written} here, which pull keeps",
            "give that variable the new value, or let apply set the old one back",
        )
    return (
        "secrets are never written into manifests",
        "change the variable or the list by hand, or let apply set it back",
    )


def _decision(
    ground: PullContext,
    wish: LiveChange,
    renames: Mapping[Address, Address],
    dropped: Collection[Address],
) -> FileEdit | Skipped:
    if wish.what == "missing":
        return _missing(ground, wish)
    if wish.what == "name":
        return _name(ground, wish, renames, dropped)
    if wish.what == "field":
        return _field(ground, wish)
    return Skipped(wish, *_unwritten(ground.kinds, wish))


def decisions(
    ground: PullContext, accepted: Sequence[LiveChange]
) -> tuple[list[FileEdit], list[Skipped]]:
    """Return the edits that write ``accepted``, and the changes that cannot be written."""
    steps: list[FileEdit] = []
    left: list[Skipped] = []
    renames = renamed_addresses(accepted)
    dropped = {wish.address for wish in accepted if wish.what == "missing"}
    done: set[tuple[Address, str]] = set()
    for wish in accepted:
        if wish.key in done:
            continue
        decision = _decision(ground, wish, renames, dropped)
        if isinstance(decision, Skipped):
            left.append(decision)
        else:
            steps.append(decision)
            done |= {one.key for one in decision.wishes}
    return steps, left
