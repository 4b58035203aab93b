"""What ``reconciler tokens`` does; ``cli/commands/tokens.py`` has the flags and loads this to run."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from reconciler.cli import console
from reconciler.cli.token_arguments import owner_of, role_of, room_of, user_of
from reconciler.cli.workspace import open_workspace
from reconciler.core.errors import (
    Cancelled,
    Incomplete,
    Interrupted,
    ProtocolError,
    ReconcilerError,
    UsageError,
    all_of,
)
from reconciler.core.resources import Address, Live
from reconciler.core.text import did_you_mean, printable
from reconciler.engine.connection import Connection, open_reader, open_writer
from reconciler.engine.manifests import hide_values, read_manifests
from reconciler.engine.partial import after_write
from reconciler.engine.workspace import Workspace
from reconciler.reports.text import tokens as token_text
from reconciler.space.client import Writer
from reconciler.space.tokens import Token, mint_token, reset_token, tokens_of


def _report(
    world: Connection, owner: Live, tokens: Iterable[Token], *, reveal: bool, verbose: bool = False
) -> token_text.TokensReport:
    shown = [token_text.ShownToken(owner.address, *token) for token in tokens]
    look = console.style_for(sys.stdout, verbose=verbose)
    return token_text.TokensReport(
        space=world.target.space, tokens=shown, reveal=reveal, **look.arguments
    )


def list_tokens(
    connection: Mapping[str, Any], conference: str, *, reveal: bool, verbose: bool
) -> token_text.TokensReport:
    """Return the tokens of the live resource ``conference``."""
    session = open_workspace(**connection)
    with open_reader(session) as world:
        hide_values(session, world.client.hidden)
        kind, owner = owner_of(session, world, conference)
        tokens = tokens_of(world.client, kind, owner.id)
        return _report(world, owner, tokens, reveal=reveal, verbose=verbose)


def _named(tokens: Iterable[Token], name: str, owner: Live) -> Token:
    tokens = tuple(tokens)
    by_name = {token.name: token for token in tokens}
    alike = [token.id for token in tokens if token.name == name]
    if len(alike) > 1:
        raise ProtocolError(
            f"the Space lists {len(alike)} tokens called {name!r} for {owner.address}:"
            f" {', '.join(map(printable, alike))}; nothing was reset",
            hint="reset the right one in the dashboard, or run the command again",
        )
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
            hint="add --yes to answer yes in advance",
        )
    console.info(f"After the reset, the value of {what} and links that hold it no longer work.")
    if not console.confirmed(f"Reset {what} on {space}?"):
        raise Cancelled


@contextmanager
def _may_be_done(client: Writer, what: str, hint: str) -> Iterator[None]:
    """Report an error as Incomplete once a write has left, whose outcome is then unknown.

    An interrupt says ``what`` may be done. What the Space refused, or was not sent, passes as it is.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; {what}", hint=hint) from None
    except ReconcilerError as error:
        if not client.write_count:
            raise
        raise Incomplete(f"{what}: {error.message}", hint=hint) from error


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
        hide_values(session, world.client.hidden)
        kind, owner = owner_of(session, world, conference)
        before = _named(tokens_of(client, kind, owner.id), name, owner)
        _agree_to_reset(f"{owner.address}/{before.name}", world.target.space, yes=yes)
        what = f"{owner.address}/{before.name} may be reset"
        with _may_be_done(client, what, "read its value with: reconciler tokens list --reveal"):
            after = reset_token(client, kind, before)
        report = _report(world, owner, [after], reveal=reveal)
    with after_write(f"{owner.address}/{after.name} is reset"):
        console.info(f"{owner.address}/{after.name} is reset.")
        console.out_as(form, token_text.TOKENS_FORMATS[form](report))


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


def minted(
    connection: Mapping[str, Any],
    paths: tuple[str, ...],
    room: str,
    *,
    user: str | None,
    role: str | None,
    reveal: bool,
) -> token_text.MintedReport:
    """Check the manifests, mint a token for ``user`` and return it with what it allows."""
    session = open_workspace(**connection)
    loaded = read_manifests(session, paths)
    offline = (lambda: user_of(user), lambda: role_of(session, loaded, role))
    with _connected(session, offline) as (world, client):
        world.client.hidden.declare(loaded.desired, loaded.fragments.values())
        found = all_of(*offline, lambda: room_of(session, world, loaded, room))
        user, (kind, grants), (address, there) = found
        claims = {"room_name": address.name, "user_name": user, **grants}
        what = f"a token to join {address} may have been made, and is not shown"
        with _may_be_done(
            client, what, "run the command again: a token that was shown to no one admits no one"
        ):
            token = mint_token(client, kind, claims)
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
        **console.style_for(sys.stdout).arguments,
    )
