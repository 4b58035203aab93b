"""The only module that imports the HTTP library; ``httpcore2`` would be a drop-in replacement."""

import logging
import threading
from types import TracebackType

from reconciler.late_patterns import patterns_compiled_at_first_use

with patterns_compiled_at_first_use():  # of which h11 has a dozen, and an answer needs a few
    import httpcore as library

__all__ = ["Unlogged", "library"]


class _Ours(threading.local):
    """Per thread: how many blocks it is in that suppress the library's records."""

    depth = 0


_ours = _Ours()


class Unlogged:
    """Suppresses the library's log records in its block: they would show fields with secrets."""

    __slots__ = ()

    def __enter__(self) -> None:
        _ours.depth += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _ours.depth -= 1


def _is_not_ours(_record: logging.LogRecord) -> bool:
    return not _ours.depth


# A filter, not a level: the host program's own httpcore logs stay as configured.
for _name in ("connection", "http11", "proxy"):
    logging.getLogger(f"{library.__name__}.{_name}").addFilter(_is_not_ours)
