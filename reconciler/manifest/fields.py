"""The fields that a resource ends up with, each with where it was written, and the rules that concern several of them."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from reconciler.core.kinds import Kind
from reconciler.core.model import Origin, Place, Secret
from reconciler.manifest.documents import Document, Mark
from reconciler.manifest.envelope import Manifest
from reconciler.manifest.instants import instant_fault, moment


class Field(NamedTuple):
    """A field's value, the mark of it, its file, and the fragment that it came by (``preset webinar``)."""

    value: Any
    mark: Mark
    file: str
    via: str = ""

    @property
    def place(self) -> Place:
        """Where the value stands."""
        return Place(self.file, self.mark.line, self.mark.column)


Fields = Mapping[str, Field]


def fields_of(document: Document, *, via: str = "") -> dict[str, Field]:
    """The fields of a document's spec; none where it has no mapping there."""
    spec = document.value.get("spec")
    if not isinstance(spec, dict) or not isinstance(document.mark.inside, dict):
        return {}
    marks = document.mark.inside["spec"][2].inside
    if not isinstance(marks, dict):
        return {}
    file = document.file.name
    return {name: Field(value, marks[name][2], file, via) for name, value in spec.items()}


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and instant_fault(value) is None


def check_order(manifest: Manifest, fields: Fields) -> None:
    """Adds a problem at both places where a moment that must be later than another is not."""
    for first, last in manifest.kind.ordered:
        one, other = fields.get(first), fields.get(last)
        if one is None or other is None or not (_is_moment(one.value) and _is_moment(other.value)):
            continue
        if moment(other.value) > moment(one.value):
            continue
        of = f" of {manifest.address}" if one.via or other.via else ""
        hint = f"write a {last} that is later than {first}; as it is, nobody could ever join"
        manifest.findings.add(("spec", last), f"{last}{of} must be later than {first} ({one.place})", hint=hint, place=other.place)
        manifest.findings.add(("spec", first), f"{first}{of} must be earlier than {last} ({other.place})", hint=hint, place=one.place)


def check_sizes(manifest: Manifest, fields: Fields) -> None:
    """Adds a problem where a field is too long once it is serialised as compact JSON."""
    for name, limit in manifest.kind.serialized_max.items():
        found = fields.get(name)
        if found is None or not isinstance(found.value, dict | list):
            continue
        size = len(json.dumps(found.value, ensure_ascii=False, separators=(",", ":")))
        if size > limit:
            message = f"this is {size:,} characters long when serialised as JSON; at most {limit:,} are allowed"
            manifest.findings.add(("spec", name), message, hint=f"shorten it by {size - limit:,}", place=found.place)


def wrapped(kind: Kind, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The same attributes with each secret as a Secret."""
    return {name: Secret(value) if name in kind.secret and isinstance(value, str) else value for name, value in attributes.items()}


def child_origins(name: str, field: Field) -> dict[str, Origin]:
    """Where each item of a list of sub-resources was written, and each of its attributes."""
    origins: dict[str, Origin] = {}
    for index, mark in enumerate(field.mark.inside if isinstance(field.mark.inside, list) else ()):
        path = f"{name}[{index}]"
        origins[path] = Origin(Place(field.file, mark.line, mark.column), field.via)
        for key, (_, _, inner) in (mark.inside if isinstance(mark.inside, dict) else {}).items():
            origins[f"{path}.{key}"] = Origin(Place(field.file, inner.line, inner.column), field.via)
    return origins
