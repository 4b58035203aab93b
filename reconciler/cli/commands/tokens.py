"""``reconciler tokens``: tokens of conferences, and tokens to join rooms, minted from roles."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from reconciler.cli import console, options
from reconciler.cli.completion import files, names_with_tokens, plain_names, roles, token_names
from reconciler.cli.groups import CommandGroup
from reconciler.cli.workspace import open_workspace
from reconciler.core.deferred_dataclass import fields
from reconciler.core.errors import Cancelled, ReconcilerError, UsageError, all_of
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
from reconciler.space.client import Writer
from reconciler.space.observe import find, observe
from reconciler.space.tokens import Token, comes_with_tokens, mint_token, reset_token, tokens_of

LONGEST_USER = 100
reveal_option = click.option(
    "--reveal", is_flag=True, help="Print tokens in clear. Anyone who has one can join with it."
)


@click.group("tokens", cls=CommandGroup)
def command() -> None:
    """Tokens of conferences, and tokens to join rooms.

    Tokens are secrets: they are printed as (secret) without --reveal, and are not stored.
    """


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


@command.command("list", short_help="List the tokens of a conference.")
@click.argument("conference", metavar="CONFERENCE", shell_complete=names_with_tokens)
@options.format_option(*token_text.TOKENS_FORMATS)
@reveal_option
@click.option("--verbose", "-v", is_flag=True, help="List what each token allows.")
@options.connection
def list_(conference: str, form: str, *, reveal: bool, verbose: bool, **connection: Any) -> int:
    """List the tokens of a conference (moderator and guest), with their ids and what they allow.

    CONFERENCE is the name of a live conference, declared or not.
    """
    session = open_workspace(**connection)
    with open_reader(session) as world:
        kind, owner = _owner(session, world, conference)
        report = _report(
            world, owner, tokens_of(world.client, kind, owner.id), reveal=reveal, verbose=verbose
        )
    console.out_as(form, token_text.TOKENS_FORMATS[form](report))
    return 0


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


@command.command("reset", short_help="Give a token of a conference a new value.")
@click.argument("token", metavar="CONFERENCE/NAME", shell_complete=token_names)
@options.format_option(*token_text.TOKENS_FORMATS)
@click.option("--yes", is_flag=True, help="Do not ask.")
@reveal_option
@options.connection
def reset(token: str, form: str, *, yes: bool, reveal: bool, **connection: Any) -> int:
    """Give a token of a conference a new value. The old value no longer works.

    TOKEN is the conference and the token's name, such as town-hall/guest. Asks first.
    """
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
    return 0


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
        f"--role {name}: the manifests declare no such role{did_you_mean(name, known)}",
        hint=listed,
    )


def _user(text: str | None) -> str:
    if text is None:
        raise UsageError(
            "no user is given: use --user NAME", hint="NAME is shown to the other members"
        )
    if (
        not text.strip()
        or len(text) > LONGEST_USER
        or hidden_characters(text)
        or not text.isprintable()
    ):
        raise UsageError(
            "--user: this name is empty, too long, or has characters that do not show",
            hint=f"give a name of 1 to {LONGEST_USER} visible characters",
        )
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


@contextmanager
def _connected(
    session: Workspace, checks: Sequence[Callable[[], Any]]
) -> Iterator[tuple[Connection, Writer]]:
    """The Space. Where it cannot be opened, what ``checks`` find is reported too."""
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(open_writer(session, parallel=1))
        except ReconcilerError:
            all_of(*checks)
            raise
        yield opened


@command.command("mint", short_help="Mint a token to join a room.")
@click.argument("room", metavar="ROOM", shell_complete=plain_names)
@click.option(
    "--user", metavar="NAME", help="Required: the user's name, shown to the other members."
)
@click.option(
    "--role",
    shell_complete=roles,
    metavar="NAME",
    help="Required: a Role from the manifests: what the token allows, and for how long.",
)
@click.option(
    "--path",
    "paths",
    multiple=True,
    metavar="PATH",
    shell_complete=files,
    help="File or folder with manifests (may be repeated).",
)
@options.format_option(*token_text.MINTED_FORMATS)
@reveal_option
@options.connection
def mint(
    room: str,
    user: str | None,
    role: str | None,
    *,
    paths: tuple[str, ...],
    form: str,
    reveal: bool,
    **connection: Any,
) -> int:
    """Mint a token for one user to join ROOM with the permissions of a role.

    The manifests are checked first, and a role's permissions are compared with those of the API. The token is not stored: without
    --reveal only what it allows is printed.
    """
    session = open_workspace(**connection)
    loaded = read_manifests(session, paths)
    offline = (lambda: _user(user), lambda: _role(session, loaded, role))
    with _connected(session, offline) as (world, client):
        found = all_of(*offline, lambda: _room(session, world, loaded, room))
        user, (kind, grants), (address, there) = found
        token = mint_token(client, kind, {"room_name": address.name, "user_name": user, **grants})
    if not there:
        _warn_of_absence(address, grants)
    emptied = [field for field in kind.emptied if kind.is_emptied(field, grants)]
    granted = {**grants, **{field: list[str]() for field in emptied}}
    report = token_text.MintedReport(
        space=world.target.space,
        room=address,
        user=user,
        role=str(role),
        grants=granted,
        token=token,
        reveal=reveal,
        **_shown(),
    )
    console.out_as(form, token_text.MINTED_FORMATS[form](report))
    return 0
