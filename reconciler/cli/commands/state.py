"""``reconciler state``: inspect and repair the state."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler import catalog
from reconciler.cli import console, options
from reconciler.cli.completion import kinds_with_slash, resource_names
from reconciler.cli.groups import CommandGroup
from reconciler.cli.help_examples import examples
from reconciler.core.errors import StateError, UsageError, all_of
from reconciler.core.resources import Address, Applied
from reconciler.core.text import did_you_mean, harmless_json, printable
from reconciler.core.value_text import json_text
from reconciler.engine.clock import now
from reconciler.manifest.pipes import is_stream, read_once, standard_input
from reconciler.space.paths import is_name

if TYPE_CHECKING:
    from reconciler.engine.workspace import Workspace
    from reconciler.state.record import Entry, State
    from reconciler.state.store import StateStore

_MAX_BYTES = 64 * 1024**2


@click.group("state", cls=CommandGroup)
def command() -> None:
    """Inspect and repair the state: the ids and last applied values of all managed resources.

    It decides what may be deleted, and whether a change is drift. These commands change the state only, never the Space.
    """


def _opened(connection: dict[str, Any]) -> tuple[Workspace, StateStore]:
    from reconciler.cli.workspace import open_workspace
    from reconciler.engine.state_location import recorded_state

    session = open_workspace(**connection)
    return session, recorded_state(session)


def _record(state: State, text: str, session: Workspace) -> Applied:
    from reconciler.engine.selection import address_of

    address = address_of(text, session.kinds, among=state.resources)
    if address not in state.resources:
        raise UsageError(
            f"{text} is not in the state{did_you_mean(text, map(str, state.resources))}",
            hint="to list what is managed: reconciler state list",
        )
    return state.resources[address]


def _changed(store: StateStore, reason: str, change: Callable[[State], Entry]) -> Entry:
    """Write the state with one more entry, under the lock."""
    with store.lock(reason=reason, since=now()):
        state = store.read()
        entry = change(state)
        store.write(state.with_entries(entry))
    return entry


def _listed(state: State, record: Applied) -> dict[str, Any]:
    """One line of ``state list`` as JSON."""
    stamp = state.stamps.get(record.address)
    return {
        "kind": record.address.kind,
        "name": record.address.name,
        "id": record.id,
        "applied_at": stamp.applied_at if stamp else "",
        "commit": stamp.commit if stamp else "",
        "protect": record.protect,
    }


@command.command("list")
@options.format_option("text", "json")
@options.connection
def _list(form: str, **connection: Any) -> int:
    """List the managed resources: address, id, time of the last apply, protection."""
    from reconciler.reports.text.state_list import state_list_text

    _, store = _opened(connection)
    state = store.read()
    if form == "json":
        listed = [_listed(state, record) for _, record in sorted(state.resources.items())]
        console.out(json_text({"resources": listed}))
        return 0
    if not state.resources:
        console.info(
            f"Nothing is managed: {store.place} {'holds no resource' if state.serial else 'does not exist yet'}."
        )
    console.out(state_list_text(state, console.style_for(sys.stdout)))
    return 0


@command.command("show")
@click.argument("name", metavar="KIND/NAME", shell_complete=resource_names)
@options.connection
def _show(name: str, **connection: Any) -> int:
    """Print the entry of one resource as JSON; secrets are shown as digests."""
    from reconciler.state.record import encode_resource

    session, store = _opened(connection)
    state = store.read()
    record = _record(state, name, session)
    console.out(json_text(encode_resource(record, state.stamps.get(record.address))))
    return 0


@command.command("mv", epilog=examples("reconciler state mv Room/lobby Room/entrance"))
@click.argument("source", metavar="KIND/NAME", shell_complete=resource_names)
@click.argument("target", metavar="KIND/NEW-NAME", shell_complete=kinds_with_slash)
@options.connection
def _move(source: str, target: str, **connection: Any) -> int:
    """Rename an entry of the state. If the manifests declare the new name, the next apply renames the resource in the Space."""
    from reconciler.engine.selection import address_of
    from reconciler.state.record import Entry

    session, store = _opened(connection)

    def named() -> Address:
        new = address_of(target, session.kinds)
        if not is_name(new.name):
            raise UsageError(
                f"{new.name!r} is not a valid name",
                hint="use letters, digits, '_' and '-'; a name may not look like an id",
            )
        return new

    def change(state: State) -> Entry:
        record, new = all_of(lambda: _record(state, source, session), named)
        if new.kind != record.address.kind:
            raise UsageError(
                f"{source} cannot become {target}: a rename does not change the kind",
                hint=f"write the new name as {record.address.kind}/NEW-NAME",
            )
        if new in state.resources:
            raise UsageError(
                f"{target} is in the state already",
                hint=f"choose another name, or remove that entry first: reconciler state rm {target}",
            )
        return Entry(_renamed(record, new), record, state.stamps.get(record.address))

    _changed(store, "state mv", change)
    console.info(f"{source} is {target} in the state now; the Space was not touched.")
    return 0


def _renamed(record: Applied, new: Address) -> Applied:
    return Applied(
        new, record.id, record.attributes, record.children, record.protect, rename_target=new.name
    )


@command.command("rm")
@click.argument("name", metavar="KIND/NAME", shell_complete=resource_names)
@options.connection
def _remove(name: str, **connection: Any) -> int:
    """Remove a resource from the state. It stays in the Space and is no longer managed."""
    from reconciler.engine.record_steps import forget

    session, store = _opened(connection)
    address = _record(store.read(), name, session).address
    forget(store, [address], reason="state rm")
    console.info(f"{name} is forgotten: it stays in the Space and is no longer managed.")
    return 0


@command.command("unlock")
@options.connection
def _unlock(**connection: Any) -> int:
    """Remove the lock of a run that ended without releasing it. The lock of a running command is kept."""
    _, store = _opened(connection)
    holder = store.unlock()
    console.info(f"The lock of {holder} is cleared." if holder else "The state is not locked.")
    return 0


@command.command("pull")
@options.connection
def _pull(**connection: Any) -> int:
    """Print the whole state as JSON."""
    from reconciler.state.record import encode_state

    _, store = _opened(connection)
    console.out(harmless_json(encode_state(store.read())))
    return 0


def _record_in(file: str) -> bytes:
    """Read at most one byte more than allowed from ``file``; '-' is standard input. OSError on failure."""
    if file == "-":
        return standard_input(console.info)
    if is_stream(file):
        return read_once(file, most=_MAX_BYTES + 1, notify=console.info)
    with Path(file).open("rb") as content:
        return content.read(_MAX_BYTES + 1)


@command.command(
    "push",
    epilog=examples("reconciler state pull > state.json && reconciler state push state.json"),
)
@click.argument("file", metavar="FILE", type=click.Path())
@options.connection
def _push(file: str, **connection: Any) -> int:
    """Replace the state by FILE, an edited or restored one ('-' reads standard input).

    It must have the same lineage, Space and project as the present state.
    """
    from jsonschema import Draft202012Validator

    from reconciler.state.decode import decode_state

    _, store = _opened(connection)
    try:
        whole = _record_in(file)
        text = whole.decode()
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read: {error.strerror}",
            hint="check the path and the permissions of the file",
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{file}: is not text", hint="give a state as 'reconciler state pull' prints it"
        ) from error
    if len(whole) > _MAX_BYTES:
        raise UsageError(
            f"{file}: is larger than {_MAX_BYTES // 1024**2} MiB, too large for a state",
            hint="give a state as 'reconciler state pull' prints it",
        )
    state = decode_state(text, where=file, edited=True)
    wrong = next(
        Draft202012Validator(catalog.documents()["state.schema.json"]).iter_errors(
            json.loads(text)
        ),
        None,
    )
    if wrong is not None:
        path = wrong.json_path.removeprefix("$").removeprefix(".")
        where = f"{printable(path)}: " if path else ""
        raise StateError(
            f"{file}: is not a usable state record: {where}{printable(wrong.message)[:200]}",
            hint="restore a copy of it with: reconciler state push FILE",
        )
    with store.lock(reason="state push", since=now()):
        written = store.push(state)
    console.info(f"{store.place} has serial {written.serial} now.")
    return 0
