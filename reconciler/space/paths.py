"""Paths of requests: built from templates and checked parts, so that no id or name can lead elsewhere."""

import re
from urllib.parse import quote

from reconciler.core.errors import ReconcilerError
from reconciler.core.text import printable

BASE = "/api/video"

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# No segment is empty or starts with a dot, so none is '.' or '..'.
_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+")


def is_uuid(text: object) -> bool:
    """Whether ``text`` is a UUID in its usual spelling, and nothing around it."""
    return isinstance(text, str) and len(text) == 36 and _UUID.fullmatch(text) is not None


def is_name(text: object) -> bool:
    """Whether ``text`` can be a resource's name: letters, digits, '_' and '-', and not the shape of an id."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None and not is_uuid(text)


def checked(path: str) -> str:
    """``path`` itself. A ReconcilerError where a segment is empty, dotted or holds a character that paths here never hold."""
    if _PATH.fullmatch(path) is None:
        raise ReconcilerError(
            f"{printable(path)!r} is not a path of the Video API; nothing was sent"
        )
    return path


def checked_item(path: str) -> str:
    """``path`` itself. A ReconcilerError where it names no single resource by id: a collection is never written over or deleted."""
    if not any(is_uuid(segment) for segment in checked(path).split("/")):
        raise ReconcilerError(f"{printable(path)!r} names no single resource; nothing was sent")
    return path


def _part(template: str, placeholder: str, value: object) -> str:
    fits, wanted = (
        (is_uuid, "an id (a UUID)")
        if placeholder == "id"
        else (is_name, "a name (letters, digits, '_' and '-', not the shape of an id)")
    )
    if not fits(value):
        raise ReconcilerError(
            f"{printable(str(value))!r} cannot stand for {{{placeholder}}} in {template}: {wanted} is wanted; nothing was sent",
            hint="ids come from the Space or from the state; was the state edited by hand?"
            if placeholder == "id"
            else "",
        )
    return quote(str(value), safe="")


def expand(template: str, **parts: str) -> str:
    """``template`` (``/rooms/{id}``) with its placeholders filled in: ``{id}`` by a UUID, any other by a name.

    A ReconcilerError names a part that is missing or cannot be part of a path.
    """
    return checked(
        _PLACEHOLDER.sub(lambda found: _part(template, found[1], parts.get(found[1], "")), template)
    )
