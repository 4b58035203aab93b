"""Canonical key order: the schema's, with references first and sub-resources last."""

from collections.abc import Sequence
from typing import Any

from reconciler.core.kinds import Kind, Kinds, Schema, resolve
from reconciler.core.named_tuple import NamedTuple


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
    # Fragments refer to fragments too (a preset to its theme), by the same fields as resources.
    references = [kind.applies_to, *(compose.field for compose in kind.compose)]
    order = dict.fromkeys(name for name in references if name in kind.fields)
    order |= dict.fromkeys(name for name in kind.fields if name not in kind.children)
    order |= dict.fromkeys(name for name in kind.fields if name in kind.children)
    return tuple(order)


def shape_of(document: Any, kinds: Kinds) -> Shape:
    """Shape of a document by its kind; empty for an unknown kind."""
    kind = kinds.get(str(document.get("kind"))) if isinstance(document, dict) else None
    if kind is None:
        return NO_SHAPE
    order = field_order(kind)
    front = dict.fromkeys(name for name in order if name == kind.applies_to)
    for other in kinds.values():
        front |= dict.fromkeys(part.field for part in other.compose if part.field in kind.fields)
    return Shape(kind.schema, kind.schema, tuple(front | dict.fromkeys(order)))


def in_order(names: Sequence[str], known: Sequence[str]) -> list[int]:
    """Indexes of ``names`` in the order of ``known``; unknown ones last, in their own order."""
    ranks = {name: rank for rank, name in enumerate(known)}
    return sorted(range(len(names)), key=lambda index: (ranks.get(names[index], len(ranks)), index))
