"""Manifests in YAML and JSON: read with positions, validated, composed of presets and themes; and the project file."""

from typing import TYPE_CHECKING

from reconciler.core.lazy import names_at_home

if TYPE_CHECKING:
    from reconciler.manifest.documents import Path, Source
    from reconciler.manifest.editing import Append, Drop, Edit, Put, Remove, Uneditable, edited, literal, rewrite
    from reconciler.manifest.editing.manuscript import Manuscript, Spot, fits, manuscript_of, may_show, patched, path_of, siblings_of
    from reconciler.manifest.envelope import no_manifest
    from reconciler.manifest.formatting import formatted, is_manifest
    from reconciler.manifest.load import Loaded, load
    from reconciler.manifest.network import Network, Written, network, network_written
    from reconciler.manifest.patterns import is_pattern
    from reconciler.manifest.pipes import is_stream, read_once, standard_input
    from reconciler.manifest.project import (
        Connection,
        Environment,
        Project,
        Safety,
        connection,
        environment_named,
        load_project,
    )
    from reconciler.manifest.search_rules import SearchRules, one_name, outputs
    from reconciler.manifest.sources import digest_of, find_project, gather, nearly_project
    from reconciler.manifest.writing import manifest_text

__all__ = [
    "Append",
    "Connection",
    "Drop",
    "Edit",
    "Environment",
    "Loaded",
    "Manuscript",
    "Network",
    "Path",
    "Project",
    "Put",
    "Remove",
    "Safety",
    "SearchRules",
    "Source",
    "Spot",
    "Uneditable",
    "Written",
    "connection",
    "digest_of",
    "edited",
    "environment_named",
    "find_project",
    "fits",
    "formatted",
    "gather",
    "is_manifest",
    "is_pattern",
    "is_stream",
    "literal",
    "load",
    "load_project",
    "manifest_text",
    "manuscript_of",
    "may_show",
    "nearly_project",
    "network",
    "network_written",
    "no_manifest",
    "one_name",
    "outputs",
    "patched",
    "path_of",
    "read_once",
    "rewrite",
    "siblings_of",
    "standard_input",
]

names_at_home(
    __name__,
    {
        "documents": "Path Source",
        "editing": "Append Drop Edit Put Remove Uneditable edited literal rewrite",
        "editing.manuscript": "Manuscript Spot fits manuscript_of may_show patched path_of siblings_of",
        "formatting": "formatted is_manifest",
        "load": "Loaded load",
        "network": "Network Written network network_written",
        "project": "Connection Environment Project Safety connection environment_named load_project",
        "envelope": "no_manifest",
        "patterns": "is_pattern",
        "pipes": "is_stream read_once standard_input",
        "search_rules": "SearchRules one_name outputs",
        "sources": "digest_of find_project gather nearly_project",
        "writing": "manifest_text",
    },
)
