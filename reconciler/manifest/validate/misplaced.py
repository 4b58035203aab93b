"""Messages about known keys in the wrong part of a manifest, most of them wrongly indented."""

from reconciler.core.kinds import Kind
from reconciler.core.text import count
from reconciler.manifest.document import Document, Findings, Path, key_place, mark_at, source_line


def _part_of(path: Path, key: str, kind: Kind) -> str:
    """The part of the manifest where ``key`` belongs, if not at ``path``; empty if unknown."""
    metadata = kind.schema.get("properties", {}).get("metadata", {})
    reference = str(metadata.get("$ref", "")).rpartition("/")[2]
    inside_metadata = (kind.schema.get("$defs", {}).get(reference) or metadata).get(
        "properties", {}
    )
    if key in inside_metadata and path != ("metadata",):
        return "metadata"
    return "spec" if key in kind.fields and path != ("spec",) else ""


def _is_first(document: Document, path: Path) -> bool:
    """Whether the key at ``path`` is the first text of its line: a block mapping."""
    place = key_place(document, path)
    return not source_line(document.file, place.line)[: place.column - 1].strip()


def _is_empty(document: Document, path: Path) -> bool:
    mark = mark_at(document, path)
    return mark.text == "" and not mark.style


def _too_deep(document: Document, path: Path, key: str) -> tuple[str, str]:
    """Message and hint for a key of the first level that is inside another key."""
    outer = str(path[0])
    message = f"this belongs beside {outer!r}, not in it"
    if not _is_first(document, (*path, key)):
        return message, f"move it out of {outer!r}"
    spaces = key_place(document, (*path, key)).column - key_place(document, (outer,)).column
    remove = f"remove the {count(spaces, 'space')} before '{key}:'"
    if _is_empty(document, (*path, key)):
        return message, f"{remove}, and leave the lines below it as they are"
    return message, f"{remove}, and as many before the lines that belong to it"


def empty_above(findings: Findings, path: Path, kind: Kind | None) -> bool:
    """Whether the value at ``path`` is empty because its keys are not indented."""
    document = findings.document
    return (
        kind is not None
        and len(path) == 1
        and _is_empty(document, path)
        and any(
            key not in kind.schema.get("properties", {}) and _part_of((), key, kind) == path[0]
            for key in document.value
        )
    )


def follows_misplaced(findings: Findings, path: Path, key: str, kind: Kind | None) -> bool:
    """Whether ``key`` gets its right place when the empty key above it moves out of ``path``."""
    document = findings.document
    if kind is None or len(path) != 1:
        return False
    part = _part_of(path, key, kind)
    inside = document.value[path[0]]
    return part in inside and _is_empty(document, (*path, part))


def misplaced_key(
    findings: Findings, path: Path, key: str, *, kind: Kind
) -> tuple[str, str] | None:
    """Message and hint for a key that belongs to another part of the manifest; else None."""
    document = findings.document
    if len(path) == 1 and key in kind.schema.get("properties", {}):
        return _too_deep(document, path, key)
    part = _part_of(path, key, kind)
    if not part:
        return None
    hint = f"move it to {part}.{key}"
    if not path and part in document.value and _is_empty(document, (part,)):
        hint = f"indent it by 2 spaces, below '{part}:'"
    return f"this belongs under {part!r}", hint
