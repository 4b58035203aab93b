"""Makes the places in a plan relative to the folder of reconciler.yaml, so that plans from any folder are equal."""

import os
from functools import cache
from pathlib import Path

from reconciler.core.deferred_dataclass import replace
from reconciler.core.plan_model import Action, Plan
from reconciler.core.resources import Origin


@cache
def _name(file: str, here: str, root: str) -> str:
    """Return ``file``, relative to ``here``, relative to ``root`` if it is in ``root``."""
    path = Path(os.path.normpath(Path(here, file)))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file


def _moved(origin: Origin, here: str, root: str) -> Origin:
    return origin._replace(place=origin.place._replace(file=_name(origin.place.file, here, root)))


def from_root(plan: Plan, root: Path) -> Plan:
    """Return ``plan`` with the places of its changes relative to ``root``."""
    here = str(Path.cwd())
    if here == str(root):
        return plan

    def moved(action: Action) -> Action:
        changes = tuple(
            replace(one, declared_at=_moved(one.declared_at, here, str(root)))
            if one.declared_at
            else one
            for one in action.changes
        )
        return replace(action, changes=changes)

    return replace(plan, actions=tuple(map(moved, plan.actions)))
