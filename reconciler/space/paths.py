"""Builds request paths from templates and checked parts: no id or name can redirect them."""

from urllib.parse import quote

from reconciler.core.errors import ReconcilerError
from reconciler.core.regex import regex
from reconciler.core.text import is_uuid, printable

_BASE = "/api/video"
_API = "/api/"  # of every base; no path of the Video API begins with it

_NAME = regex(r"[A-Za-z0-9_-]+")
_PLACEHOLDER = regex(r"\{(\w+)\}")
# No segment is empty or starts with a dot, which excludes '.' and '..'.
_PATH = regex(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+")


def is_name(text: object) -> bool:
    """Whether ``text`` is a resource name: letters, digits, '_', '-', and not a UUID."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None and not is_uuid(text)


def whole_path(path: str) -> str:
    """``path`` below the Video API's base; unchanged if it begins with an API's own base."""
    return path if path.startswith(_API) else _BASE + path


def checked(path: str) -> str:
    """Return ``path``. ReconcilerError for an empty, dotted or otherwise invalid segment."""
    if _PATH.fullmatch(path) is None:
        raise ReconcilerError(f"{printable(path)!r} is not a path of the API; nothing was sent")
    return path


def checked_item(path: str) -> str:
    """Return ``path``. ReconcilerError unless it names one resource by id."""
    # A write or deletion must never address a collection.
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
            f"{printable(str(value))!r} cannot stand for {{{placeholder}}} in {template}: {wanted} is expected; nothing was sent",
            hint="ids come from the Space or from the state; was the state edited by hand?"
            if placeholder == "id"
            else "",
        )
    return quote(str(value), safe="")


def expand(template: str, **parts: str) -> str:
    """Fill in the placeholders of ``template``: ``{id}`` by a UUID, others by a name.

    ReconcilerError names a missing or invalid part.
    """
    return checked(
        _PLACEHOLDER.sub(lambda found: _part(template, found[1], parts.get(found[1], "")), template)
    )
