"""``reconciler doctor``: checks of everything that plan and apply need."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import console, options
from reconciler.cli.help_examples import examples
from reconciler.cli.signals import leaving_at_once
from reconciler.core.errors import (
    Forbidden,
    NotFound,
    RateLimited,
    ReconcilerError,
    ServerError,
    Unauthorized,
    Unreachable,
)
from reconciler.core.facts import NO_FACTS
from reconciler.core.kinds import Kind, resources
from reconciler.core.text import count, printable
from reconciler.core.value_text import plain
from reconciler.engine.credentials import resolve_target
from reconciler.engine.network import access_of, access_to
from reconciler.engine.workspace import Workspace, request_trace
from reconciler.manifest.discovery import misnamed_project_file
from reconciler.space.target import LOCAL
from reconciler.space.timeouts import Timeouts

if TYPE_CHECKING:
    from reconciler.space.client import Reader

_SKEW_SECONDS = 120
# For a short while: whoever asks the doctor wants to know now. The silence is told soon enough to be seen before it is over.
PATIENCE = Timeouts(connect=4.0, request=8.0, call=8.0, run=10.0, silence=3.0)


def _python(_: Workspace) -> str:
    return f"Python {sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"


def _project(session: Workspace) -> str:
    if session.project is None:
        near = misnamed_project_file(Path.cwd())
        if near:
            raise ReconcilerError(
                f"no reconciler.yaml from here upwards, and {printable(near)} here",
                hint="name it reconciler.yaml",
            )
        return "no reconciler.yaml from here upwards: flags and environment variables only"
    return f"reconciler.yaml in {session.root}, environment {session.env or '(none named)'}"


def _credentials(session: Workspace) -> str:
    where = resolve_target(session)
    return f"space {where.space}, project {printable(where.project)}, a token of {len(where.token.value)} characters"


@contextmanager
def _asking(session: Workspace) -> Iterator[Reader]:
    """The Space, asked with little patience."""
    from reconciler.engine.connection import open_reader
    from reconciler.space.client import reader

    where = resolve_target(session)
    if where.space == LOCAL:
        with open_reader(session) as world:
            yield world.client
        return
    with (
        leaving_at_once(),
        reader(
            where,
            parallel=1,
            timeouts=PATIENCE,
            trace=request_trace(session),
            on_wait=console.info,
            access=access_to(session, where),
        ) as client,
    ):
        yield client


def _proxy(session: Workspace) -> str:
    where = resolve_target(session)
    if where.is_loopback:
        return "none: the Space is on this machine"
    access = access_of(session)
    if access.proxy is None:
        return "none: neither HTTPS_PROXY nor connection.proxy names one"
    if access.proxy_to(where.space) is None:
        return f"none: NO_PROXY names {where.space}, so {access.proxy.source} is not used"
    return f"{access.proxy.shown} ({access.proxy.source}) is used for {where.space}; it sees encrypted traffic, not the credentials"


def _certificates(session: Workspace) -> str:
    from reconciler.space.http.tls import trusted  # ssl is slow to import

    where = resolve_target(session)
    if where.origin.startswith("http:"):
        return "none: the Space is on this machine and is reached without TLS"
    with _asking(session) as client:
        _ask_something(session, client)
        signed = f"signed by {client.signed_by or 'a CA without a name'}"
    return f"{where.space} shows one {signed}; trusted are {trusted(access_of(session).trust)}"


def _ask_for(client: Reader, kind: Kind) -> None:
    """Send the smallest request for resources of the kind."""
    client.get(kind.collection, params={"page_size": 1} if kind.page_size else None)


def _denied(session: Workspace, client: Reader) -> list[str]:
    """Ask for each kind, and return those that cannot be read. The last error where none can."""
    denied: list[str] = []
    kinds = resources(session.kinds)
    for kind in kinds:
        try:
            _ask_for(client, kind)
        except (Forbidden, NotFound):
            denied.append(kind.name)
            if len(denied) == len(kinds):
                raise
    return denied


def _ask_something(session: Workspace, client: Reader) -> None:
    """Send one small request that the token is allowed."""
    kinds = resources(session.kinds)
    for kind in kinds:
        try:
            _ask_for(client, kind)
        except (Forbidden, NotFound):
            if kind is kinds[-1]:
                raise
        else:
            return


def _reachable(session: Workspace) -> str:
    """One small request of each kind: it needs the network, the credentials, and their scope."""
    kinds = resources(session.kinds)
    started = time.monotonic()
    with _asking(session) as client:
        try:
            denied = _denied(session, client)
        except (Unauthorized, Forbidden) as error:
            raise ReconcilerError(
                error.message, hint="check project id and token; the token needs the video scope"
            ) from error
        except (Unreachable, RateLimited, ServerError) as error:
            tried = f"doctor waits {PATIENCE.run:.0f} s at most; plan and apply wait longer"
            raise ReconcilerError(
                error.message, hint=f"{error.hint}\n{tried}" if error.hint else tried
            ) from error
    each = (time.monotonic() - started) / len(kinds) * 1000
    space = resolve_target(session).space
    allowed = ", ".join(kind.name for kind in kinds if kind.name not in denied)
    but = (
        f", and not {', '.join(denied)} (403, 404 or 410), which then cannot be declared"
        if denied
        else ""
    )
    return f"{space} answers in {each:.0f} ms, and the token may read {allowed}{but}"


def _clock(session: Workspace) -> str:
    from email.utils import parsedate_to_datetime

    with _asking(session) as client:
        _ask_something(session, client)
        told = client.server_date
    if not told:
        return "the Space's answers have no date; the clock was not compared"
    try:
        skew = time.time() - parsedate_to_datetime(told).timestamp()
    except (ValueError, TypeError, OverflowError):
        return "the date in the Space's answers is not valid; the clock was not compared"
    if abs(skew) > _SKEW_SECONDS:
        raise ReconcilerError(
            f"this machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the Space's",
            hint="set this machine's clock, for example with an NTP service",
        )
    return f"within {abs(skew):.0f} s of the Space's"


def _state(session: Workspace) -> str:
    from reconciler.engine.state_location import open_state

    where = resolve_target(session)
    store = open_state(session, where)
    state = store.read()
    if not state.serial:
        return f"none yet; the first apply creates {store.place}"
    return f"{store.place}: serial {state.serial}, {count(len(state.resources), 'resource')}"


def _facts(session: Workspace) -> str:
    from reconciler.engine.space_facts import read_facts
    from reconciler.reports.facts import found_text, used_text

    facts = read_facts(session, resolve_target(session))
    if facts == NO_FACTS:
        return "none known yet; plan and apply work without them (to find out: reconciler probe)"
    newest = max((date.fromisoformat(fact.date) for fact in facts.facts), default=None)
    age = (datetime.now(UTC).date() - newest).days if newest else 0
    used = used_text(facts)
    told = f"{found_text(facts)}; the newest is {count(max(age, 0), 'day')} old"
    return told + (f"\n{'':<20}used by runs: {used}" if used else "")


CHECKS: tuple[tuple[str, Callable[[Workspace], str]], ...] = (
    ("python", _python),
    ("project", _project),
    ("credentials", _credentials),
    ("proxy", _proxy),
    ("space", _reachable),
    ("certificates", _certificates),
    ("clock", _clock),
    ("state", _state),
    ("facts", _facts),
)


# What cannot be checked where something before it is wrong.
_NEEDS = {"space": {"proxy"}, "certificates": {"proxy", "space"}, "clock": {"proxy", "space"}}


@click.command("doctor", epilog=examples("reconciler doctor", "reconciler doctor --env prod"))
@options.connection
def command(**connection: Any) -> int:
    """Check credentials, scope, proxy, certificates, clock, reachability and state, and report what is wrong.

    Nothing is written.
    """
    from reconciler.cli.workspace import open_workspace

    session = open_workspace(**connection)
    wrong: set[str] = set()
    for name, check in CHECKS:
        if "credentials" in wrong or wrong & _NEEDS.get(name, set()):
            console.out_for_people(f"-     {name:<13} not checked\n")
            continue
        try:
            console.out_for_people(f"ok    {name:<13} {check(session)}\n")
        except ReconcilerError as error:
            wrong.add(name)
            console.out_for_people(f"wrong {name:<13} {plain(error.message)}\n")
            for line in error.hint.splitlines():
                console.out_for_people(f"{'':<20}{plain(line)}\n")
    return 1 if wrong else 0
