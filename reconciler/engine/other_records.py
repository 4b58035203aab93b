"""Resources that other local states of the same Space manage."""

from reconciler.engine.environments import holders, other_records
from reconciler.engine.state_location import state_path
from reconciler.engine.workspace import Workspace
from reconciler.space.target import LOCAL, Target


def held_elsewhere(workspace: Workspace, where: Target) -> dict[tuple[str, str], str]:
    """Return the owner of each resource in other local states, by kind and id in lower case."""
    if where.space == LOCAL:
        return {}
    own = state_path(workspace, where)
    return holders(
        other_records(
            workspace.root, workspace.project, own, space=where.space, project_id=where.project
        )
    )
