"""What a run that was given a part of the project's manifests does not delete: what the rest of them declares."""

import os
from collections.abc import Mapping

from reconciler.core.plan_model import Plan
from reconciler.core.resources import Address
from reconciler.core.text import count
from reconciler.engine.manifests import has_errors, load_manifests
from reconciler.engine.workspace import Workspace, manifest_paths
from reconciler.manifest.discovery import find_files
from reconciler.manifest.load import Loaded

MOST_SHOWN = 5


def _addresses_in_other_files(session: Workspace, loaded: Loaded) -> Mapping[Address, str] | None:
    """What the project declares in files that are not among those ``loaded``, and in which.

    None where that cannot be told, since something is wrong with the others. A project that names no manifests declares nothing.
    """
    if not (
        session.project
        and (session.project.manifests or (session.environment and session.environment.manifests))
    ):
        return {}
    named = {os.path.realpath(file) for file in loaded.files}
    every, problems = find_files(manifest_paths(session, ()), None)
    if not problems and named.issuperset(os.path.realpath(source.name) for source in every):
        return {}
    whole = load_manifests(session, (), missing_variables=set())
    if has_errors(whole):
        return None
    places = {one.address: one.origins[""].place.file for one in whole.desired}
    return {
        address: file for address, file in places.items() if os.path.realpath(file) not in named
    }


def declared_elsewhere(session: Workspace, loaded: Loaded, plan: Plan) -> set[Address]:
    """What ``plan`` would delete only because the files that declare it were not named; it is told once."""
    deleted = {action.address for action in plan.actions if action.action == "delete"}
    elsewhere = _addresses_in_other_files(session, loaded) if deleted else {}
    if elsewhere is None:
        what = f"{count(len(deleted), 'deletion')} left out"
        session.note_once(
            f"{what}: the project's other manifests may declare this, and something is wrong with them; see: reconciler validate"
        )
        return deleted
    left = deleted & elsewhere.keys()
    if left:
        shown = [f"{address} ({elsewhere[address]})" for address in sorted(left)[:MOST_SHOWN]]
        more = f" and {len(left) - len(shown)} more" if len(left) > len(shown) else ""
        session.note_once(
            f"Left alone, declared in files that were not named: {', '.join(shown)}{more}"
        )
    return left
