"""``reconciler previews``: live sessions of declared resources, and their thumbnails."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import console, options
from reconciler.cli.completion import files, plain_names
from reconciler.cli.help_examples import examples
from reconciler.cli.preview_files import file_names, put_file
from reconciler.cli.signals import interruptible
from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import ReconcilerError, UsageError, all_of
from reconciler.core.previews import Previewed
from reconciler.core.resources import Address, Secret
from reconciler.core.text import count, printable
from reconciler.engine.clock import now
from reconciler.reports.text.previews import PREVIEW_FORMATS, PreviewReport

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from reconciler.core.resources import Desired
    from reconciler.engine.connection import Connection
    from reconciler.engine.workspace import Workspace
    from reconciler.manifest.load import Loaded
    from reconciler.space.hidden_values import HiddenValues
    from reconciler.space.previews import Fetch

_FETCHES_AT_ONCE = 4
_PORT = 8090


def _fetched(
    rooms: Sequence[Previewed], fetch: Fetch
) -> tuple[list[Previewed], dict[Address, bytes]]:
    """The pictures of all rooms that have one. If one cannot be fetched, its room has the reason."""
    from concurrent.futures import ThreadPoolExecutor

    def attempt(one: Previewed) -> tuple[Previewed, bytes]:
        if one.preview_url is None:
            return one, b""
        try:
            return one, fetch(one.preview_url)
        except ReconcilerError as error:
            return replace(one, trouble=error.message), b""

    with ThreadPoolExecutor(max_workers=_FETCHES_AT_ONCE) as pool:
        results = list(pool.map(attempt, rooms))
    return [one for one, _ in results], {one.address: body for one, body in results if body}


def _saved(
    rooms: Sequence[Previewed], pictures: Mapping[Address, bytes], folder: Path
) -> list[Previewed]:
    names = file_names(one.address for one in rooms)
    for address, body in pictures.items():
        put_file(folder / names[address], body)
    return [
        replace(one, file=str(folder / names[one.address])) if one.address in pictures else one
        for one in rooms
    ]


def _serve(look: Callable[[], PreviewReport], fetch: Fetch, port: int) -> int:
    from reconciler.cli.preview_server import preview_server

    server = preview_server(look, fetch, port=port)
    console.out(f"http://127.0.0.1:{server.port}/\n")
    console.info("Thumbnails are refreshed twice a minute. Press Ctrl-C to stop.")
    try:
        with server, interruptible():
            server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        return 0
    return 0


def _check_flags(*, serve: bool, others: bool, port: int | None, form: str) -> None:
    if serve and (others or form != "text"):
        raise UsageError(
            "--serve cannot be combined with --save, --html or --format",
            hint="run the command once with --serve, and once without",
        )
    if port is not None and not serve:
        raise UsageError("--port is the port of --serve, which is not given", hint="add --serve")


def _check_fetched(rooms: Sequence[Previewed]) -> None:
    lost = [room for room in rooms if room.trouble]
    if lost:
        raise ReconcilerError(
            f"{count(len(lost), 'preview')} could not be fetched",
            hint="the list has the reason for each; a session may just have ended: run the command again",
        )


def _chosen(
    session: Workspace, paths: tuple[str, ...], rooms: tuple[str, ...], flags: Callable[[], None]
) -> tuple[Loaded, tuple[Desired, ...]]:
    """The manifests and the rooms to show. All problems of flags and names at once."""
    from reconciler.engine.manifests import read_manifests
    from reconciler.engine.previews import chosen_rooms

    if not rooms:
        flags()
        loaded = read_manifests(session, paths)
        return loaded, chosen_rooms(loaded, session.kinds, rooms)
    loaded = read_manifests(session, paths)
    _, chosen = all_of(flags, lambda: chosen_rooms(loaded, session.kinds, rooms))
    return loaded, chosen


def _door(session: Workspace, world: Connection) -> AbstractContextManager[Fetch]:
    """What fetches pictures, each by its address."""
    from reconciler.engine.connection import application_of
    from reconciler.engine.network import access_of
    from reconciler.space.previews import preview_door  # its library is slow to import

    application = application_of(session, world.target)
    return preview_door(
        world.target, application=application, parallel=8, access=access_of(session)
    )


def _write_page(html: str, report: PreviewReport, pictures: Mapping[Address, bytes]) -> None:
    from reconciler.reports.html.preview_wall import wall

    put_file(Path(html), wall(report, pictures).encode())
    console.info(f"Wrote {printable(html)}: {count(len(pictures), 'picture')}.")


def _fetch(door: Fetch, hidden: HiddenValues, url: Secret | str) -> bytes:
    """A picture; its error shows no value that manifests take from the environment."""
    with hidden.in_errors():
        return door(url)


@click.command(
    "previews",
    epilog=examples(
        "reconciler previews --live",
        "reconciler previews --html wall.html",
        "reconciler previews --serve",
    ),
)
@click.argument("rooms", nargs=-1, metavar="[ROOM]...", shell_complete=plain_names)
@click.option(
    "--path",
    "paths",
    multiple=True,
    metavar="PATH",
    shell_complete=files,
    help="File or folder with manifests (may be repeated).",
)
@click.option(
    "--save",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Save each thumbnail in DIR as KIND-NAME.webp.",
)
@click.option(
    "--html",
    "html",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write a page of thumbnails: one file that loads nothing else.",
)
@click.option(
    "--serve",
    is_flag=True,
    help="Serve a page of thumbnails on 127.0.0.1, refreshed twice a minute, until Ctrl-C.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help=f"Port of --serve; 0 picks a free one. Default: {_PORT}.",
)
@click.option("--live", is_flag=True, help="Only rooms with a live session.")
@options.format_option(*PREVIEW_FORMATS)
@options.connection
def command(
    rooms: tuple[str, ...],
    *,
    paths: tuple[str, ...],
    save: str | None,
    html: str | None,
    serve: bool,
    port: int | None,
    live: bool,
    form: str,
    **connection: Any,
) -> int:
    """List the live sessions of declared rooms and conferences, with their previews and their drift.

    ROOM is NAME or KIND/NAME; default: all declared ones. A preview is an animated thumbnail: its address is fixed during a session,
    its picture changes a few times a minute. Nothing is written to the Space.
    """
    from reconciler.cli.workspace import open_workspace
    from reconciler.engine.connection import open_reader
    from reconciler.engine.previews import previewed_rooms

    session = open_workspace(**connection)
    flags = partial(_check_flags, serve=serve, others=bool(save or html), port=port, form=form)
    loaded, chosen = _chosen(session, paths, rooms, flags)
    screen = console.style_for(sys.stdout)
    shown = screen.arguments
    with open_reader(session) as world, _door(session, world) as door:
        hidden = world.client.hidden
        hidden.declare(loaded.desired, loaded.fragments.values())
        fetch = partial(_fetch, door, hidden)

        def look() -> PreviewReport:
            seen = previewed_rooms(session, world, loaded, chosen)
            rooms = tuple(one for one in seen if one.session is not None or not live)
            return PreviewReport(
                space=world.target.space,
                created_at=now(),
                rooms=rooms,
                left_out=len(seen) - len(rooms),
                **shown,
            )

        if serve:
            return _serve(look, fetch, _PORT if port is None else port)
        report = look()
        kept = save or html
        found, pictures = _fetched(report.rooms, fetch) if kept else (list(report.rooms), {})
    if save:
        found = _saved(found, pictures, Path(save))
    report = replace(report, rooms=found)
    if html:
        _write_page(html, report, pictures)
    console.out_as(form, PREVIEW_FORMATS[form](report))
    _check_fetched(found)
    return 0
