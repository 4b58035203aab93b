"""The nouns of the house: frozen, plain values that every room passes on and none changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from reconciler.core.declared import Address, Attributes, Origin, path_text

Verb = Literal["create", "update", "rename", "adopt", "delete"]
ChangeOrigin = Literal["manifest", "drift", "conflict", "released"]
Status = Literal["done", "failed", "unknown", "skipped"]


@dataclass(frozen=True, slots=True)
class Live:
    """A resource as the Space has it: the answer's own fields, and its sub-resources where they were read."""

    address: Address
    id: str
    attributes: Attributes
    children: Mapping[str, tuple["Live", ...]] = field(default_factory=dict)
    session: Attributes | None = None


@dataclass(frozen=True, slots=True)
class AppliedChild:
    """A sub-resource that we made: its id and its attributes in canonical spelling, secrets sealed."""

    id: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Applied:
    """A resource as we last wrote it: canonical spelling, secrets sealed, declared fields only.

    ``renamed_from`` is the rename that was carried out, ``heading`` the name that it is on its way to in the middle of one.
    """

    address: Address
    id: str
    attributes: Attributes
    children: Mapping[str, tuple[AppliedChild, ...]] = field(default_factory=dict)
    protect: bool = False
    renamed_from: str | None = None
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs. ``before`` and ``after`` are canonical values; None stands for 'not set'.

    ``steps`` lead to a place inside an object field (``meta.team`` has the steps ``("team",)``).
    A path such as ``streams[0]`` names a sub-resource: there ``child`` is its list, ``child_id`` its id in the
    Space (None where it is to be made), and ``before``/``after`` are its attributes (None: not there).
    """

    path: str
    before: Any
    after: Any
    origin: ChangeOrigin
    declared_at: Origin | None = None
    child: str | None = None
    child_id: str | None = None
    steps: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """The top-level field that the change is in (``meta`` of ``meta.team``)."""
        return self.child or self.path[: len(self.path) - len(path_text("", self.steps))]


class Interruption(NamedTuple):
    """A change that ends or cuts a live session: its path, and where ``most`` is given only if more members than that are there."""

    path: str
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that apply would do to one resource, and the live value that it presumes.

    ``live_name`` is the name that the resource bears in the Space (it differs where it is renamed, or was outside),
    ``known`` what the state says of it; ``claimed_by`` names, at a
    deletion, the resource that says it is renamed from this one and cannot be, since it exists beside it, ``strangers`` how
    many sub-resources of which list would go with it that this tool did not make.
    ``body`` holds the API fields to send (canonical; None unsets), ``presumed`` what the Space had in them,
    ``record`` what the state will say once it is done
    (its id and the ids of new sub-resources are filled in by the executor). None of these is part of any output.
    ``updated_at`` is when the live resource was last changed, where the Space tells it. Of a deletion ``presumed`` holds
    every field that was read, and ``presumed_children`` its sub-resources.
    ``interrupts`` are the changes that a live session would not survive unharmed; ``session_unread`` says why it is
    not known whether there is one ('' where it is).
    """

    action: Verb
    address: Address
    id: str | None
    changes: tuple[FieldChange, ...] = ()
    fingerprint: str | None = None
    session: Attributes | None = None
    protect: bool = False
    reason: str = ""
    live_name: str | None = None
    known: Applied | None = None
    claimed_by: Address | None = None
    strangers: tuple[tuple[str, int], ...] = ()
    body: Attributes = field(default_factory=dict)
    presumed: Attributes = field(default_factory=dict)
    record: Applied | None = None
    updated_at: str | None = None
    presumed_children: Mapping[str, tuple[AppliedChild, ...]] = field(default_factory=dict)
    interrupts: tuple[Interruption, ...] = ()
    session_unread: str = ""

    @property
    def renames(self) -> bool:
        """Whether it gives the resource another name."""
        return self.action != "delete" and self.live_name is not None and self.live_name != self.address.name

    @property
    def may_disturb(self) -> bool:
        """Whether people in a live session could notice: who they are decides."""
        return self.action == "delete" or self.renames or bool(self.interrupts)

    @property
    def disturbs(self) -> bool:
        """Whether people in the live session, as it is known, would notice: it deletes, renames or interrupts."""
        return self.action == "delete" or self.renames or bool(self.interrupting(self.session))

    def interrupting(self, session: Attributes | None) -> tuple[str, ...]:
        """The paths whose change interrupts ``session``; how many members it has counts where that is known."""
        present = (session or {}).get("members")
        known = present if isinstance(present, int) and not isinstance(present, bool) else None
        return tuple(one.path for one in self.interrupts if one.most is None or known is None or one.most < known)

    @property
    def drifted(self) -> bool:
        """Whether somebody changed this resource outside since the last apply."""
        return any(change.origin in ("drift", "conflict") for change in self.changes) or self.reason in (MISSING, REPLACED)


MISSING = "deleted outside"
NOT_DECLARED = "no longer declared"
REPLACED = "deleted and made again outside: another id"


class LeftAsIs(NamedTuple):
    """A field that is declared no longer, has no documented default, and so keeps the live ``value``; it is managed no longer."""

    address: Address
    field: str
    value: Any


class PassedOver(NamedTuple):
    """A rename that ``address`` asks for, from ``old``, and that would not be done; ``reason`` says why."""

    address: Address
    old: Address
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What apply would do, in order; the same input gives the same Plan, byte for byte.

    ``remember`` holds records of unchanged resources that the state should know better (a field newly declared with
    its live value, protection, a new name), ``forgotten`` records of the state that hold no longer: what is gone from both
    manifests and Space, and the old names of what bears a new one in both.
    ``protection`` tells whose protection begins (true) or ends once this is applied.
    ``suggestions`` are pairs (old, new) of a deletion and a creation that look like a rename. ``declared`` is the number
    of resources in the manifests, ``managed`` that of recorded ones of each kind that are still there, ``missing`` that of
    those that are not. ``ids`` are those of all that is listed or recorded, in lower case: nothing new has one of them.
    ``left_as_is`` are fields that are declared no longer and keep their live value, ``passed_over`` renames that are not done.
    ``elsewhere`` says of what would be adopted which other record of the same Space holds it. ``unread`` are kinds that the
    credentials may not read: what is unmanaged there is not known.
    """

    space: str
    project: str
    actions: tuple[Action, ...]
    noop: int
    unmanaged: tuple[Address, ...]
    remember: tuple[Applied, ...] = ()
    forgotten: tuple[Applied, ...] = ()
    protection: tuple[tuple[Address, bool], ...] = ()
    declared: int = 0
    suggestions: tuple[tuple[Address, Address], ...] = ()
    managed: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()
    left_as_is: tuple[LeftAsIs, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    elsewhere: Mapping[Address, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @property
    def renamed(self) -> tuple[tuple[Address, Address], ...]:
        """Pairs (recorded, now) of what was renamed outside and is declared by its new name: nothing is to be sent for it."""
        now = {(record.address.kind, record.id): record.address for record in self.remember}
        known = ((record.address, now.get((record.address.kind, record.id))) for record in self.forgotten)
        return tuple((old, new) for old, new in known if new is not None)

    @property
    def gone(self) -> tuple[Address, ...]:
        """What is recorded, and is in neither the manifests nor the Space any more."""
        renamed = {old for old, _ in self.renamed}
        return tuple(record.address for record in self.forgotten if record.address not in renamed)

    @property
    def summary(self) -> dict[str, int]:
        """The counts of the contract, in its order."""
        verbs: tuple[Verb, ...] = ("create", "update", "rename", "adopt", "delete")
        counts: dict[str, int] = {verb: sum(action.action == verb for action in self.actions) for verb in verbs}
        drifted = sum(action.drifted for action in self.actions)
        return {**counts, "noop": self.noop, "drifted": drifted, "unmanaged": len(self.unmanaged)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one Action. ``unsettled`` names fields whose answer differs from what was asked, ``id`` what was made.

    ``moved`` names fields that a PUT moved though nobody asked for it, with the old value in ``before``; ``notes`` are sentences
    on what else came of it.
    ``refused`` says that the Space took it for wrong, and would again: it is not mended by trying once more.
    """

    action: Action
    status: Status
    error: str = ""
    hint: str = ""
    unsettled: tuple[FieldChange, ...] = ()
    id: str | None = None
    refused: bool = False
    moved: tuple[FieldChange, ...] = ()
    notes: tuple[str, ...] = ()
