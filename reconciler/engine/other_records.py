"""What other records of the same Space hold."""

from reconciler.engine.environments import holders, other_records
from reconciler.engine.state_location import state_path
from reconciler.engine.workspace import Workspace
from reconciler.space.target import LOCAL, Target


def held_elsewhere(workspace: Workspace, where: Target) -> dict[tuple[str, str], str]:
    """Whose a resource is that another local record of the same Space holds, by kind and id in lower case."""
    if where.space == LOCAL:
        return {}
    own = state_path(workspace, where)
    return holders(
        other_records(
            workspace.root, workspace.project, own, space=where.space, project_id=where.project
        )
    )
