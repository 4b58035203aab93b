"""``reconciler show``: resources from three sides, each field with its origin."""

import sys
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any

import click

from reconciler.cli import console, options
from reconciler.cli.pipeline import addresses, look_around, read_manifests, reading
from reconciler.cli.session import open_session
from reconciler.core.canon import canonical, canonical_attributes, sealed
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.matching import Match, match
from reconciler.core.model import Address, Attributes, Live
from reconciler.reports import ShowField, ShowResource, show_json, show_text
from reconciler.state import State


def _fields(kind: Kind, one: Match, *, key: bytes) -> Iterable[ShowField]:
    declared = canonical_attributes(kind, one.desired.attributes, name=one.desired.address.name) if one.desired else {}
    origins = one.desired.origins if one.desired else {}
    live: Attributes = one.live.attributes if one.live else {}
    applied: Mapping[str, Any] = one.applied.attributes if one.applied else {}
    for field in kind.attributes:
        if field in declared or field in live or field in applied:
            name = one.live.address.name if one.live else ""
            there = canonical(kind, field, live.get(field), name=name) if one.live else None
            wanted = sealed(declared.get(field), key)
            yield ShowField(field, wanted, sealed(there, key), applied.get(field), origins.get(field))


def _children(kinds: Kinds, kind: Kind, one: Match, *, key: bytes) -> Iterable[ShowField]:
    origins = one.desired.origins if one.desired else {}
    for field in kind.children:
        child = kinds[kind.children[field]]
        wanted = [dict(each) for each in one.desired.children.get(field, ())] if one.desired else []
        there = [canonical_attributes(child, each.attributes, name="") for each in one.live.children.get(field, ())] if one.live else []
        known = [dict(each.attributes) for each in one.applied.children.get(field, ())] if one.applied else []
        for index, (desired, live, applied) in enumerate(zip_longest(wanted, there, known)):
            path = f"{field}[{index}]"
            yield ShowField(path, sealed(desired, key), sealed(live, key), applied, origins.get(path))


def _resource(kinds: Kinds, one: Match, *, key: bytes) -> ShowResource:
    side = one.desired or one.applied or one.live
    assert side is not None  # a match has at least one side
    kind = kinds[side.address.kind]
    rows = (*_fields(kind, one, key=key), *_children(kinds, kind, one, key=key))
    protect = bool((one.applied and one.applied.protect) or (one.desired and one.desired.protect))
    return ShowResource(side.address, rows, one.live.id if one.live else None, one.live.session if one.live else None, protect)


@click.command("show")
@click.argument("names", nargs=-1, metavar="[KIND/NAME]...")
@click.option("--path", "paths", multiple=True, metavar="PATH", help="Where the manifests are (may be repeated).")
@click.option("--offline", is_flag=True, help="Show only what is declared, without the Space.")
@options.format_option("text", "json")
@click.option("--verbose", "-v", is_flag=True, help="Show long values in full.")
@options.connection
def command(  # one parameter for each flag
    names: tuple[str, ...], form: str, *, paths: tuple[str, ...], offline: bool, verbose: bool, **connection: Any
) -> int:
    """Show resources as desired, live and last applied side by side, and where each field was declared.

    Without KIND/NAME: every declared and every managed resource.
    """
    session = open_session(**connection)
    loaded = read_manifests(session, paths)
    state = State("", 0, "", "", b"")
    live: tuple[Live, ...] = ()
    if not offline:
        with reading(session) as world:
            state = world.state.read()
            live = look_around(world, session.kinds, desired=loaded.desired, state=state)
    matched = match(loaded.desired, state.resources, live)
    rows = [_resource(session.kinds, one, key=state.key) for one in (*matched.wanted, *matched.orphans)]
    known: set[Address] = {row.address for row in rows}
    chosen = addresses(names, session.kinds, known=known) if names else known
    shown = [row for row in rows if row.address in chosen]
    console.out(show_json(shown) if form == "json" else show_text(shown, look=console.look(sys.stdout, verbose=verbose)))
    return 0
