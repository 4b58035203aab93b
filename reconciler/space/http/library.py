"""The only module that imports the HTTP library; ``httpcore2`` would be a drop-in replacement."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.late_patterns import patterns_compiled_at_first_use

with patterns_compiled_at_first_use():  # of which h11 has a dozen, and an answer needs a few
    import httpcore as library

__all__ = ["library", "unlogged"]

_ours = threading.local()


@contextmanager
def unlogged() -> Iterator[None]:
    """Suppress the library's log records: they would show header fields with secrets."""
    _ours.depth = getattr(_ours, "depth", 0) + 1
    try:
        yield
    finally:
        _ours.depth -= 1


def _is_not_ours(_record: logging.LogRecord) -> bool:
    return not getattr(_ours, "depth", 0)


# A filter, not a level: the host program's own httpcore logs stay as configured.
for _name in ("connection", "http11", "proxy"):
    logging.getLogger(f"{library.__name__}.{_name}").addFilter(_is_not_ours)
