"""Reads the lists of a resource that only the Space writes, such as its addresses."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.kinds import Kind
from reconciler.core.resources import Live
from reconciler.core.session_urls import with_secret_urls
from reconciler.space.client import Reader
from reconciler.space.paths import expand


def read_only_lists(
    reader: Reader, kind: Kind, live: Live
) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """Return the lists of ``live`` by name. URLs are secrets, as in sessions. Raises ApiError."""
    lists = {}
    for name, described in kind.lists.items():
        elements: list[Mapping[str, Any]] = []
        for page in reader.pages(expand(described.path, id=live.id), page_size=None):
            elements += map(with_secret_urls, page)
        lists[name] = tuple(elements)
    return lists
