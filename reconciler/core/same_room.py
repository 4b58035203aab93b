"""Finds resources of two kinds that are, or may be, one and the same room."""

from collections.abc import Callable, Collection, Iterable, Sequence

from reconciler.core.kinds import Kinds
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.plan_model import Action, SameRoom
from reconciler.core.resources import Address, Applied, Live

_Key = tuple[str, str]


class _Pair(NamedTuple):
    """A wrapper, the resource that it is or may be, and whether their ids prove it."""

    wrapper: Live
    other: Live
    proven: bool


def counterparts(kinds: Kinds, name: str) -> set[str]:
    """Return the kinds whose resources may be the same as one of kind ``name``."""
    own = set(kinds[name].same_as)
    return own | {kind.name for kind in kinds.values() if name in kind.same_as}


def _by_id(live: Iterable[Live], kind: str) -> dict[str, Live]:
    return {one.id.lower(): one for one in live if one.address.kind == kind}


def pairs(kinds: Kinds, live: Sequence[Live]) -> list[_Pair]:
    """Return the pairs in ``live``: by id, else by name where no id says otherwise."""
    found: list[_Pair] = []
    for kind in kinds.values():
        for other_kind, field in kind.same_as.items():
            found += _pairs_of(live, kind.name, other_kind, field)
    return found


def _pairs_of(live: Sequence[Live], wrapper_kind: str, other_kind: str, field: str) -> list[_Pair]:
    wrappers = [one for one in live if one.address.kind == wrapper_kind]
    others = _by_id(live, other_kind) if wrappers else {}
    named = {one.address.name: one for one in others.values()}
    proven: list[_Pair] = []
    rest: list[Live] = []
    for wrapper in wrappers:
        inner = str(wrapper.attributes.get(field) or "").lower()
        other = others.get(inner) or others.get(wrapper.id.lower())
        if other is None:
            rest.append(wrapper)
        else:
            proven.append(_Pair(wrapper, other, proven=True))
    taken = {pair.other.id for pair in proven}
    possible = []
    for wrapper in rest:
        other = named.get(wrapper.address.name)
        if other is not None and other.id not in taken:
            possible.append(_Pair(wrapper, other, proven=False))
    return proven + possible


def _first_of(pair: _Pair, own: Live) -> Live:
    return pair.other if own is pair.wrapper else pair.wrapper


def conflicts(
    kinds: Kinds, live: Sequence[Live], actions: Iterable[Action], applied: Collection[Applied]
) -> dict[Address, SameRoom]:
    """Return the adoptions and deletions that would treat one room as two.

    An adoption conflicts if the other one is managed, or is the wrapper and is adopted as well. A
    deletion conflicts if the ids prove that it deletes what stays managed.
    """
    managed = {record.key for record in applied}
    by_key: dict[_Key, Action] = {}
    for action in actions:
        if action.id:
            by_key[action.address.kind, action.id] = action
    found: dict[Address, SameRoom] = {}
    for pair in pairs(kinds, live):
        for own in (pair.wrapper, pair.other):
            planned, other = by_key.get(own.key), _first_of(pair, own)
            if planned is None:
                continue
            others_action = by_key.get(other.key)
            others_verb = others_action.action if others_action else ""
            stays = other.key in managed and others_verb != "delete"
            is_adopted = others_verb == "adopt"
            if planned.action == "delete":
                applies = pair.proven and (stays or is_adopted)
            elif planned.action == "adopt":
                applies = stays or (other is pair.wrapper and is_adopted)
            else:
                continue
            if applies:
                found[planned.address] = SameRoom(
                    other.address, proven=pair.proven, managed=other.key in managed
                )
    return found


def second_faces(
    kinds: Kinds,
    live: Sequence[Live],
    chosen: Collection[_Key],
    is_taken: Callable[[Live], bool],
) -> dict[Address, SameRoom]:
    """Return the ``chosen`` resources that must not be declared beside their other face.

    ``is_taken`` returns whether a resource is managed or declared. Of two chosen faces the wrapper
    stays.
    """
    found: dict[Address, SameRoom] = {}
    for pair in pairs(kinds, live):
        for own, other in ((pair.wrapper, pair.other), (pair.other, pair.wrapper)):
            taken = is_taken(other)
            if own.key in chosen and (taken or (other is pair.wrapper and other.key in chosen)):
                found[own.address] = SameRoom(other.address, proven=pair.proven, managed=taken)
    return found


def relation(same: SameRoom) -> str:
    """Say how two resources are related: ``is the same room as Room/a (one id)``."""
    if same.proven:
        return f"is the same room as {same.other} (their ids are equal)"
    return f"may be the same room as {same.other}, which has its name"


def reason(same: SameRoom, *, otherwise: str) -> str:
    """Say why a second face is left: ``it is the same room as Room/a (…) and is managed …``."""
    role = "managed or declared already" if same.managed else otherwise
    return f"it {relation(same)} and is {role}"
