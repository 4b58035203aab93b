"""Maps a resource's field to its document and path."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import Place
from reconciler.core.value_diff import MISSING_VALUE
from reconciler.manifest.document import Document, Path, Source, is_harmless
from reconciler.manifest.editing.apply import read_source
from reconciler.manifest.editing.operations import (
    Put,
    Remove,
    copied,
    value_at,
    with_value,
    without,
)
from reconciler.manifest.validate.schema import checker_for


class DocumentRef(NamedTuple):
    """A document: file, number (from 0) and value without substitution."""

    source: Source
    document: int
    value: Any


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Source files with their documents."""

    files: dict[str, tuple[Source, list[Document]]]

    def spot(self, place: Place) -> DocumentRef:
        """The document that contains ``place``."""
        source, documents = self.files[place.file]
        number = (
            bisect_right(documents, place[1:], key=lambda one: (one.mark.line, one.mark.column)) - 1
        )
        return DocumentRef(source, number, documents[number].value)

    def documents(self) -> list[DocumentRef]:
        """All documents, in order."""
        references: list[DocumentRef] = []
        for source, found in self.files.values():
            references += [DocumentRef(source, index, one.value) for index, one in enumerate(found)]
        return references


def source_map_of(sources: Sequence[Source]) -> SourceMap:
    """Parse ``sources``. Uneditable if one has problems."""
    return SourceMap({source.name: (source, read_source(source)[1]) for source in sources})


def path_of(spot: DocumentRef, field: str, kinds: Kinds) -> Path:
    """Path of ``field`` in a document: in its spec, or in an object flattened by fragments."""
    spec = spot.value.get("spec") or {}
    kind = kinds.get(str(spot.value.get("kind")))
    if field not in spec and kind and kind.flatten:
        for outer in spec:
            inner = field.removeprefix(f"{outer}{kind.flatten}")
            if inner != field:
                return ("spec", outer, inner)
    return ("spec", field)


def fits(kind: Kind, kinds: Kinds, field: str, value: Any) -> bool:
    """Whether ``value`` is valid for ``field`` in a manifest of ``kind``."""
    properties = kind.schema["properties"]["spec"].get("properties", {})
    errors = checker_for(kind, kinds).validator.descend({field: value}, {"properties": properties})
    return field in properties and next(iter(errors), None) is None


def may_show(line: str) -> bool:
    """Whether a line certainly holds no credential."""
    return all(is_harmless(line[at : at + 1_000]) for at in range(0, max(len(line), 1), 500))


def patched(document: Any, path: Path, edits: Sequence[Put | Remove]) -> Any:
    """Value at ``path`` after ``edits``; MISSING_VALUE if there is none."""
    try:
        for edit in edits:
            document = (
                without(document, edit.path)
                if isinstance(edit, Remove)
                else with_value(document, edit.path, edit.value)
            )
        return copied(value_at(document, path))
    except LookupError:
        return MISSING_VALUE
