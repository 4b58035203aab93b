"""Manifests in YAML and JSON: read with positions, validated, composed of presets and themes; and the project file."""

from reconciler.manifest.load import Loaded, load
from reconciler.manifest.project import (
    Connection,
    Environment,
    Project,
    Safety,
    Written,
    connection,
    environment_named,
    find_project,
    load_project,
)

__all__ = [
    "Connection",
    "Environment",
    "Loaded",
    "Project",
    "Safety",
    "Written",
    "connection",
    "environment_named",
    "find_project",
    "load",
    "load_project",
]
