"""Parts of a kind's block about requests: paths below a base, the envelope of answers, read-only lists."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, field

_Block = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Envelope:
    """How an answer wraps a resource: its fields are in the object ``content``.

    ``beside`` are fields that stand outside of that object. ``renamed`` maps a field of the kind to
    its name inside, where both the wrapper and the object use one name (``id``).
    """

    content: str
    beside: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadOnlyList:
    """A list that belongs to a resource and that only the Space writes.

    ``example`` is an element without its id, as the local Space has it.
    """

    path: str
    description: str = ""
    example: Mapping[str, Any] = field(default_factory=dict)


def paths_in(block: _Block) -> dict[str, Any]:
    """Return the paths of the block, each with the kind's own base before it if it has one."""
    base = block.get("base", "")

    def whole(path: str) -> str:
        return base + path if path else ""

    item = block.get("item", "")
    return {
        "collection": whole(block.get("collection", "")),
        "item": whole(item),
        "lookup": whole(block.get("lookup", "")),
        "deletion": whole(block.get("delete", item)),
        "parents": {name: whole(path) for name, path in block.get("parents", {}).items()},
    }


def envelope_in(block: _Block) -> Envelope | None:
    """Return the envelope of answers, if the block names one."""
    written = block.get("envelope")
    if written is None:
        return None
    return Envelope(written["field"], tuple(written.get("beside", ())), written.get("renamed", {}))


def lists_in(block: _Block) -> dict[str, ReadOnlyList]:
    """Return the read-only lists of the block, by name."""
    base = block.get("base", "")
    return {
        name: ReadOnlyList(base + one["path"], one.get("description", ""), one.get("example", {}))
        for name, one in block.get("lists", {}).items()
    }
