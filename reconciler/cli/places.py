"""Places in plans start at the folder of reconciler.yaml: from whichever folder it is made, a plan of the same files is the same."""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

from reconciler.core.declared import Origin
from reconciler.core.model import Action, Plan


@cache
def _name(file: str, here: str, root: str) -> str:
    """``file``, which starts at the folder ``here``, from ``root`` on where it is in there."""
    path = Path(os.path.normpath(Path(here, file)))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file


def _moved(origin: Origin, here: str, root: str) -> Origin:
    return origin._replace(place=origin.place._replace(file=_name(origin.place.file, here, root)))


def from_root(plan: Plan, root: Path) -> Plan:
    """``plan`` with the places of its changes as they are named from ``root``."""
    here = str(Path.cwd())
    if here == str(root):
        return plan

    def moved(action: Action) -> Action:
        changes = tuple(
            replace(one, declared_at=_moved(one.declared_at, here, str(root))) if one.declared_at else one for one in action.changes
        )
        return replace(action, changes=changes)

    return replace(plan, actions=tuple(map(moved, plan.actions)))
