"""Composes a resource: fragments in order, then its own spec, with the origin of each field."""

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.kinds import Compose
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import Desired, Origin, Place
from reconciler.manifest.compose.fields import (
    Field,
    Fields,
    check_order,
    check_sizes,
    child_origins,
    fields_of,
    wrapped,
)
from reconciler.manifest.compose.fragments import Library
from reconciler.manifest.compose.provenance import Origins
from reconciler.manifest.compose.variables import ENVIRONMENT
from reconciler.manifest.document import Document, Path, key_place, mark_at, place_of
from reconciler.manifest.validate.envelope import Manifest


@dataclass(slots=True)
class _Merge:
    """Fields given by fragments so far, their own references, and whether all were resolved."""

    given: dict[str, Field] = field(default_factory=dict)
    brought: dict[str, Field] = field(default_factory=dict)
    whole: bool = True


class _Reference(NamedTuple):
    """A fragment's name, the path to report problems at, and the document that holds it."""

    name: str
    path: Path
    document: Document
    at: Path

    @property
    def place(self) -> Place:
        """Position of the name."""
        return place_of(self.document, self.at)

    @property
    def written(self) -> str:
        """The name as written."""
        return mark_at(self.document, self.at).text or ""


def _references(reference: Field, path: Path) -> list[_Reference]:
    """Fragment names in a field such as ``presets``; ``path`` is where problems are reported."""
    document, value = reference.document, reference.value
    if isinstance(value, str):
        return [_Reference(value, path, document, reference.path)]
    if not isinstance(value, list):
        return []
    return [
        _Reference(name, (*path, index), document, (*reference.path, index))
        for index, name in enumerate(value)
        if isinstance(name, str)
    ]


def _missing(manifest: Manifest, library: Library, kind: str, reference: _Reference) -> None:
    if not library.complete or reference.place in manifest.findings.told:
        return
    if ENVIRONMENT in reference.written:
        message, hint = (
            f"there is no {kind} of the name that {reference.written!r} stands for",
            "correct the variable",
        )
    else:
        message, hint = library.missing(kind, reference.name)
    manifest.findings.add(reference.path, message, hint=hint, place=reference.place)


def _lay(
    manifest: Manifest, library: Library, compose: Compose, *, merge: _Merge, later: set[str]
) -> None:
    """Merge the fragments named by one field over the fields so far."""
    reference = merge.given[compose.field]
    for one in _references(reference, ("spec", compose.field)):
        layer = library.layer(manifest.checker, compose.kind, one.name)
        if layer is None:
            merge.whole = False
            if not reference.via:
                _missing(manifest, library, compose.kind, one)
            continue
        if library.wrong(compose.kind, one.name):
            message = f"{compose.kind} '{one.name}' has errors"
            manifest.findings.add(one.path, message, hint="correct it first", place=one.place)
        for misfit in layer.misfits:
            manifest.findings.add(one.path, misfit.message, hint=misfit.hint, place=one.place)
        for given, value in layer.fields.items():
            (merge.brought if given in later else merge.given)[given] = value


def _merged(manifest: Manifest, library: Library) -> tuple[Fields, bool]:
    """The manifest's final fields, and whether every fragment it names was resolved."""
    own = fields_of(manifest.findings.document)
    if not any(compose.field in own for compose in manifest.kind.compose):
        return own, True
    merge = _Merge()
    later = {compose.field for compose in manifest.kind.compose}
    for compose in manifest.kind.compose:
        later.discard(compose.field)
        merge.given.pop(compose.field, None)
        reference = own[compose.field] if compose.field in own else merge.brought.get(compose.field)
        if reference:
            merge.given[compose.field] = reference
            _lay(manifest, library, compose, merge=merge, later=later)
    return (
        Fields(manifest.findings.document, given=merge.given) if merge.given else own
    ), merge.whole


def _elsewhere(manifest: Manifest, name: str) -> str:
    """The fragments that may give field ``name``, as the end of a hint; '' if there is none."""
    kinds = manifest.checker.kinds
    titles = [one.kind for one in manifest.kind.compose if name in kinds[one.kind].fields]
    return f", or in a {' or '.join(titles)} that is used here" if titles else ""


def _check_required(manifest: Manifest, fields: Fields) -> None:
    document = manifest.findings.document
    where: Path = ("spec",) if isinstance(manifest.spec, dict) else ("metadata", "name")
    for name in manifest.kind.required:
        if name not in fields:
            manifest.findings.add(
                ("spec", name),
                "this is required and missing",
                hint=f"write {name} here{_elsewhere(manifest, name)}",
                place=place_of(document, where),
            )


_OPTIONAL = ("renamedFrom", "protect")


class _Positions:
    """Computes the origins of a resource from its file: its values need not be kept for that."""

    __slots__ = ("_file", "_inherited", "_kind", "_marking", "_metadata", "_number", "_own")

    def __init__(self, manifest: Manifest, fields: Fields, library: Library) -> None:
        document = manifest.findings.document
        self._kind = manifest.kind
        self._file, self._marking, self._number = document.file, document.marking, document.number
        self._own = library.shared(fields.own)
        self._inherited = fields.inherited
        metadata = document.value["metadata"]
        self._metadata = tuple(key for key in _OPTIONAL if metadata.get(key) is not None)

    def __call__(self) -> dict[str, Origin]:
        document = Document(self._file, None, self._marking, self._number)
        here = Origin(place_of(document, ("metadata", "name")))
        origins = {"": here, "metadata.name": here}
        for key in self._metadata:
            origins[f"metadata.{key}"] = Origin(place_of(document, ("metadata", key)))
        own = {name: Field(None, document, ("spec", name)) for name in self._own}
        for name, one in {**self._inherited, **own}.items():
            if name not in self._kind.children:
                origins[name] = Origin(one.place, one.via)
                continue
            # A name that is not in the list has no position of its own; the list starts at its
            # first item.
            origins |= {
                name: Origin(key_place(one.document, one.path), one.via),
                **child_origins(name, one),
            }
        return origins


def _desired(manifest: Manifest, fields: Fields, library: Library) -> Desired:
    kind, kinds = manifest.kind, manifest.checker.kinds
    plain = fields.plain
    sent, lists = library.fields_in(kind, tuple(plain))
    metadata = manifest.findings.document.value["metadata"]
    return Desired(
        manifest.address,
        wrapped(kind, {name: plain[name] for name in sent}),
        Origins(_Positions(manifest, fields, library)),
        {
            name: tuple(wrapped(kinds[child], item) for item in plain[name])
            for name, child in lists.items()
        },
        library.shared_labels(metadata.get("labels") or {}),
        metadata.get("protect") or False,
        metadata.get("renamedFrom"),
    )


def check_references(manifest: Manifest, library: Library) -> None:
    """Add a problem for each undeclared fragment that a fragment names (a preset's theme)."""
    named: dict[str, str] = {}
    for kind in manifest.checker.kinds.values():
        named |= {compose.field: compose.kind for compose in kind.compose}
    for name, reference in fields_of(manifest.findings.document).items():
        if name not in named or name not in manifest.kind.fields:
            continue
        for one in _references(reference, ("spec", name)):
            if one.name not in library.manifests.get(named[name], {}):
                _missing(manifest, library, named[name], one)


def compose(manifest: Manifest, library: Library) -> Desired | None:
    """The desired resource of ``manifest`` and its fragments; None if problems were added."""
    spec = manifest.spec
    if spec is not None and not isinstance(spec, dict):
        return None
    fields, whole = _merged(manifest, library)
    if whole and (spec is not None or not manifest.findings.failed):
        _check_required(manifest, fields)
    check_order(manifest, fields)
    check_sizes(manifest, fields)
    return (
        None
        if manifest.findings.failed or not manifest.name
        else _desired(manifest, fields, library)
    )
