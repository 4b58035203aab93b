"""The only module that imports the HTTP library; ``httpcore2`` would be a drop-in replacement."""

import threading
from collections.abc import Iterable
from types import TracebackType
from typing import cast

from reconciler.late_patterns import (
    annotations_compiled_at_first_use,
    patterns_compiled_at_first_use,
)
from reconciler.space.http.late_dataclasses import dataclasses_finished_late
from reconciler.space.http.late_library import parts_loaded_late

# h11 has a dozen patterns, of which an answer needs a few, and seven dataclasses.
with (
    annotations_compiled_at_first_use(),
    patterns_compiled_at_first_use(),
    dataclasses_finished_late(),
    parts_loaded_late("httpcore"),
):
    import logging  # the library's too

    import h11  # the library's parser
    import httpcore as library

__all__ = ["Unlogged", "checked_fields", "library"]


def checked_fields(fields: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the header fields of a request as checked by the parser, which then accepts them.

    It checks a plain list with every request, which takes a tenth of one.
    """
    checked = h11.Request(method="GET", target="/", headers=list(fields)).headers
    return cast("list[tuple[bytes, bytes]]", checked)  # the library only hands it to the parser


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
