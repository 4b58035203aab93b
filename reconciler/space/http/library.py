"""The HTTP library: the one module that imports it. ``httpcore2`` has the same names: put it here to change over."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore as library

__all__ = ["library", "unlogged"]

_ours = threading.local()


@contextmanager
def unlogged() -> Iterator[None]:
    """Keep what the library does in here out of every log: it would tell the fields of heads, with secrets among them."""
    _ours.depth = getattr(_ours, "depth", 0) + 1
    try:
        yield
    finally:
        _ours.depth -= 1


def _is_not_ours(_record: logging.LogRecord) -> bool:
    return not getattr(_ours, "depth", 0)


# A filter, not a level: the requests of the program around this one are logged as it says.
for _name in ("connection", "http11", "proxy"):
    logging.getLogger(f"{library.__name__}.{_name}").addFilter(_is_not_ours)
