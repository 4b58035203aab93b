"""Frozen values of a plan and its results: FieldChange, Action, Plan, Outcome."""

from collections.abc import Mapping
from typing import Any, Literal

from reconciler.core.deferred_dataclass import built_often, dataclass, field
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import Address, Applied, AppliedChild, Attributes, Origin, path_text

Verb = Literal["create", "update", "rename", "adopt", "delete"]
VERBS: tuple[Verb, ...] = ("create", "update", "rename", "adopt", "delete")
SHOWN_ORDER: tuple[Verb, ...] = ("delete", "rename", "adopt", "create", "update")
ChangeOrigin = Literal["manifest", "drift", "conflict", "released"]
Status = Literal["done", "failed", "unknown", "skipped"]


@built_often
@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs. ``before`` and ``after`` are canonical; None means "not set".

    ``steps`` lead to a place inside an object field (``meta.team`` has the steps ``("team",)``).
    A path such as ``streams[0]`` is a sub-resource: ``child`` is its list, ``child_id`` its id
    (None before creation), ``before`` and ``after`` are its attributes (None: absent).
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
        """The top-level field of the change (``meta`` of ``meta.team``)."""
        return self.child or self.path[: len(self.path) - len(path_text("", self.steps))]

    @property
    def live_child_id(self) -> str:
        """The id of the sub-resource, which all have but a new one."""
        assert self.child_id is not None
        return self.child_id


class Interruption(NamedTuple):
    """A change that ends or cuts a live session.

    With ``most``, only if more members than that are present.
    """

    path: str
    most: int | None = None


@built_often
@dataclass(frozen=True, slots=True)
class Action:
    """One action on one resource, and the live value that it presumes.

    ``live_name`` is the resource's name in the Space (it differs in a rename, or after one
    outside), ``known`` its record. ``updated_at`` is the live resource's last change, if known.
    A deletion has ``renamed_to_by``, the resource whose ``renamedFrom`` names this one although
    both exist, and ``foreign_children``, the unmanaged children it would delete, per list.
    ``body`` holds the API fields to send (canonical; None unsets), ``presumed`` their live values;
    of a deletion ``presumed`` holds every field, ``presumed_children`` the sub-resources.
    ``record`` is the state's record afterwards; the executor fills in new ids. None of these
    appears in any output. ``interrupts`` are the changes that disturb a live session;
    ``session_unread`` says why it is unknown whether there is one. ``room_ids`` are further ids by
    which a session may name the resource. ``at_risk`` are the live fields whose loss an update
    would show (``fields_at_risk``).
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
    renamed_to_by: Address | None = None
    foreign_children: tuple[tuple[str, int], ...] = ()
    body: Attributes = field(default_factory=dict)
    presumed: Attributes = field(default_factory=dict)
    record: Applied | None = None
    updated_at: str | None = None
    presumed_children: Mapping[str, tuple[AppliedChild, ...]] = field(default_factory=dict)
    interrupts: tuple[Interruption, ...] = ()
    session_unread: str = ""
    room_ids: tuple[str, ...] = ()
    at_risk: frozenset[str] = frozenset()

    @property
    def live_id(self) -> str:
        """The id of the resource, which every action has but a creation."""
        assert self.id is not None
        return self.id

    @property
    def renames(self) -> bool:
        """Whether the action changes the resource's name."""
        return (
            self.action != "delete"
            and self.live_name is not None
            and self.live_name != self.address.name
        )

    @property
    def may_disturb(self) -> bool:
        """Whether members of a live session could notice; it depends on the session."""
        return self.action == "delete" or self.renames or bool(self.interrupts)

    @property
    def interrupts_session(self) -> bool:
        """Whether members of the known session would notice."""
        return self.action == "delete" or self.renames or bool(self.interrupting(self.session))

    def interrupting(self, session: Attributes | None) -> tuple[str, ...]:
        """Return the paths that interrupt ``session``, given its number of members if known."""
        present = (session or {}).get("members")
        known = present if isinstance(present, int) and not isinstance(present, bool) else None
        return tuple(
            one.path
            for one in self.interrupts
            if one.most is None or known is None or one.most < known
        )

    @property
    def drifted(self) -> bool:
        """Whether the resource was changed outside since the last apply."""
        return any(
            change.origin in ("drift", "conflict") for change in self.changes
        ) or self.reason in (MISSING, REPLACED)


MISSING = "deleted outside"
NOT_DECLARED = "no longer declared"
REPLACED = "deleted and recreated outside (new id)"


class LeftAsIs(NamedTuple):
    """A released field without a documented default: it keeps ``value`` and is unmanaged."""

    address: Address
    field: str
    value: Any


class SameRoom(NamedTuple):
    """Another resource that is the same room, ``proven`` by ids or possible by name."""

    other: Address
    proven: bool
    managed: bool


class PassedOver(NamedTuple):
    """A rename from ``old`` that ``address`` asks for and that is skipped, and the reason."""

    address: Address
    old: Address
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All actions in order. Equal input gives an equal Plan, byte for byte.

    ``record_updates`` are better records of unchanged resources (a field newly declared with its
    live value, protection, a new name). ``record_removals`` are outdated records: missing from
    manifests and Space, or renamed in both. ``protection`` says whose protection begins (true) or
    ends. ``suggestions`` are pairs (old, new) of a deletion and a creation that look like a rename.
    ``declared`` counts the resources in the manifests, ``managed`` the recorded ones of each kind
    that exist, ``missing`` those that do not. ``ids`` holds every listed or recorded id in lower
    case: a new resource has none of them. ``left_as_is`` are released fields that keep their live
    value, ``passed_over`` skipped renames. ``elsewhere`` names the other state that manages a
    resource which this plan would adopt or delete. ``unread`` are kinds that the credentials may
    not read: their unmanaged resources are unknown. ``same_rooms`` are adoptions and deletions that
    would treat one room as two.
    """

    space: str
    project: str
    actions: tuple[Action, ...]
    noop: int
    unmanaged: tuple[Address, ...]
    record_updates: tuple[Applied, ...] = ()
    record_removals: tuple[Applied, ...] = ()
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
    same_rooms: Mapping[Address, SameRoom] = field(default_factory=dict)

    @property
    def remembers(self) -> bool:
        """Whether the record of unchanged or missing resources changes (a protection, a name)."""
        return bool(self.record_updates or self.record_removals)

    @property
    def has_effect(self) -> bool:
        """Whether to apply this plan changes anything, in the Space or in the record.

        A plan without actions may have to be applied all the same: a protection that is not
        recorded does not protect.
        """
        return bool(self.actions) or self.remembers

    @property
    def needs_apply(self) -> bool:
        """Whether a user has something to apply: an action, a protection or a changed name.

        Values that the Space has as declared are recorded by the next apply, without urgency.
        """
        return bool(self.actions or self.protection or self.renamed)

    @property
    def renamed(self) -> tuple[tuple[Address, Address], ...]:
        """Pairs (recorded, new) of resources renamed both outside and in the manifests."""
        now = {record.key: record.address for record in self.record_updates}
        known = ((record.address, now.get(record.key)) for record in self.record_removals)
        return tuple((old, new) for old, new in known if new is not None)

    @property
    def recorded(self) -> tuple[Address, ...]:
        """Unchanged resources of which apply records more than before, other than protection."""
        told = {address for address, _ in self.protection} | {new for _, new in self.renamed}
        return tuple(one.address for one in self.record_updates if one.address not in told)

    @property
    def gone(self) -> tuple[Address, ...]:
        """Addresses that are recorded, but neither declared nor in the Space."""
        renamed = {old for old, _ in self.renamed}
        return tuple(
            record.address for record in self.record_removals if record.address not in renamed
        )

    @property
    def summary(self) -> dict[str, int]:
        """The number of actions by verb, then noop, drifted and unmanaged, in contract order."""
        counts: dict[str, int] = dict.fromkeys(VERBS, 0)
        for action in self.actions:
            counts[action.action] += 1
        drifted = sum(action.drifted for action in self.actions)
        return {**counts, "noop": self.noop, "drifted": drifted, "unmanaged": len(self.unmanaged)}


@built_often
@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one Action.

    ``unsettled`` are fields whose answer differs from the request, ``id`` the created resource.
    ``moved`` are fields that a PUT changed without being asked, with the old value in ``before``.
    ``notes`` are further sentences for the user. ``refused`` says that the Space rejected the
    values: a retry would fail as well.
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
