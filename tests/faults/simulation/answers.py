"""Edits of what a Space answers about the resources of one kind, also inside an envelope."""

import json
import re
from collections.abc import Callable
from typing import Any

from reconciler.core.kinds import Kind

Told = list[dict[str, Any]]
Edit = Callable[[str, str, bytes], bytes]


def is_about(kind: Kind, path: str) -> bool:
    """Whether ``path`` is the list of a kind or one of its resources, and no list below one."""
    item = re.escape(kind.item).replace(r"\{id\}", "[^/]+")
    return path == kind.collection or re.fullmatch(item, path) is not None


def layers(kind: Kind, told: dict[str, Any]) -> Told:
    """Return the objects that may have the fields of a resource: its answer, and what an envelope holds."""
    return [told] if kind.envelope is None else [told, told[kind.envelope.content]]


def edit_of(kind: Kind, edit: Callable[[str, str, Told], Told]) -> Edit:
    """Return the edit of answers by which ``edit`` changes the resources of a kind.

    ``edit`` is given the method, the path and the resources; what it returns is what a list shows.
    """

    def edited(method: str, path: str, body: bytes) -> bytes:
        if not body or not is_about(kind, path):
            return body
        said = json.loads(body)
        if "data" in said:
            said["data"] = edit(method, path, said["data"])
        elif "id" in said:
            edit(method, path, [said])
        return json.dumps(said).encode()

    return edited
