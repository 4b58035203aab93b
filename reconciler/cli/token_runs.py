"""What ``reconciler tokens`` does; ``cli/commands/tokens.py`` has the flags and loads this to run."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.cli import console
from reconciler.cli.workspace import open_workspace
from reconciler.core.deferred_dataclass import fields
from reconciler.core.errors import Cancelled, UsageError
from reconciler.core.kinds import Kind, Kinds, resources
from reconciler.core.normalize import canonical_attributes
from reconciler.core.resources import Address, Attributes, Live
from reconciler.core.text import did_you_mean, hidden_characters
from reconciler.engine.connection import Connection, open_reader, open_writer
from reconciler.engine.manifests import read_manifests
from reconciler.engine.partial import after_write
from reconciler.engine.workspace import Workspace
from reconciler.manifest.load import Loaded
from reconciler.reports.text import tokens as token_text
from reconciler.reports.text.style import RenderStyle
from reconciler.space.observe import find, observe
from reconciler.space.tokens import Token, comes_with_tokens, mint_token, reset_token, tokens_of

LONGEST_USER = 100


def _shown(*, verbose: bool = False) -> dict[str, Any]:
    look = console.style_for(sys.stdout, verbose=verbose)
    return {field.name: getattr(look, field.name) for field in fields(RenderStyle)}


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


def _owner(session: Workspace, world: Connection, text: str) -> tuple[Kind, Live]:
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


def _report(
    world: Connection, owner: Live, tokens: Iterable[Token], *, reveal: bool, verbose: bool = False
) -> token_text.TokensReport:
    shown = [token_text.ShownToken(owner.address, *token) for token in tokens]
    return token_text.TokensReport(
        space=world.target.space, tokens=shown, reveal=reveal, **_shown(verbose=verbose)
    )


def list_tokens(
    connection: Mapping[str, Any], conference: str, *, reveal: bool, verbose: bool
) -> token_text.TokensReport:
    """Return the tokens of the live resource ``conference``."""
    session = open_workspace(**connection)
    with open_reader(session) as world:
        kind, owner = _owner(session, world, conference)
        tokens = tokens_of(world.client, kind, owner.id)
        return _report(world, owner, tokens, reveal=reveal, verbose=verbose)


def _named(tokens: Iterable[Token], name: str, owner: Live) -> Token:
    by_name = {token.name: token for token in tokens}
    if name not in by_name:
        raise UsageError(
            f"{owner.address} has no token {name!r}{did_you_mean(name, by_name)}",
            hint=f"it has {', '.join(by_name) or 'none'}",
        )
    return by_name[name]


def _agree_to_reset(what: str, space: str, *, yes: bool) -> None:
    if yes:
        return
    if not console.can_ask():
        raise UsageError(
            "tokens reset cannot ask for consent without a terminal; nothing was written",
            hint="give --yes",
        )
    console.info(f"After the reset, the value of {what} and links that hold it no longer work.")
    if not console.confirmed(f"Reset {what} on {space}?"):
        raise Cancelled


def reset_and_show(
    connection: Mapping[str, Any], token: str, form: str, *, yes: bool, reveal: bool
) -> None:
    """Give ``token`` (CONFERENCE/NAME) a new value, after consent, and print it."""
    conference, separator, name = token.rpartition("/")
    if not separator or not conference or not name:
        raise UsageError(
            f"{token!r} is not CONFERENCE/NAME",
            hint="write it as town-hall/guest; 'reconciler tokens list' has the names",
        )
    session = open_workspace(**connection)
    with open_writer(session, parallel=1) as (world, client):
        kind, owner = _owner(session, world, conference)
        before = _named(tokens_of(client, kind, owner.id), name, owner)
        _agree_to_reset(f"{owner.address}/{before.name}", world.target.space, yes=yes)
        after = reset_token(client, kind, before)
        report = _report(world, owner, [after], reveal=reveal)
    with after_write(f"{owner.address}/{after.name} is reset"):
        console.info(f"{owner.address}/{after.name} is reset.")
        console.out_as(form, token_text.TOKENS_FORMATS[form](report))


def _role(session: Workspace, loaded: Loaded, name: str | None) -> tuple[Kind, Attributes]:
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
        else f"declare one: kind: {' or '.join(kind.name for kind in kinds)}"
    )
    if name is None:
        raise UsageError("no role is given: use --role NAME", hint=listed)
    raise UsageError(
        f"there is no role {name!r} in the manifests{did_you_mean(name, known)}", hint=listed
    )


def _user(text: str) -> str:
    if (
        not text.strip()
        or len(text) > LONGEST_USER
        or hidden_characters(text)
        or not text.isprintable()
    ):
        raise UsageError(f"--user: a name of 1 to {LONGEST_USER} visible characters is expected")
    return text


def _room(session: Workspace, world: Connection, loaded: Loaded, text: str) -> tuple[Address, bool]:
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


def _warn_of_absence(room: Address, grants: Mapping[str, Any]) -> None:
    strays = (
        ""
        if grants.get("auto_create_room") is False
        else "; joining before that creates one with default settings"
    )
    console.info(
        f"{room} is declared but not in the Space yet: reconciler apply creates it{strays}."
    )


def minted(
    connection: Mapping[str, Any],
    paths: tuple[str, ...],
    room: str,
    *,
    user: str,
    role: str | None,
    reveal: bool,
) -> token_text.MintedReport:
    """Check the manifests, mint a token for ``user`` and return it with what it allows."""
    user = _user(user)
    session = open_workspace(**connection)
    loaded = read_manifests(session, paths)
    kind, grants = _role(session, loaded, role)
    with open_writer(session, parallel=1) as (world, client):
        address, there = _room(session, world, loaded, room)
        token = mint_token(client, kind, {"room_name": address.name, "user_name": user, **grants})
    if not there:
        _warn_of_absence(address, grants)
    emptied = [field for field in kind.emptied if kind.is_emptied(field, grants)]
    granted = {**grants, **{field: list[str]() for field in emptied}}
    return token_text.MintedReport(
        space=world.target.space,
        room=address,
        user=user,
        role=str(role),
        grants=granted,
        token=token,
        reveal=reveal,
        **_shown(),
    )
