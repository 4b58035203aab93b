"""What a run that was given a part of the project's manifests does not delete: what the rest of them declares."""

import os
from collections.abc import Mapping
from functools import cache

from reconciler.cli.console import tell
from reconciler.cli.loading import has_errors, load_manifests
from reconciler.cli.session import Session, manifest_paths, search_rules
from reconciler.core.declared import Address
from reconciler.core.model import Plan
from reconciler.core.text import count
from reconciler.manifest import Loaded, gather

MOST_SHOWN = 5


def _declared_elsewhere(session: Session, loaded: Loaded) -> Mapping[Address, str] | None:
    """What the project declares in files that are not among those ``loaded``, and in which.

    None where that cannot be told, since something is wrong with the others. A project that names no manifests declares nothing.
    """
    if not (session.project and (session.project.manifests or (session.environment and session.environment.manifests))):
        return {}
    named = {os.path.realpath(file) for file in loaded.files}
    every, problems = gather(manifest_paths(session, ()), None, search_rules(session))
    if not problems and named.issuperset(os.path.realpath(source.name) for source in every):
        return {}
    whole = load_manifests(session, (), unset=set())
    if has_errors(whole):
        return None
    places = {one.address: one.origins[""].place.file for one in whole.desired}
    return {address: file for address, file in places.items() if os.path.realpath(file) not in named}


def spared(session: Session, loaded: Loaded, plan: Plan) -> set[Address]:
    """What ``plan`` would delete only because the files that declare it were not named; it is told once."""
    deleted = {action.address for action in plan.actions if action.action == "delete"}
    elsewhere = _declared_elsewhere(session, loaded) if deleted else {}
    if elsewhere is None:
        what = f"{count(len(deleted), 'deletion')} left out"
        _tell_once(f"{what}: the project's other manifests may declare this, and something is wrong with them; see: reconciler validate")
        return deleted
    left = deleted & elsewhere.keys()
    if left:
        shown = [f"{address} ({elsewhere[address]})" for address in sorted(left)[:MOST_SHOWN]]
        more = f" and {len(left) - len(shown)} more" if len(left) > len(shown) else ""
        _tell_once(f"Left alone, declared in files that were not named: {', '.join(shown)}{more}")
    return left


@cache  # a plan is made again before and after it is carried out
def _tell_once(text: str) -> None:
    tell(text)
