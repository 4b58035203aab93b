"""The workspace of a command: console, signals, standard input, the embedded local Space."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from reconciler import __version__
from reconciler.cli import console
from reconciler.cli.observers import ConsoleObserver
from reconciler.cli.signals import giving_back, leaving_at_once, stopping_in_order
from reconciler.core.errors import UsageError
from reconciler.engine import workspace
from reconciler.engine.runtime import Runtime
from reconciler.installation import extra_hint
from reconciler.manifest.pipes import standard_input

if TYPE_CHECKING:
    from pathlib import Path
    from wsgiref.types import WSGIApplication

    from reconciler.core.kinds import Kinds

_SOON_SECONDS = 0.001


@contextmanager
def _short_thread_slices() -> Iterator[None]:
    """Switch threads sooner, so that a thread with an answer need not wait for its turn.

    The setting is process-wide; the command line owns its process.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SOON_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def embedded_space(database: Path, kinds: Kinds) -> WSGIApplication:
    """The local Space in ``database``. Raises UsageError without the extra [local]."""
    try:
        # An extra, imported for --space local only.
        from reconciler.localspace import create_space  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(
            "the local Space is not installed (the extra 'local')", hint=extra_hint("local")
        ) from error
    return create_space(database, kinds=kinds)


def _stdin() -> bytes:
    return standard_input(console.info)


def open_workspace(
    *,
    env: str | None = None,
    debug: bool = False,
    space: str | None = None,
    project_id: str | None = None,
    token_file: str | None = None,
) -> workspace.Workspace:
    """The workspace that a command's options name. It reads no Space yet."""
    context = click.get_current_context(silent=True)
    command = context.command_path.partition(" ")[2] if context else ""
    console.emit("start", command=command, version=__version__)
    return workspace.open_workspace(
        env=env,
        debug=debug,
        space=space,
        project_id=project_id,
        token_file=token_file,
        observer=ConsoleObserver(),
        runtime=Runtime(
            while_reading=leaving_at_once,
            while_prefetching=_short_thread_slices,
            while_connected=giving_back,
            while_writing=stopping_in_order,
        ),
        embed=embedded_space,
        stdin=_stdin,
    )
