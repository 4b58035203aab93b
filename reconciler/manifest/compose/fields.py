"""Effective fields of a resource with their positions, and rules that span several fields."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from reconciler.core.kinds import Kind
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.normalize import ATOMS, utc_moment
from reconciler.core.resources import Origin, Place, Secret
from reconciler.manifest.compose.variables import FromEnvironment
from reconciler.manifest.document import Document, Path, Span, mark_at, place_of
from reconciler.manifest.validate.envelope import Manifest


class Field(NamedTuple):
    """A field's value, its position and document, and the fragment it came from."""

    value: Any
    document: Document
    path: Path
    via: str = ""

    @property
    def mark(self) -> Span:
        """The value's span."""
        return mark_at(self.document, self.path)

    @property
    def place(self) -> Place:
        """The value's position."""
        return place_of(self.document, self.path)


_NO_FIELDS: Mapping[str, Field] = MappingProxyType({})


class Fields(Mapping[str, Field]):
    """The fields of a document's spec over the ``given`` ones of fragments, created on access."""

    __slots__ = ("_document", "_given", "_own", "_via")

    def __init__(self, document: Document, *, given: Mapping[str, Field], via: str = "") -> None:
        spec = document.value.get("spec")
        self._document = document
        self._own: dict[str, Any] = spec if isinstance(spec, dict) else {}
        self._given = given
        self._via = via

    def __getitem__(self, name: str) -> Field:
        return (
            Field(self._own[name], self._document, ("spec", name), self._via)
            if name in self._own
            else self._given[name]
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._own if not self._given else {**self._given, **self._own})

    def __len__(self) -> int:
        return len(self._own.keys() | self._given.keys())

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self._given

    @property
    def own(self) -> tuple[str, ...]:
        """The names in the document itself."""
        return tuple(self._own)

    @property
    def inherited(self) -> Mapping[str, Field]:
        """The fields that fragments give."""
        if not self._given:
            return _NO_FIELDS
        return {name: one for name, one in self._given.items() if name not in self._own}

    @property
    def plain(self) -> Mapping[str, Any]:
        """The values without positions."""
        return (
            self._own
            if not self._given
            else {name: one.value for name, one in self._given.items()} | self._own
        )


def fields_of(document: Document, *, via: str = "") -> Fields:
    """The fields of a document's spec; empty if the spec is not a mapping."""
    return Fields(document, given=_NO_FIELDS, via=via)


def _is_moment(value: Any) -> bool:
    from reconciler.manifest.validate.timestamps import instant_fault  # noqa: PLC0415  # few resources have one

    return isinstance(value, str) and instant_fault(value) is None


def check_order(manifest: Manifest, fields: Fields) -> None:
    """Add a problem at both timestamps if one that must be later is not."""
    for first, last in manifest.kind.ordered:
        if first not in fields or last not in fields:
            continue
        one, other = fields[first], fields[last]
        if not (_is_moment(one.value) and _is_moment(other.value)):
            continue
        if utc_moment(other.value) > utc_moment(one.value):
            continue
        of = f" of {manifest.address}" if one.via or other.via else ""
        hint = f"write a {last} that is later than {first}; as it is, joining is never possible"
        manifest.findings.add(
            ("spec", last),
            f"{last}{of} must be later than {first} ({one.place})",
            hint=hint,
            place=other.place,
        )
        manifest.findings.add(
            ("spec", first),
            f"{first}{of} must be earlier than {last} ({other.place})",
            hint=hint,
            place=one.place,
        )


def check_sizes(manifest: Manifest, fields: Fields) -> None:
    """Add a problem for each field whose compact JSON is too long."""
    for name, limit in manifest.kind.serialized_max.items():
        if name not in fields or not isinstance((found := fields[name]).value, dict | list):
            continue
        size = len(json.dumps(found.value, ensure_ascii=False, separators=(",", ":")))
        if size > limit:
            message = f"this is {size:,} characters long when serialised as JSON; at most {limit:,} are allowed"
            manifest.findings.add(
                ("spec", name), message, hint=f"shorten it by {size - limit:,}", place=found.place
            )


def wrapped(kind: Kind, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes with secrets as Secret and environment texts shown as written."""
    if not kind.secret and ATOMS.issuperset(map(type, attributes.values())):
        return dict(attributes)
    return {
        name: Secret(str(value), parts=_parts(value))
        if name in kind.secret and isinstance(value, str)
        else _shaded(value)
        for name, value in attributes.items()
    }


def _parts(value: str) -> tuple[str, ...]:
    return value.parts if isinstance(value, FromEnvironment) else ()


def _shaded(value: Any) -> Any:
    if type(value) in ATOMS:
        return value
    if isinstance(value, FromEnvironment):
        return Secret(str(value), value.shown, value.parts)
    if isinstance(value, dict):
        return {name: _shaded(item) for name, item in value.items()}
    return (
        [_listed(item) for item in value]
        if isinstance(value, list) and _from_environment(value)
        else value
    )


def _from_environment(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(_from_environment, value.values() if isinstance(value, dict) else value))
    return isinstance(value, FromEnvironment)


def _listed(value: Any) -> Any:
    """A list with environment texts wrapped item by item."""
    # One wrapper around the list would show all items if the Space returned another order.
    if isinstance(value, str):
        shown = value.shown if isinstance(value, FromEnvironment) else value
        return Secret(str(value), shown, _parts(value))
    if isinstance(value, dict):
        return {name: _listed(item) for name, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list) else value


def child_origins(name: str, field: Field) -> dict[str, Origin]:
    """Positions of sub-resources in a list and of their attributes."""
    origins: dict[str, Origin] = {}
    inside, file = field.mark.inside, field.document.file.name
    for index, mark in enumerate(inside if isinstance(inside, list) else ()):
        path = f"{name}[{index}]"
        origins[path] = Origin(Place(file, mark.line, mark.column), field.via)
        for key, (_, _, inner) in (mark.inside if isinstance(mark.inside, dict) else {}).items():
            origins[f"{path}.{key}"] = Origin(Place(file, inner.line, inner.column), field.via)
    return origins
