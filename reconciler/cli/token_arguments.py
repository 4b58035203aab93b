"""Checks of the arguments of ``reconciler tokens``: conferences, rooms, roles and users."""

from collections.abc import Iterable

from reconciler.core.errors import UsageError
from reconciler.core.kinds import Kind, Kinds, resources
from reconciler.core.normalize import canonical_attributes
from reconciler.core.resources import Address, Attributes, Live
from reconciler.core.text import did_you_mean, hidden_characters
from reconciler.engine.connection import Connection
from reconciler.engine.workspace import Workspace
from reconciler.manifest.load import Loaded
from reconciler.space.observe import find, observe
from reconciler.space.tokens import comes_with_tokens

_LONGEST_USER = 100


def _one_of(text: str, candidates: Iterable[Kind], others: Kinds) -> tuple[tuple[Kind, ...], str]:
    """The possible kinds of ``text`` (``NAME`` or ``KIND/NAME``), and the name."""
    kinds = {kind.name: kind for kind in candidates}
    named, separator, name = text.rpartition("/")
    if not separator:
        return tuple(kinds.values()), text
    if named not in kinds:
        known = (
            f"{named} has none of these tokens"
            if named in others
            else f"{named!r} is not a kind{did_you_mean(named, kinds)}"
        )
        raise UsageError(f"{text}: {known}", hint=f"write NAME, or {' or '.join(kinds)}/NAME")
    return (kinds[named],), name


def owner_of(session: Workspace, world: Connection, text: str) -> tuple[Kind, Live]:
    """The live resource that has the tokens. UsageError if there is none of this name."""
    with_tokens = [kind for kind in resources(session.kinds) if comes_with_tokens(kind)]
    kinds, name = _one_of(text, with_tokens, session.kinds)
    found = observe(world.client, session.kinds, wanted=[kind.name for kind in kinds])
    for live in found:
        if live.address.name == name:
            return session.kinds[live.address.kind], live
    named = " or ".join(kind.name for kind in kinds)
    raise UsageError(
        f"there is no {named} {name!r} in {world.target.space}{did_you_mean(name, [live.address.name for live in found])}",
        hint="a declared one exists after: reconciler apply",
    )


def role_of(session: Workspace, loaded: Loaded, name: str | None) -> tuple[Kind, Attributes]:
    """The kind of token of the role, and the API's fields that it sets. UsageError names the roles."""
    kinds = [kind for kind in session.kinds.values() if kind.type == "token" and kind.collection]
    for kind in kinds:
        spec = loaded.fragments.get(Address(kind.name, name or ""))
        if name and spec is not None:
            values = canonical_attributes(kind, spec, name=name)
            return kind, {field: value for field, value in values.items() if value is not None}
    known = [
        address.name
        for address in loaded.fragments
        if address.kind in {kind.name for kind in kinds}
    ]
    listed = (
        f"declared are {', '.join(known)}"
        if known
        else f"declare one in a manifest, with kind: {' or '.join(kind.name for kind in kinds)}"
    )
    if name is None:
        raise UsageError("no role is given: use --role NAME", hint=listed)
    raise UsageError(
        f"--role {name}: the manifests declare no such role{did_you_mean(name, known)}",
        hint=listed,
    )


def user_of(text: str | None) -> str:
    """The name of the user. UsageError for none, and for one that cannot be shown."""
    if text is None:
        raise UsageError(
            "no user is given: use --user NAME", hint="NAME is shown to the other members"
        )
    if (
        not text.strip()
        or len(text) > _LONGEST_USER
        or hidden_characters(text)
        or not text.isprintable()
    ):
        raise UsageError(
            "--user: this name is empty, too long, or has characters that do not show",
            hint=f"give a name of 1 to {_LONGEST_USER} visible characters",
        )
    return text


def room_of(
    session: Workspace, world: Connection, loaded: Loaded, text: str
) -> tuple[Address, bool]:
    """The room, and whether it is in the Space. UsageError if it is neither there nor declared."""
    admitted = {name for kind in session.kinds.values() for name in kind.joins}
    joined = [kind for kind in resources(session.kinds) if kind.name in admitted]
    declared = {one.address for one in loaded.desired}
    own = [
        address
        for address in declared
        if text in (address.name, str(address)) and comes_with_tokens(session.kinds[address.kind])
    ]
    if own and not any(Address(kind.name, text) in declared for kind in joined):
        raise UsageError(
            f"{own[0]} has tokens of its own",
            hint=f"to show them: reconciler tokens list {own[0].name}",
        )
    kinds, name = _one_of(text, joined, session.kinds)
    for kind in kinds:
        there = find(world.client, kind, name, session.kinds)
        if there is not None or Address(kind.name, name) in declared:
            return Address(kind.name, name), there is not None
    names = [address.name for address in declared if address.kind in {kind.name for kind in kinds}]
    raise UsageError(
        f"{name!r} is neither declared nor in {world.target.space}{did_you_mean(name, names)}",
        hint="a token for it could create a room that is not declared",
    )
