"""The order of keys in tidy manifests: that of the kinds' schemas, what composes first and sub-resources last."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from reconciler.core.kinds import Kind, Kinds, Schema, resolve


class Shape(NamedTuple):
    """What a schema says of one place in a document: the order of its keys (none: the author's), and what is below."""

    root: Schema
    schema: Schema
    order: tuple[str, ...] = ()

    def below(self, step: str | int) -> "Shape":
        """The shape of the value under a key, or of the items of a list."""
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
        """The keys that are known here, in their order."""
        return (
            self.order
            if self.order and self.schema is not self.root
            else tuple(self.schema.get("properties", {}))
        )


NO_SHAPE = Shape({}, {})


def field_order(kind: Kind) -> tuple[str, ...]:
    """The fields of a spec: who may use it, what it is composed of, its own fields, its sub-resources."""
    fields = list(kind.fields)
    first = [
        name
        for name in (kind.applies_to, *(compose.field for compose in kind.compose))
        if name in fields
    ]
    # Fragments name fragments too (a preset its theme), by the fields that resources use for it.
    last = [name for name in fields if name in kind.children]
    return (*first, *(name for name in fields if name not in {*first, *last}), *last)


def shape_of(document: Any, kinds: Kinds) -> Shape:
    """The shape of a document by the kind that it names; of none where it names none that is known."""
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
    """The indexes of ``names`` in the order of ``known``; what is not known comes last, in its own order."""
    ranks = {name: rank for rank, name in enumerate(known)}
    return sorted(range(len(names)), key=lambda index: (ranks.get(names[index], len(ranks)), index))
