"""Keeps resources declared in project files that were not passed to this run."""

import os
from collections.abc import Mapping

from reconciler.core.plan_model import Plan
from reconciler.core.resources import Address, has_errors
from reconciler.core.text import count
from reconciler.engine.manifests import load_manifests
from reconciler.engine.workspace import Workspace, manifest_paths, search_rules
from reconciler.manifest.discovery import find_files
from reconciler.manifest.load import Loaded

_MOST_SHOWN = 5


def _addresses_in_other_files(workspace: Workspace, loaded: Loaded) -> Mapping[Address, str] | None:
    """Return addresses declared in the project's other files, with their file.

    None if those files have errors. Empty if the project configures no manifests.
    """
    if workspace.project is None:
        return {}
    sections = (workspace.project, workspace.environment)
    if not any(section is not None and section.manifests for section in sections):
        return {}
    named = {os.path.realpath(file) for file in loaded.files}
    every, problems = find_files(manifest_paths(workspace, ()), None, search_rules(workspace))
    if not problems and named.issuperset(os.path.realpath(source.name) for source in every):
        return {}
    project = load_manifests(workspace, (), missing_variables=set())
    if has_errors(project.problems):
        return None
    elsewhere = {}
    for one in project.desired:
        file = one.origins[""].place.file
        if os.path.realpath(file) not in named:
            elsewhere[one.address] = file
    return elsewhere


def declared_elsewhere(workspace: Workspace, loaded: Loaded, plan: Plan) -> set[Address]:
    """Return deletions in ``plan`` whose declaring files were not passed; reported once."""
    deleted = {action.address for action in plan.actions if action.action == "delete"}
    elsewhere = _addresses_in_other_files(workspace, loaded) if deleted else {}
    if elsewhere is None:
        what = f"{count(len(deleted), 'deletion')} left out"
        workspace.note_once(
            f"{what}: the project's other manifests may declare this, but they have errors; see: reconciler validate"
        )
        return deleted
    kept_back = deleted & elsewhere.keys()
    if kept_back:
        shown = [f"{address} ({elsewhere[address]})" for address in sorted(kept_back)[:_MOST_SHOWN]]
        more = f" and {len(kept_back) - len(shown)} more" if len(kept_back) > len(shown) else ""
        workspace.note_once(
            f"Not changed, declared in files that were not named: {', '.join(shown)}{more}"
        )
    return kept_back
