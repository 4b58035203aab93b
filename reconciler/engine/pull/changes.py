"""Drifted fields that pull can write into manifests."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.drift import drifted_part
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.plan_model import MISSING, Action, FieldChange, Plan
from reconciler.core.redacted_values import holds_hidden
from reconciler.core.resources import Address, Desired, Origin
from reconciler.core.value_diff import MISSING_VALUE, value_at
from reconciler.manifest.editing.operations import Edit

_What = Literal["field", "name", "children", "secret", "missing"]


@dataclass(frozen=True, slots=True)
class LiveChange:
    """One outside change: a field (``changes`` are places in it), the name, or a deletion.

    ``live_name`` is the resource's name in the Space.
    """

    what: _What
    action: Action
    desired: Desired
    field: str
    changes: tuple[FieldChange, ...]
    live_name: str

    @property
    def address(self) -> Address:
        """The resource as declared."""
        return self.action.address

    @property
    def key(self) -> tuple[Address, str]:
        """The identity of the change."""
        return (self.address, self.field)

    @property
    def origin(self) -> Origin:
        """Where the differing value was written."""
        field = {"name": "metadata.name", "missing": ""}.get(self.what, self.field)
        return self.desired.origins.get(field) or self.desired.origins[""]

    @property
    def conflicts(self) -> bool:
        """Whether the manifest changed too since the last apply: a pull would lose that edit."""
        if self.what != "missing":
            return any(change.origin == "conflict" for change in self.changes)
        known, record = self.action.known, self.action.record
        return (
            known is not None
            and record is not None
            and (known.attributes, known.address) != (record.attributes, record.address)
        )

    def applied(self, change: FieldChange) -> Any:
        """The last applied value at ``change``, in canonical form."""
        known = self.action.known
        if self.what == "name":
            return known.address.name if known else None
        value = value_at(known.attributes.get(self.field) if known else None, change.steps)
        return None if value is MISSING_VALUE else value

    @property
    def live(self) -> Any:
        """The whole live value of the field, in canonical form."""
        return self.action.presumed.get(self.field)


@dataclass(frozen=True, slots=True)
class FileEdit:
    """Edits that write some changes, their description, and a fallback if the first edit fails."""

    wishes: tuple[LiveChange, ...]
    edits: tuple[tuple[str, Edit], ...]
    note: str = ""
    otherwise: tuple["FileEdit", ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A change that was not written, and why."""

    wish: LiveChange
    why: str
    hint: str = ""


def _change_kind(kind: Kind, change: FieldChange) -> _What:
    if holds_hidden(change.before) or holds_hidden(change.after):
        return "children" if change.child is not None else "secret"
    if change.child is not None:
        return "children"
    if change.field in kind.secret:
        return "secret"
    return "field" if change.field in kind.attributes else "name"


def _changes_of(
    action: Action, desired: Desired, kind: Kind, live_name: str
) -> Iterator[LiveChange]:
    if action.reason == MISSING:
        yield LiveChange("missing", action, desired, "", (), live_name)
        return
    by_field: dict[str, list[FieldChange]] = {}
    for change in action.changes:
        by_field.setdefault(change.field, []).append(change)
    for field, changes in by_field.items():
        kinds_of_change = [_change_kind(kind, change) for change in changes]
        # One secret part makes the whole field secret.
        what = "secret" if "secret" in kinds_of_change else kinds_of_change[0]
        yield LiveChange(what, action, desired, field, tuple(changes), live_name)


def renamed_addresses(changes: Iterable[LiveChange]) -> dict[Address, Address]:
    """Return the addresses in the Space of the resources that were renamed there."""
    renamed = {}
    for change in changes:
        if change.what == "name":
            renamed[change.address] = Address(change.address.kind, change.live_name)
    return renamed


def live_changes(plan: Plan, desired: Sequence[Desired], kinds: Kinds) -> list[LiveChange]:
    """Return all outside changes to declared resources, resource by resource."""
    declared = {one.address: one for one in desired}
    # A cycle of renames uses temporary names: only the first action of an id has the live name.
    names: dict[tuple[str, str | None], str] = {}
    for action in plan.actions:
        names.setdefault((action.address.kind, action.id), action.live_name or action.address.name)
    found = (action for action in drifted_part(plan).actions if action.address in declared)
    ordered = sorted(found, key=lambda action: action.address)
    changes: list[LiveChange] = []
    for action in ordered:
        live_name = names[action.address.kind, action.id]
        kind = kinds[action.address.kind]
        changes += _changes_of(action, declared[action.address], kind, live_name)
    return changes


def selected_changes(
    wishes: Sequence[LiveChange], addresses: Mapping[Address, Any] | set[Address] | None
) -> list[LiveChange]:
    """Return the changes of some resources (None: all), by declared or live name."""
    if addresses is None:
        return list(wishes)
    return [
        wish
        for wish in wishes
        if wish.address in addresses or Address(wish.address.kind, wish.live_name) in addresses
    ]
