"""Typed functions for programs: load, observe, plan, apply, drift, watch. They print nothing."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

from reconciler import catalog
from reconciler.core.consent import Consent
from reconciler.core.errors import ManifestError
from reconciler.core.kinds import Kinds
from reconciler.core.mass_changes import Limits, RecentChanges
from reconciler.core.plan_model import Outcome, Plan
from reconciler.core.refusal import Refusal
from reconciler.core.resources import Address, Live, has_errors
from reconciler.engine.connection import Connection
from reconciler.engine.project_kinds import kinds_at
from reconciler.engine.resource_facts import Fact
from reconciler.engine.runtime import Runtime, Stop
from reconciler.engine.site_plan import SitePlan
from reconciler.engine.space_facts import known_facts
from reconciler.engine.workspace import Workspace
from reconciler.manifest.load import Loaded
from reconciler.manifest.load import load as load_paths
from reconciler.manifest.load_values import load_values as load_from_memory
from reconciler.site import Site
from reconciler.space.client import writer
from reconciler.space.target import target
from reconciler.state.backends.local import LocalState
from reconciler.state.held import HeldState
from reconciler.state.store import StateStore


def kinds(*paths: str | os.PathLike[str]) -> Kinds:
    """Return the kinds of the tool, and those in the schema files and folders at ``paths``.

    ``paths`` are what ``kinds`` of reconciler.yaml names. ReconcilerError says what is wrong with a
    file.
    """
    return kinds_at(paths)


def load(
    paths: Sequence[str | os.PathLike[str]],
    *,
    variables: Mapping[str, str] | None = None,
    kinds: Kinds | None = None,
) -> Loaded:
    """Load the manifests at ``paths``.

    ``${env:NAME}`` is read from the process environment, ``${var:NAME}`` from ``variables``.
    ``kinds`` are those of the tool, unless ``kinds()`` gave others. ManifestError holds every
    problem; warnings are in ``problems`` of the result.
    """
    found = load_paths(
        [os.fspath(path) for path in paths],
        kinds=kinds or catalog.kinds(),
        variables=variables or {},
        environment=os.environ,
    )
    if has_errors(found.problems):
        raise ManifestError(found.problems)
    return found


def load_values(values: Mapping[str, Any], *, kinds: Kinds | None = None) -> Loaded:
    """Load manifests from values in memory, by the name of each source; there may be none.

    A value is a mapping as in a manifest file; its texts stand for themselves. Nothing is raised:
    ``desired`` holds the valid ones, ``problems`` what is wrong, with the source as
    ``place.file``, and ``wrong`` the resources that a plan therefore leaves as they are.
    """
    return load_from_memory(values, kinds=kinds or catalog.kinds())


def connect(
    space: str,
    *,
    project: str,
    token: str,
    state: str | os.PathLike[str] | StateStore,
    parallel: int = 10,
    application: WSGIApplication | None = None,
    limits: Limits | None = None,
    kinds: Kinds | None = None,
) -> Site:
    """Open the Space at ``space`` (``example.signalwire.com``, or a loopback ``HOST:PORT``).

    ``state`` is a file or a store. ``application`` is an embedded Space (``space`` is ``local``
    then). ``limits`` are those of mass changes. ``kinds`` are those that the manifests were loaded
    with. CredentialsError for unusable settings.
    """
    where = target(space, project=project, token=token)
    store = (
        state
        if not isinstance(state, str | os.PathLike)
        else LocalState(Path(state), space=where.space, project=where.project)
    )
    client = writer(where, application=application, parallel=parallel)
    stop = Stop()
    workspace = Workspace(
        kinds or catalog.kinds(),
        Path.cwd(),
        None,
        None,
        None,
        {},
        space,
        project,
        None,
        debug=False,
        runtime=Runtime(while_writing=stop.while_writing),
        own_limits=limits,
    )
    connection = Connection(where, client, HeldState(store), facts=known_facts(workspace, where))
    return Site(connection, client, workspace, parallel, stop)


__all__ = [
    "Address",
    "Consent",
    "Fact",
    "Limits",
    "Live",
    "Loaded",
    "Outcome",
    "Plan",
    "RecentChanges",
    "Refusal",
    "Site",
    "SitePlan",
    "connect",
    "kinds",
    "load",
    "load_values",
]
