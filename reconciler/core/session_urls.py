"""URLs in sessions. A URL gives access to the picture, so each is a Secret shown as its host."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from reconciler.core.regex import regex
from reconciler.core.resources import Attributes, Secret

_LONGEST = 4096
UNUSABLE = "(no usable address)"
_THE_SPACE = "the Space"
PREVIEW = "preview_url"
_PLAIN = regex(r"[!-\[\]-~]+")  # printable ASCII without blanks and backslashes
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
_HOST = regex(r"[A-Za-z0-9.-]+|[0-9a-fA-F:.]+")


def is_plain(url: str) -> bool:
    """Whether ``url`` has the length and characters of a URL."""
    return len(url) <= _LONGEST and _PLAIN.fullmatch(url) is not None


def _host(url: str) -> str:
    """Return the host to show for a URL; UNUSABLE if it cannot be fetched."""
    if not is_plain(url):
        return UNUSABLE
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return UNUSABLE
    if not parts.scheme and not parts.netloc:
        return _THE_SPACE
    fetched = parts.scheme == "https" or (parts.scheme == "http" and host in _THIS_MACHINE)
    return host if fetched and _HOST.fullmatch(host) else UNUSABLE


def address(value: Any) -> Secret | None:
    """Return ``value`` as a Secret shown as its host; None if it is no URL."""
    if isinstance(value, Secret):
        return value
    return Secret(value, _host(value)) if isinstance(value, str) and value else None


def with_secret_urls(session: Attributes) -> dict[str, Any]:
    """Turn every URL in a session into a Secret."""
    return {
        name: address(value) if name == PREVIEW else _with_secrets(value)
        for name, value in session.items()
    }


def _with_secrets(value: Any) -> Any:
    if isinstance(value, str):
        return address(value) if "://" in value else value
    if isinstance(value, Mapping):
        return {name: _with_secrets(item) for name, item in value.items()}
    return [_with_secrets(item) for item in value] if isinstance(value, list) else value
