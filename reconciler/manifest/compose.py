"""Resources as they end up: fragments in their order, then the resource's own spec, and for each field where it came from."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reconciler.core.kinds import Compose
from reconciler.core.model import Desired, Origin, Place
from reconciler.manifest.documents import Path, mark_at
from reconciler.manifest.envelope import Manifest
from reconciler.manifest.fields import Field, Fields, check_order, check_sizes, child_origins, fields_of, wrapped
from reconciler.manifest.fragments import Library
from reconciler.manifest.variables import ENVIRONMENT


@dataclass(slots=True)
class _Merge:
    """The fields gathered so far, the references to fragments that fragments brought, and whether all could be followed."""

    fields: dict[str, Field] = field(default_factory=dict)
    brought: dict[str, Field] = field(default_factory=dict)
    whole: bool = True


class _Reference(NamedTuple):
    """The name of a fragment, where it stands, and how it was written there."""

    name: str
    path: Path
    place: Place
    written: str


def _references(reference: Field, path: Path) -> list[_Reference]:
    """The names that a field such as ``presets`` or ``theme`` holds."""
    if isinstance(reference.value, str):
        return [_Reference(reference.value, path, reference.place, reference.mark.text or "")]
    if not isinstance(reference.value, list) or not isinstance(reference.mark.inside, list):
        return []
    pairs = enumerate(zip(reference.value, reference.mark.inside, strict=True))
    return [
        _Reference(name, (*path, index), Place(reference.file, mark.line, mark.column), mark.text or "")
        for index, (name, mark) in pairs
        if isinstance(name, str)
    ]


def _missing(manifest: Manifest, library: Library, kind: str, reference: _Reference) -> None:
    if not library.complete or reference.place in manifest.findings.told:
        return
    if ENVIRONMENT in reference.written:
        message, hint = f"there is no {kind} of the name that {reference.written!r} stands for", "correct the variable"
    else:
        message, hint = library.missing(kind, reference.name)
    manifest.findings.add(reference.path, message, hint=hint, place=reference.place)


def _lay(manifest: Manifest, library: Library, compose: Compose, *, merge: _Merge, later: set[str]) -> None:
    """Lays what the fragments named by one field give over what is there."""
    reference = merge.fields.get(compose.field)
    if reference is None:
        return
    for one in _references(reference, ("spec", compose.field)):
        layer = library.layer(manifest.checker, compose.kind, one.name)
        if layer is None:
            merge.whole = False
            if not reference.via:
                _missing(manifest, library, compose.kind, one)
            continue
        for misfit in layer.misfits:
            manifest.findings.add(one.path, misfit.message, hint=misfit.hint, place=one.place)
        for given, value in layer.fields.items():
            (merge.brought if given in later else merge.fields)[given] = value


def _merged(manifest: Manifest, library: Library) -> _Merge:
    own = fields_of(manifest.findings.document)
    merge = _Merge()
    later = {compose.field for compose in manifest.kind.compose}
    for compose in manifest.kind.compose:
        later.discard(compose.field)
        reference = own.get(compose.field) or merge.brought.get(compose.field)
        merge.fields.pop(compose.field, None)
        if reference:
            merge.fields[compose.field] = reference
            _lay(manifest, library, compose, merge=merge, later=later)
    merge.fields.update(own)
    return merge


def _check_required(manifest: Manifest, fields: Fields) -> None:
    document = manifest.findings.document
    where: Path = ("spec",) if isinstance(manifest.spec, dict) else ("metadata", "name")
    for name in manifest.kind.required:
        if name not in fields:
            mark = mark_at(document, where)
            place = Place(document.file.name, mark.line, mark.column)
            manifest.findings.add(
                ("spec", name), "this is required and missing", hint=f"write {name} here, or in a fragment that is used here", place=place
            )


def _origins(manifest: Manifest, fields: Fields) -> dict[str, Origin]:
    here = Origin(manifest.place)
    origins = {"": here, "metadata.name": here}
    document = manifest.findings.document
    for key in ("renamedFrom", "protect"):
        if manifest.metadata(key) is not None:
            mark = mark_at(document, ("metadata", key))
            origins[f"metadata.{key}"] = Origin(Place(document.file.name, mark.line, mark.column))
    for name, one in fields.items():
        origins[name] = Origin(one.place, one.via)
        if name in manifest.kind.children:
            origins |= child_origins(name, one)
    return origins


def _desired(manifest: Manifest, fields: Fields) -> Desired:
    kind, kinds = manifest.kind, manifest.checker.kinds
    values: dict[str, Any] = {name: fields[name].value for name in kind.attributes if name in fields}
    lists = {name: child for name, child in kind.children.items() if name in fields}
    return Desired(
        manifest.address,
        wrapped(kind, values),
        _origins(manifest, fields),
        {name: tuple(wrapped(kinds[child], item) for item in fields[name].value) for name, child in lists.items()},
        manifest.metadata("labels") or {},
        manifest.metadata("protect") or False,
        manifest.metadata("renamedFrom"),
    )


def check_references(manifest: Manifest, library: Library) -> None:
    """Adds a problem for each fragment that a fragment names (a preset its theme) and that is not declared."""
    named = {compose.field: compose.kind for kind in manifest.checker.kinds.values() for compose in kind.compose}
    for name, reference in fields_of(manifest.findings.document).items():
        if name not in named or name not in manifest.kind.fields:
            continue
        for one in _references(reference, ("spec", name)):
            if one.name not in library.manifests.get(named[name], {}):
                _missing(manifest, library, named[name], one)


def compose(manifest: Manifest, library: Library) -> Desired | None:
    """The resource that ``manifest`` and the fragments it names declare; None, with the problems noted, where they do not fit."""
    spec = manifest.spec
    if spec is not None and not isinstance(spec, dict):
        return None
    merge = _merged(manifest, library)
    if merge.whole and (spec is not None or not manifest.findings.failed):
        _check_required(manifest, merge.fields)
    check_order(manifest, merge.fields)
    check_sizes(manifest, merge.fields)
    return None if manifest.findings.failed or not manifest.name else _desired(manifest, merge.fields)
