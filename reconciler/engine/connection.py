"""An open connection to the one Space that is meant, to be read or to be written, and the record that goes with it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from wsgiref.types import WSGIApplication

from reconciler.core.errors import ReconcilerError, UsageError
from reconciler.core.kinds import resources
from reconciler.engine.network import access_to
from reconciler.engine.workspace import (
    Workspace,
    connect_target,
    has_record,
    local_database,
    open_state,
    request_trace,
)
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


def application_of(session: Workspace, where: Target) -> WSGIApplication | None:
    """The embedded local Space, where that is meant; it comes with the extra [local]."""
    if where.space != LOCAL:
        return None
    if session.embed is None:
        raise UsageError("the local Space is not available here", hint="name a Space, or serve one")
    database = local_database(session)
    if not database.parent.is_dir():
        database.parent.mkdir(mode=0o700, parents=True)
        database.parent.chmod(0o700)  # whatever the umask
    return session.embed(database, session.kinds)


@contextmanager
def open_reader(
    session: Workspace, *, parallel: int = 10, on_wait: OnWait | None = None
) -> Iterator[Connection]:
    """A Space that can only be read meanwhile."""
    where = connect_target(session)
    application, access = application_of(session, where), access_to(session, where)
    asking = reader(
        where,
        application=application,
        parallel=parallel,
        trace=request_trace(session),
        on_wait=on_wait or session.observer.waiting,
        access=access,
    )
    with session.runtime.while_reading(), asking as client:
        yield Connection(where, client, open_state(session, where))


@contextmanager
def open_reader_prefetching(
    session: Workspace, *, on_wait: OnWait | None = None
) -> Iterator[Connection]:
    """As ``reading``; the lists of what is there are on their way already, while the state is read."""
    with open_reader(session, on_wait=on_wait) as world:
        if world.target.space == LOCAL:  # no network, nothing to wait for
            yield world
            return
        wanted = [kind.name for kind in resources(session.kinds)]
        with (
            session.runtime.while_prefetching(),
            listings(world.client, session.kinds, wanted=wanted) as lists,
        ):
            yield replace(world, lists=lists)


@contextmanager
def loaded_and_read(
    session: Workspace, load: Callable[[], Loaded]
) -> Iterator[tuple[Loaded, Connection]]:
    """What ``load`` gives, and the Space as ``reading_ahead`` has it.

    Where a record says that this Space was asked before, its lists are asked for while the manifests are read: nothing else is
    sent, and of a run whose manifests are wrong nothing is looked at. Otherwise nothing is sent before they are known to be right.
    """
    if not _was_asked_before(session):
        loaded = load()
        with open_reader_prefetching(session) as world:
            yield loaded, world
        return
    right = threading.Event()
    with open_reader_prefetching(
        session, on_wait=lambda text: session.observer.waiting(text) if right.is_set() else None
    ) as world:
        loaded = load()
        right.set()
        yield loaded, world


def _was_asked_before(session: Workspace) -> bool:
    try:
        where = connect_target(session)
        return where.space != LOCAL and has_record(session, where)
    except (ReconcilerError, OSError):
        return False  # what is wrong is told once the manifests are right


@contextmanager
def open_writer(session: Workspace, *, parallel: int) -> Iterator[tuple[Connection, Writer]]:
    """A Space that can be written meanwhile."""
    where = connect_target(session)
    application, access = application_of(session, where), access_to(session, where)
    asking = writer(
        where,
        application=application,
        parallel=parallel,
        trace=request_trace(session),
        on_wait=session.observer.waiting,
        access=access,
    )
    with asking as client, session.runtime.while_connected(client.cancel):
        yield Connection(where, client, open_state(session, where)), client
