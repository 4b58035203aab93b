"""``reconciler show``: resources as desired, live and applied, each field with its origin."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import console, options
from reconciler.cli.completion import files, names_or_files
from reconciler.cli.help_examples import examples
from reconciler.core.errors import ReconcilerError, UsageError
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.matching import Match, Matched, match
from reconciler.core.normalize import canonical, canonical_attributes, same, sealed
from reconciler.core.redacted_values import redacted_like
from reconciler.core.resources import Address, Attributes, Live
from reconciler.core.sub_resources import Pair, pair_up
from reconciler.core.value_text import json_text
from reconciler.engine.saved_plan.path_arguments import is_saved_plan
from reconciler.reports.formats import PLAN_FORMATS
from reconciler.reports.text.plan import NextStep
from reconciler.reports.text.show import (
    ShowField,
    ShowResource,
    hidden_resource,
    show_json,
    show_text,
)

if TYPE_CHECKING:
    from reconciler.engine.connection import Connection
    from reconciler.engine.workspace import Workspace
    from reconciler.manifest.load import Loaded

_FORMATS = ("text", "json")  # of resources; a saved plan has all of a plan


def _note(kind: Kind, field: str, one: Match, *, live: Any) -> str:
    """The status of a field that is not declared: reset by the next apply, at its default, or set outside."""
    if one.live is None:
        return ""
    name = one.live.address.name
    if one.applied and one.desired and field in one.applied.attributes:
        return "no longer declared"
    return (
        "default"
        if same(live, canonical(kind, field, kind.default(field, name), name=name))
        else "not managed"
    )


def _fields(kind: Kind, one: Match, *, key: bytes) -> Iterable[ShowField]:
    declared = (
        canonical_attributes(kind, one.desired.attributes, name=one.desired.address.name)
        if one.desired
        else {}
    )
    origins = one.desired.origins if one.desired else {}
    live: Attributes = one.live.attributes if one.live else {}
    applied: Mapping[str, Any] = one.applied.attributes if one.applied else {}
    for field in kind.attributes:
        if field in declared or field in live or field in applied:
            name = one.live.address.name if one.live else ""
            known, asked = applied.get(field), declared.get(field)
            there = None
            if one.live:
                current = canonical(kind, field, live.get(field), name=name)
                there = redacted_like(current, asked, known)
            wanted = sealed(asked, key)
            note = "" if field in declared else _note(kind, field, one, live=there)
            yield ShowField(
                field,
                wanted,
                sealed(there, key),
                sealed(redacted_like(known, asked), key),
                origins.get(field),
                note,
            )


def _sides(kinds: Kinds, one: Match, field: str, *, key: bytes) -> Iterable[tuple[Any, Any, Any]]:
    """Each sub-resource of a list as desired, live and last applied, with deleted ones beside the declaration that restores them."""
    there = one.live.children.get(field, ()) if one.live else ()
    found = pair_up(kinds, one, field, key=key)
    if found is None:
        found = tuple(Pair(None, each) for each in there)
    recorded = one.applied.children.get(field, ()) if one.applied else ()
    records = {record.id: dict(record.attributes) for record in recorded}
    for wanted, live in found:
        desired = sealed(wanted, key)
        record_id = live.id if live else ""
        if live is None:
            # It was deleted outside: its record is the one with the declared values.
            same = [known for known, attributes in records.items() if attributes == desired]
            record_id = same[0] if same else ""
        yield desired, live, records.pop(record_id, None)
    for attributes in records.values():
        yield None, None, attributes


def _children(kinds: Kinds, kind: Kind, one: Match, *, key: bytes) -> Iterable[ShowField]:
    origins = one.desired.origins if one.desired else {}
    for field, child_name in kind.children.items():
        for index, (desired, live, applied) in enumerate(_sides(kinds, one, field, key=key)):
            path = f"{field}[{index}]"
            there = None
            if live:
                attributes = canonical_attributes(kinds[child_name], live.attributes, name="")
                there = sealed(attributes, key)
            if desired is not None:
                yield ShowField(path, desired, there, applied, origins.get(path), "")
            else:
                note = "no longer declared" if applied is not None else "not declared"
                yield ShowField(path, desired, there, applied, None, note)


def _resource(kinds: Kinds, one: Match, *, key: bytes) -> ShowResource:
    side = one.desired or one.applied or one.live
    assert side is not None  # a match has at least one side
    kind = kinds[side.address.kind]
    rows = (*_fields(kind, one, key=key), *_children(kinds, kind, one, key=key))
    protect = bool((one.applied and one.applied.protect) or (one.desired and one.desired.protect))
    managed = bool(one.desired or one.applied)
    if one.live is None:
        return ShowResource(side.address, rows, None, None, protect, managed)
    return ShowResource(side.address, rows, one.live.id, one.live.session, protect, managed)


def _whole(world: Connection, kinds: Kinds, one: Live) -> Live:
    """An unmanaged resource with its sub-resources, which were not read before."""
    from reconciler.space.observe import fetch

    return fetch(world.client, kinds[one.address.kind], one.id, kinds, with_children=True) or one


def _unmanaged(
    world: Connection, session: Workspace, matched: Matched, names: tuple[str, ...]
) -> list[Match]:
    """Resources that are named and unmanaged."""
    return [
        Match(None, None, _whole(world, session.kinds, one))
        for one in matched.unmanaged
        if str(one.address) in names
    ]


def _with_lists(world: Connection, kinds: Kinds, one: Match, row: ShowResource) -> ShowResource:
    """The resource with the lists that only the Space writes."""
    from reconciler.space.read_only_lists import read_only_lists

    if one.live is None:
        return row
    fields = list(row.fields)
    for name, elements in read_only_lists(world.client, kinds[row.address.kind], one.live).items():
        fields += [
            ShowField(f"{name}[{index}]", None, element, None, None, "read-only")
            for index, element in enumerate(elements)
        ]
    return replace(row, fields=tuple(fields))


def _rows(
    session: Workspace, loaded: Loaded, names: tuple[str, ...], *, offline: bool
) -> list[ShowResource]:
    """Declared and managed resources, and unmanaged ones that are named."""
    from reconciler.engine.connection import open_reader
    from reconciler.engine.refresh import note_unread, refresh

    if offline:
        matched = match(loaded.desired, {}, ())
        return [_resource(session.kinds, one, key=b"") for one in matched.wanted]
    with open_reader(session) as world:
        world.client.hidden.declare(loaded.desired, loaded.fragments.values())
        state = world.state.read()
        live = refresh(
            world.client,
            session.kinds,
            desired=loaded.desired,
            applied=state.resources,
            needed={name.partition("/")[0] for name in names},
            unread=partial(note_unread, session),
        )
        matched = match(loaded.desired, state.resources, live)
        found = _unmanaged(world, session, matched, names)
        rows = []
        for one in (*matched.wanted, *matched.orphans, *found):
            row = _resource(session.kinds, one, key=state.key)
            asked_for = str(row.address) in names
            row = _with_lists(world, session.kinds, one, row) if asked_for else row
            rows.append(hidden_resource(row, world.client.hidden.texts))
        return rows


def _connection_to(space: str, connection: Mapping[str, Any]) -> Mapping[str, Any]:
    """The flags for the Space of a saved plan: those given, or none where it is the default one."""
    from reconciler.cli.workspace import open_workspace
    from reconciler.engine.credentials import resolve_target

    if any(connection.get(name) for name in ("env", "space")):
        return connection
    with suppress(ReconcilerError):
        session = open_workspace(**connection)
        if session.env or resolve_target(session).space == space:
            return connection
    return {**connection, "space": space}


def _saved(
    files: Sequence[str],
    names: Sequence[str],
    form: str,
    *,
    verbose: bool,
    connection: Mapping[str, Any],
) -> int:
    """Print a saved plan without reading a Space."""
    from reconciler.cli.next_steps import ALLOW, APPLY, apply_command
    from reconciler.engine.saved_plan.check import read_saved
    from reconciler.reports.plan_details import enriched
    from reconciler.reports.saved_plan_report import saved_report

    if len(names) > 1:
        raise UsageError(
            f"{files[0]} is a saved plan; it cannot be shown together with other arguments",
            hint="name the saved plan alone, or resources as KIND/NAME",
        )
    document = read_saved(files[0])
    report = saved_report(document, console.style_for(sys.stdout, verbose=verbose))
    if report.plan.actions and all(consent for _, consent in report.refusals):
        consents = tuple(dict.fromkeys(consent for _, consent in report.refusals))
        reach = _connection_to(report.plan.space, connection)
        command = apply_command((), reach, saved=files[0], consents=consents)
        report = replace(report, next_steps=(NextStep(ALLOW if consents else APPLY, command),))
    console.out(json_text(document) if form == "json" else PLAN_FORMATS[form](enriched(report)))
    return 0


@click.command(
    "show",
    epilog=examples("reconciler show Room/lobby", "reconciler show --offline --format json"),
)
@click.argument("names", nargs=-1, metavar="[KIND/NAME]...|FILE", shell_complete=names_or_files)
@click.option(
    "--path",
    "paths",
    multiple=True,
    metavar="PATH",
    shell_complete=files,
    help="File or folder with manifests (may be repeated).",
)
@click.option("--offline", is_flag=True, help="Show only what is declared; the Space is not read.")
@options.format_option(*PLAN_FORMATS)
@options.verbose
@options.connection
def command(  # one parameter for each flag
    names: tuple[str, ...],
    form: str,
    *,
    paths: tuple[str, ...],
    offline: bool,
    verbose: bool,
    **connection: Any,
) -> int:
    """Show resources as desired, live and last applied side by side, and where each field was declared.

    With FILE: a saved plan as text, JSON, Markdown or HTML. The Space is not read.

    Without KIND/NAME: every declared and every managed resource. An unmanaged resource is shown if it is named.
    """
    from reconciler.cli.workspace import open_workspace
    from reconciler.engine.manifests import read_manifests
    from reconciler.engine.selection import addresses

    files = [name for name in names if is_saved_plan(name)]
    if files:
        return _saved(files, names, form, verbose=verbose, connection=connection)
    if form not in _FORMATS:
        raise UsageError(
            f"--format {form} is for a saved plan",
            hint=f"resources are shown as {' or '.join(_FORMATS)}",
        )
    session = open_workspace(**connection)
    loaded = read_manifests(session, paths)
    rows = _rows(session, loaded, names, offline=offline)
    known: set[Address] = {row.address for row in rows}
    chosen = addresses(names, session.kinds, known=known) if names else known
    shown = [row for row in rows if row.address in chosen]
    console.out(
        show_json(shown)
        if form == "json"
        else show_text(shown, look=console.style_for(sys.stdout, verbose=verbose))
    )
    return 0
