"""An open connection to the one Space that is meant, to be read or to be written, and the record that goes with it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from wsgiref.types import WSGIApplication

from reconciler.core.errors import ReconcilerError, UsageError
from reconciler.core.kinds import resources
from reconciler.engine.credentials import resolve_target
from reconciler.engine.network import access_to
from reconciler.engine.state_location import has_state_file, open_state
from reconciler.engine.workspace import Workspace, local_database, request_trace
from reconciler.manifest.load import Loaded
from reconciler.space.client import Reader, Writer, reader, writer
from reconciler.space.observe import Listing
from reconciler.space.prefetch import listings
from reconciler.space.target import LOCAL, Target
from reconciler.state.store import StateStore

OnWait = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection to one Space and the state that goes with it; ``lists`` of what is there, where they were begun already."""

    target: Target
    client: Reader
    state: StateStore
    lists: tuple[Listing, ...] = ()


def application_of(workspace: Workspace, where: Target) -> WSGIApplication | None:
    """The embedded local Space, where that is meant; it comes with the extra [local]."""
    if where.space != LOCAL:
        return None
    if workspace.embed is None:
        raise UsageError("the local Space is not available here", hint="name a Space, or serve one")
    database = local_database(workspace)
    if not database.parent.is_dir():
        database.parent.mkdir(mode=0o700, parents=True)
        database.parent.chmod(0o700)  # whatever the umask
    return workspace.embed(database, workspace.kinds)


@contextmanager
def open_reader(
    workspace: Workspace, *, parallel: int = 10, on_wait: OnWait | None = None
) -> Iterator[Connection]:
    """A Space that can only be read meanwhile."""
    where = resolve_target(workspace)
    application, access = application_of(workspace, where), access_to(workspace, where)
    asking = reader(
        where,
        application=application,
        parallel=parallel,
        trace=request_trace(workspace),
        on_wait=on_wait or workspace.observer.waiting,
        access=access,
    )
    with workspace.runtime.while_reading(), asking as client:
        yield Connection(where, client, open_state(workspace, where))


@contextmanager
def open_reader_prefetching(
    workspace: Workspace, *, on_wait: OnWait | None = None
) -> Iterator[Connection]:
    """As ``reading``; the lists of what is there are on their way already, while the state is read."""
    with open_reader(workspace, on_wait=on_wait) as connection:
        if connection.target.space == LOCAL:  # no network, nothing to wait for
            yield connection
            return
        wanted = [kind.name for kind in resources(workspace.kinds)]
        with (
            workspace.runtime.while_prefetching(),
            listings(connection.client, workspace.kinds, wanted=wanted) as lists,
        ):
            yield replace(connection, lists=lists)


@contextmanager
def load_and_connect(
    workspace: Workspace, load: Callable[[], Loaded]
) -> Iterator[tuple[Loaded, Connection]]:
    """What ``load`` gives, and the Space as ``reading_ahead`` has it.

    Where a record says that this Space was asked before, its lists are asked for while the manifests are read: nothing else is
    sent, and of a run whose manifests are wrong nothing is looked at. Otherwise nothing is sent before they are known to be right.
    """
    if not _was_asked_before(workspace):
        loaded = load()
        with open_reader_prefetching(workspace) as connection:
            yield loaded, connection
        return
    right = threading.Event()
    with open_reader_prefetching(
        workspace, on_wait=lambda text: workspace.observer.waiting(text) if right.is_set() else None
    ) as connection:
        loaded = load()
        right.set()
        yield loaded, connection


def _was_asked_before(workspace: Workspace) -> bool:
    try:
        where = resolve_target(workspace)
        return where.space != LOCAL and has_state_file(workspace, where)
    except (ReconcilerError, OSError):
        return False  # what is wrong is told once the manifests are right


@contextmanager
def open_writer(workspace: Workspace, *, parallel: int) -> Iterator[tuple[Connection, Writer]]:
    """A Space that can be written meanwhile."""
    where = resolve_target(workspace)
    application, access = application_of(workspace, where), access_to(workspace, where)
    asking = writer(
        where,
        application=application,
        parallel=parallel,
        trace=request_trace(workspace),
        on_wait=workspace.observer.waiting,
        access=access,
    )
    with asking as client, workspace.runtime.while_connected(client.hurry):
        yield Connection(where, client, open_state(workspace, where)), client
