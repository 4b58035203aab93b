"""``reconciler space serve``: the local Space, served on loopback."""

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import console, options
from reconciler.cli.groups import CommandGroup
from reconciler.cli.help_examples import examples
from reconciler.cli.signals import interruptible
from reconciler.cli.workspace import open_workspace
from reconciler.core.errors import Interrupted, ReconcilerError, UsageError
from reconciler.core.json_errors import json_fault, no_constant
from reconciler.core.text import printable
from reconciler.engine.environments import FOLDER
from reconciler.engine.workspace import local_database
from reconciler.installation import extra_hint

if TYPE_CHECKING:
    from reconciler.localspace import Settings

_KNOBS = '{"put": "replace", "latency": 0.1}'


def _settings(file: str | None) -> "Settings":
    """The settings of the JSON file ``--knobs``. UsageError where it has none."""
    from reconciler.localspace import Settings  # an extra

    if file is None:
        return Settings()
    try:
        document = json.loads(Path(file).read_bytes(), parse_constant=no_constant)
    except OSError as error:
        raise UsageError(
            f"--knobs {printable(file)}: cannot be read: {error.strerror or error}",
            hint="check the path and the permissions of the file",
        ) from error
    except (ValueError, RecursionError) as error:
        fault = json_fault(f"--knobs {printable(file)}", error)
        raise UsageError(fault, hint=f"write an object, such as {_KNOBS}") from error
    try:
        return Settings.from_json(document)
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"--knobs {printable(file)}: {printable(str(error))}",
            hint=f"an example: {_KNOBS}; the page 'The local Space' describes all knobs",
        ) from error


@click.group("space", cls=CommandGroup)
def command() -> None:
    """Run the local Space: the Video API on this machine, for trials, tests and demos."""


@command.command("serve", epilog=examples("reconciler space serve --port 8080"))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    metavar="N",
    help="The port; 0 picks a free one.",
)
@click.option(
    "--data",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help=f"The database file. Default: {FOLDER}/local-space.sqlite.",
)
@click.option(
    "--knobs",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="A JSON file with faults to inject and variants of answers.",
)
@options.project
def _serve(port: int, data: str | None, knobs: str | None, **project: Any) -> int:
    """Serve the local Space on 127.0.0.1 until Ctrl-C or SIGTERM, which end it with 130.

    It uses the same file as '--space local'. It accepts any project id and token. The printed lines can be pasted into a shell.
    """
    try:
        from reconciler.calls import host  # an extra
        from reconciler.localspace import create_space
        from reconciler.localspace import serve as start
    except ImportError as error:
        raise UsageError(
            "the local Space is not installed (the extra 'local')", hint=extra_hint("local")
        ) from error
    session = open_workspace(**project)
    database = Path(data) if data else local_database(session)
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    space = create_space(database, kinds=session.kinds, knobs=_settings(knobs))
    try:
        calls = host(space)
    except ReconcilerError as error:
        calls = None
        console.info(f"Its rooms cannot be joined on this machine: {error}.")
    server = start(space, port=port, calls=calls)
    console.out(
        f"export SIGNALWIRE_SPACE=127.0.0.1:{server.port}\nexport SIGNALWIRE_PROJECT_ID=local\nexport SIGNALWIRE_API_TOKEN=local\n"
    )
    console.info(
        f"The local Space is at http://127.0.0.1:{server.port}/api/video, kept in {database}. Ctrl-C ends it."
    )
    if calls is not None:
        without = f"; for pictures and sound: {extra_hint('calls')}"
        console.info(
            f"Browsers can join its rooms with the vendor's SDK{'' if calls.media else without}."
        )
    try:
        with contextlib.suppress(KeyboardInterrupt), interruptible():
            server.serve_forever()  # a signal ends it; it may swallow the exception itself
    finally:
        server.close()
        if calls is not None:
            calls.close()
    return Interrupted.exit_code
