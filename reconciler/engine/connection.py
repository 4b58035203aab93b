"""Opens the Space's client together with its state."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.core.deferred_dataclass import dataclass, field, replace
from reconciler.core.errors import ReconcilerError, UsageError
from reconciler.core.kinds import listed_kinds
from reconciler.engine.credentials import resolve_target
from reconciler.engine.network import access_to
from reconciler.engine.space_facts import known_facts
from reconciler.engine.state_location import has_state_file, open_state
from reconciler.engine.workspace import Workspace, local_database, request_trace
from reconciler.executor.known_facts import KnownFacts
from reconciler.manifest.load import Loaded
from reconciler.space.client import Reader, Writer, reader, writer
from reconciler.space.observe import Listing
from reconciler.space.prefetch import listings
from reconciler.space.target import LOCAL, Target
from reconciler.state.store import StateStore

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

_OnWait = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Connection:
    """An open client of one Space and its state.

    ``lists`` are the lists already being fetched, by kind, ``facts`` what a probe found out about the Space.
    """

    target: Target
    client: Reader
    state: StateStore
    lists: Mapping[str, Listing] = field(default_factory=dict)
    facts: KnownFacts = field(default_factory=KnownFacts)


def application_of(workspace: Workspace, target: Target) -> "WSGIApplication | None":
    """Return the embedded local Space, if it is the target. It needs the extra [local]."""
    if target.space != LOCAL:
        return None
    if workspace.embed is None:
        raise UsageError("the local Space is not available here", hint="name a Space, or serve one")
    database = local_database(workspace)
    if not database.parent.is_dir():
        database.parent.mkdir(mode=0o700, parents=True)
        database.parent.chmod(0o700)  # mkdir applies the umask
    return workspace.embed(database, workspace.kinds)


@contextmanager
def open_reader(
    workspace: Workspace, *, parallel: int = 10, on_wait: _OnWait | None = None
) -> Iterator[Connection]:
    """Open the Space for reading."""
    target = resolve_target(workspace)
    application, access = application_of(workspace, target), access_to(workspace, target)
    client_context = reader(
        target,
        application=application,
        parallel=parallel,
        clock=workspace.runtime.clock,
        trace=request_trace(workspace),
        on_wait=on_wait or workspace.observer.waiting,
        access=access,
    )
    with workspace.runtime.while_reading(), client_context as client:
        facts = known_facts(workspace, target)
        yield Connection(target, client, open_state(workspace, target), facts=facts)


@contextmanager
def _open_reader_prefetching(
    workspace: Workspace, *, on_wait: _OnWait | None = None
) -> Iterator[Connection]:
    """Open the Space for reading, and fetch its lists while the state is read."""
    with open_reader(workspace, on_wait=on_wait) as connection:
        if connection.target.space == LOCAL:  # no network, nothing to wait for
            yield connection
            return
        wanted = listed_kinds(workspace.kinds, ())
        with (
            workspace.runtime.while_prefetching(),
            listings(connection.client, workspace.kinds, wanted=wanted) as lists,
        ):
            yield replace(connection, lists=lists)


@contextmanager
def load_and_connect(
    workspace: Workspace, load: Callable[[], Loaded]
) -> Iterator[tuple[Loaded, Connection]]:
    """Load manifests with ``load`` and open the Space as ``_open_reader_prefetching`` does.

    If a state file exists, lists are fetched while manifests are loaded; nothing else is sent. A
    first run sends nothing before its manifests are valid.
    """
    if not _is_known_space(workspace):
        loaded = load()
        with _open_reader_prefetching(workspace) as connection:
            connection.client.hidden.declare(loaded.desired, loaded.fragments.values())
            yield loaded, connection
        return
    manifests_valid = threading.Event()

    def on_wait(reason: str) -> None:
        if manifests_valid.is_set():
            workspace.observer.waiting(reason)

    with _open_reader_prefetching(workspace, on_wait=on_wait) as connection:
        loaded = load()
        connection.client.hidden.declare(loaded.desired, loaded.fragments.values())
        manifests_valid.set()
        yield loaded, connection


def _is_known_space(workspace: Workspace) -> bool:
    try:
        target = resolve_target(workspace)
        return target.space != LOCAL and has_state_file(workspace, target)
    except (ReconcilerError, OSError):
        return False  # reported once the manifests are valid


@contextmanager
def open_writer(workspace: Workspace, *, parallel: int) -> Iterator[tuple[Connection, Writer]]:
    """Open the Space for writing."""
    target = resolve_target(workspace)
    application, access = application_of(workspace, target), access_to(workspace, target)
    client_context = writer(
        target,
        application=application,
        parallel=parallel,
        clock=workspace.runtime.clock,
        trace=request_trace(workspace),
        on_wait=workspace.observer.waiting,
        access=access,
    )
    with client_context as client, workspace.runtime.while_connected(client.cancel):
        facts = known_facts(workspace, target)
        yield Connection(target, client, open_state(workspace, target), facts=facts), client
