"""SARIF rules: the meaning of each finding, and what to do."""

from collections.abc import Mapping
from typing import Literal

from reconciler.core.named_tuple import NamedTuple

Level = Literal["error", "warning", "note"]


class Rule(NamedTuple):
    """A rule: title, meaning, and what to do."""

    title: str
    meaning: str
    mend: str
    level: Level = "error"


UNREADABLE = "manifest/unreadable"
ENVELOPE = "manifest/envelope"
FIELD = "manifest/field"
CHANGED = "drift/changed"
CONFLICT = "drift/conflict"
MISSING = "drift/missing"
REPLACED = "drift/replaced"

PROBLEM_RULES: Mapping[str, Rule] = {
    UNREADABLE: Rule(
        "A file is no manifest",
        "The file, or a document in it, cannot be read as YAML or JSON that declares resources.",
        "Correct the place that the message names. "
        "`reconciler validate` shows the source line with a caret.",
    ),
    ENVELOPE: Rule(
        "A manifest does not say what it declares",
        "apiVersion, kind or metadata is missing, wrong, or clashes with another manifest.",
        "A manifest has apiVersion, kind, metadata.name and spec. "
        "`reconciler explain KIND.metadata` lists what metadata takes.",
    ),
    FIELD: Rule(
        "A field cannot be what is written",
        "The field is unknown, or its value is not one that the Video API takes.",
        "`reconciler explain KIND.FIELD` shows type, limits, allowed values and an example.",
    ),
}
DRIFT_RULES: Mapping[str, Rule] = {
    CHANGED: Rule(
        "A field was changed outside",
        "The value in the Space is not the one that was last applied: it was changed there.",
        "To undo it run `reconciler apply`. To keep it run `reconciler pull KIND/NAME`, which writes the live value into the manifest.",
        "warning",
    ),
    CONFLICT: Rule(
        "A field was changed outside and in the manifest",
        "The manifest and the Space both changed since the last apply, to different values.",
        "To keep the live value run `reconciler pull KIND/NAME`. To keep the manifest run `reconciler apply`.",
    ),
    MISSING: Rule(
        "A managed resource was deleted outside",
        "The resource was created or adopted with this tool, and the Space no longer has it.",
        "To restore it run `reconciler apply`: it is created again, with a new id. "
        "To accept the deletion run `reconciler pull KIND/NAME --drop-deleted`.",
    ),
    REPLACED: Rule(
        "A managed resource was deleted and recreated outside",
        "The Space has a resource of this name and kind "
        "with another id than the one that was applied.",
        "To adopt the new one run `reconciler apply --adopt KIND/NAME`. "
        "Links that hold the old id are broken either way.",
    ),
}
