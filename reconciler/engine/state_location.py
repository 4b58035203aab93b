"""Finds and opens the state of a workspace: its file, its label, its backend."""

from functools import partial
from pathlib import Path

from reconciler.core.kinds import resources
from reconciler.engine.credentials import resolve_target
from reconciler.engine.environments import FOLDER, check_begun
from reconciler.engine.workspace import Workspace, relative_path
from reconciler.space.target import LOCAL, Target
from reconciler.state.store import StateStore


def configured_state(workspace: Workspace) -> str:
    """Return ``state`` of reconciler.yaml; '' if unset, and for ``--space local``."""
    if workspace.space == LOCAL:
        return ""
    for section in (workspace.environment, workspace.project):
        if section and section.state:
            return section.state
    return ""


def _state_mode(workspace: Workspace) -> str:
    """Return who may read and write a local state; '' if unset."""
    for section in (workspace.environment, workspace.project):
        if section and section.state_mode:
            return section.state_mode
    return ""


def _label(workspace: Workspace, target: Target) -> str:
    """Return the state's name: the environment, else the Space."""
    if workspace.env and workspace.space != LOCAL:
        return workspace.env
    return state_label(target)


def state_label(target: Target) -> str:
    """Return the name of a Space's state where no environment is named."""
    return target.space.replace(":", "_").replace("[", "").replace("]", "")


def state_path(workspace: Workspace, target: Target) -> Path:
    """Return the state file: as configured, else one per environment or Space.

    ``--space local`` has a file of its own, so that a trial never mixes with a real Space.
    """
    configured = configured_state(workspace)
    file = configured or f"{FOLDER}/{_label(workspace, target)}.state.json"
    return relative_path(workspace.root / file)


def open_state(workspace: Workspace, target: Target) -> StateStore:
    """Open the state that belongs to ``target``."""
    # Imported here: commands that use no Space need none of these.
    from reconciler.engine.base_branch import check_state  # noqa: PLC0415
    from reconciler.engine.network import access_of  # noqa: PLC0415
    from reconciler.state.registry import is_shared, store_at  # noqa: PLC0415

    configured = configured_state(workspace)
    file = state_path(workspace, target)
    check_state(configured, workspace.environ)
    if target.space != LOCAL and not is_shared(configured):
        check_begun(workspace.root, workspace.project, file, target)
    return store_at(
        configured,
        file=file,
        folder=workspace.root,
        environment=_label(workspace, target),
        space=target.space,
        project=target.project,
        kinds={kind.name for kind in resources(workspace.kinds)},
        environ=workspace.environ,
        notify=workspace.observer.waiting,
        reach=partial(access_of, workspace),
        owner=workspace.env or "",
        owners=workspace.project.environments if workspace.project else (),
        mode=_state_mode(workspace),
    )


def has_state_file(workspace: Workspace, target: Target) -> bool:
    """Whether a local state file exists: an earlier run used this Space. May raise OSError."""
    return state_path(workspace, target).is_file()


def recorded_state(workspace: Workspace) -> StateStore:
    """Open the state for commands that send no request: they need no token."""
    return open_state(workspace, resolve_target(workspace, sends=False))
