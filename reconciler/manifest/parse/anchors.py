"""Anchored values of a document, and limits on what their aliases expand to."""

from typing import Any

from reconciler.core.named_tuple import NamedTuple
from reconciler.manifest.document import MAX_DEPTH, MAX_NODES, Span
from reconciler.manifest.parse.events import Token, Unreadable

# A few nested aliases can expand to billions of values ("billion laughs").
_MAX_ALIASED = 100_000


class Anchored(NamedTuple):
    """An anchored value with its span, the number of values in it, and its nesting height."""

    value: Any
    span: Span
    nodes: int
    height: int


class Anchors:
    """Anchors of the current document; ``expanded`` counts the values of all aliases in the file."""

    def __init__(self) -> None:
        self.expanded = 0
        self._values: dict[str, Anchored | None] = {}

    def clear(self) -> None:
        """Forget all anchors: they end with their document."""
        self._values = {}

    def begin(self, name: str) -> None:
        """Note an anchor whose value is still being read: an alias to it would be a cycle."""
        self._values[name] = None

    def define(self, name: str, anchored: Anchored) -> None:
        """Set the value of an anchor; a later anchor of the same name replaces it."""
        self._values[name] = anchored

    def problem(self, name: str) -> tuple[str, str] | None:
        """Message and hint for an alias that has no value; None if it has one."""
        if self._values.get(name) is not None:
            return None
        if name in self._values:
            return f"the anchor '&{name}' contains itself", f"remove '*{name}' from its own value"
        message = f"there is no anchor '&{name}' before this alias"
        return message, "quote the text if it is not meant as an alias"

    def expand(self, alias: Token, *, nodes: int, depth: int) -> Anchored:
        """The value of a valid alias. Unreadable if it expands too far or nests too deep."""
        anchored = self._values[alias.anchor]
        assert anchored is not None
        self.expanded += anchored.nodes
        if self.expanded > _MAX_ALIASED or nodes + self.expanded > MAX_NODES:
            message = (
                f"the aliases (*NAME) of this file stand for more than {_MAX_ALIASED:,} values"
            )
            raise Unreadable(
                alias.line, alias.column, message, hint="use fewer aliases, or a Preset"
            )
        if depth + anchored.height > MAX_DEPTH:
            message = f"this alias nests too deep: more than {MAX_DEPTH} levels"
            hint = "write the value here, without the alias"
            raise Unreadable(alias.line, alias.column, message, hint=hint)
        return anchored
