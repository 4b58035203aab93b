"""Resources that other states of the same Space manage: local ones and shared ones."""

from collections.abc import Iterator
from functools import partial

from reconciler.core.errors import ReconcilerError
from reconciler.core.text import printable
from reconciler.engine.environments import holders, other_records
from reconciler.engine.network import access_of
from reconciler.engine.state_location import configured_state, open_state, state_label, state_path
from reconciler.engine.workspace import Workspace
from reconciler.space.target import LOCAL, Target
from reconciler.state.checks import ForeignRecord
from reconciler.state.record import State
from reconciler.state.registry import is_shared, store_at

_Owners = dict[tuple[str, str], str]


def held_elsewhere(workspace: Workspace, where: Target) -> _Owners:
    """Return the owner of each resource in other states, by kind and id in lower case.

    StateError if another environment keeps its record in the same shared place, and that one cannot
    be read. A record in another place that cannot be read is reported and left out.
    """
    if where.space == LOCAL:
        return {}
    own = state_path(workspace, where)
    local = holders(
        other_records(
            workspace.root, workspace.project, own, space=where.space, project_id=where.project
        )
    )
    return {**local, **_held_in_shared_places(workspace, where)}


def _shared_names(workspace: Workspace, where: Target) -> Iterator[tuple[str, str, str]]:
    """Yield the shared places of the project file: location, name of the record, its owner.

    A place that all environments share may hold a record of a run without an environment, too.
    """
    project = workspace.project
    if project is None:
        return
    for name, environment in project.environments.items():
        written = environment.state or project.state or ""
        if is_shared(written):
            yield written, name, f"environment '{name}'"
    if project.state and is_shared(project.state):
        name = state_label(where)
        yield project.state, name, f"the record {printable(name)} in {printable(project.state)}"


def _held_in_shared_places(workspace: Workspace, where: Target) -> _Owners:
    own_location = configured_state(workspace)
    own_place = ""
    owners: _Owners = {}
    for written, name, owner in _shared_names(workspace, where):
        own_place = own_place or open_state(workspace, where).place
        try:
            state = _read(workspace, where, written, name, own_place=own_place)
        except ForeignRecord:
            continue
        except ReconcilerError as error:
            if written == own_location:
                raise
            workspace.observer.note(
                f"it is unknown what {owner} manages: {printable(error.message)}"
            )
            continue
        for record in state.resources.values() if state else ():
            owners[record.address.kind, record.id.lower()] = owner
    return owners


def _read(
    workspace: Workspace, where: Target, written: str, name: str, *, own_place: str
) -> State | None:
    """Return the record with this name; None if it is this run's own."""
    store = store_at(
        written,
        file=workspace.root / name,  # not used: the location is shared
        folder=workspace.root,
        environment=name,
        space=where.space,
        project=where.project,
        environ=workspace.environ,
        notify=workspace.observer.waiting,
        reach=partial(access_of, workspace),
    )
    return None if store.place == own_place else store.read()
