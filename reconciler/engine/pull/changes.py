"""What of a plan can be written back into manifests: the changes that somebody made outside, one wish for each field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reconciler.core.drift import drifted_part
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.plan_model import MISSING, Action, FieldChange, Plan
from reconciler.core.redacted_values import holds_hidden
from reconciler.core.resources import Address, Desired, Origin
from reconciler.core.value_diff import MISSING_VALUE, value_at
from reconciler.manifest.editing.operations import Edit

What = Literal["field", "name", "children", "secret", "missing"]


@dataclass(frozen=True, slots=True)
class LiveChange:
    """One thing that was changed outside: a field (its ``changes`` may be several places in it), the name, or all of it is gone.

    ``live_name`` is what the resource is called in the Space.
    """

    what: What
    action: Action
    desired: Desired
    field: str
    changes: tuple[FieldChange, ...]
    live_name: str

    @property
    def address(self) -> Address:
        """The resource as it is declared."""
        return self.action.address

    @property
    def key(self) -> tuple[Address, str]:
        """What tells this wish from every other."""
        return (self.address, self.field)

    @property
    def origin(self) -> Origin:
        """Where the value was written that differs by now."""
        field = {"name": "metadata.name", "missing": ""}.get(self.what, self.field)
        return self.desired.origins.get(field) or self.desired.origins[""]

    @property
    def conflicts(self) -> bool:
        """Whether the manifest was edited too since the last apply: writing the live value would lose that edit."""
        if self.what != "missing":
            return any(change.origin == "conflict" for change in self.changes)
        known, record = self.action.known, self.action.record
        return (
            known is not None
            and record is not None
            and (known.attributes, known.address) != (record.attributes, record.address)
        )

    def applied(self, change: FieldChange) -> Any:
        """What was last applied where ``change`` is, in canonical spelling."""
        known = self.action.known
        if self.what == "name":
            return known.address.name if known else None
        value = value_at(known.attributes.get(self.field) if known else None, change.steps)
        return None if value is MISSING_VALUE else value

    @property
    def live(self) -> Any:
        """The whole live value of the field, in canonical spelling."""
        return self.action.presumed.get(self.field)


@dataclass(frozen=True, slots=True)
class FileEdit:
    """Edits that bring some wishes into the files, what to say of it, and what to do where the first of them cannot be made."""

    wishes: tuple[LiveChange, ...]
    edits: tuple[tuple[str, Edit], ...]
    note: str = ""
    otherwise: tuple["FileEdit", ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A wish that was not written, and why."""

    wish: LiveChange
    why: str
    hint: str = ""


def _change_kind(kind: Kind, change: FieldChange) -> What:
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
    for field in dict.fromkeys(change.field for change in action.changes):
        changes = tuple(change for change in action.changes if change.field == field)
        what = max(
            (_change_kind(kind, change) for change in changes), key=lambda one: one == "secret"
        )
        yield LiveChange(what, action, desired, field, changes, live_name)


def live_changes(plan: Plan, desired: Sequence[Desired], kinds: Kinds) -> list[LiveChange]:
    """Everything that was changed outside of what is declared, resource by resource."""
    declared = {one.address: one for one in desired}
    # A ring of renames passes by a name that nobody has: the first action of an id has the name that is really there.
    names: dict[tuple[str, str | None], str] = {}
    for action in plan.actions:
        names.setdefault((action.address.kind, action.id), action.live_name or action.address.name)
    found = (action for action in drifted_part(plan).actions if action.address in declared)
    ordered = sorted(found, key=lambda action: action.address)
    return [
        wish
        for action in ordered
        for wish in _changes_of(
            action,
            declared[action.address],
            kinds[action.address.kind],
            names[action.address.kind, action.id],
        )
    ]


def selected_changes(
    wishes: Sequence[LiveChange], addresses: Mapping[Address, Any] | set[Address] | None
) -> list[LiveChange]:
    """The wishes of some resources (None: of all), called as they are declared or as the Space calls them."""
    if addresses is None:
        return list(wishes)
    return [
        wish
        for wish in wishes
        if wish.address in addresses or Address(wish.address.kind, wish.live_name) in addresses
    ]
