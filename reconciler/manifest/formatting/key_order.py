"""Canonical key order: the schema's, with references first and sub-resources last."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from reconciler.core.kinds import Kind, Kinds, Schema, resolve


class Shape(NamedTuple):
    """Key order at one position of a document (empty: the author's), and the shapes below."""

    root: Schema
    schema: Schema
    order: tuple[str, ...] = ()

    def below(self, step: str | int) -> "Shape":
        """Shape of the value under a key, or of list items."""
        inner = (
            self.schema.get("items", {})
            if isinstance(step, int)
            else self.schema.get("properties", {}).get(step, {})
        )
        found = resolve(inner, self.root) if isinstance(inner, dict) else {}
        if step == "spec" and self.schema is self.root:
            return Shape(self.root, found, self.order)
        return Shape(self.root, found)

    @property
    def keys(self) -> tuple[str, ...]:
        """The known keys, in order."""
        return (
            self.order
            if self.order and self.schema is not self.root
            else tuple(self.schema.get("properties", {}))
        )


NO_SHAPE = Shape({}, {})


def field_order(kind: Kind) -> tuple[str, ...]:
    """Fields of a spec: appliesTo, references, own fields, sub-resources."""
    fields = list(kind.fields)
    first = [
        name
        for name in (kind.applies_to, *(compose.field for compose in kind.compose))
        if name in fields
    ]
    # Fragments refer to fragments too (a preset to its theme), by the same fields as resources.
    last = [name for name in fields if name in kind.children]
    return (*first, *(name for name in fields if name not in {*first, *last}), *last)


def shape_of(document: Any, kinds: Kinds) -> Shape:
    """Shape of a document by its kind; empty for an unknown kind."""
    kind = kinds.get(str(document.get("kind"))) if isinstance(document, dict) else None
    if kind is None:
        return NO_SHAPE
    compose = [
        part.field
        for other in kinds.values()
        for part in other.compose
        if part.field in kind.fields
    ]
    order = field_order(kind)
    front = [name for name in order if name == kind.applies_to] + list(dict.fromkeys(compose))
    return Shape(kind.schema, kind.schema, (*front, *(name for name in order if name not in front)))


def in_order(names: Sequence[str], known: Sequence[str]) -> list[int]:
    """Indexes of ``names`` in the order of ``known``; unknown ones last, in their own order."""
    ranks = {name: rank for rank, name in enumerate(known)}
    return sorted(range(len(names)), key=lambda index: (ranks.get(names[index], len(ranks)), index))
