"""Regular expressions that are compiled at first use, so that the tool starts quickly.

A run uses a few of the hundred patterns that modules name, and each takes 0.2 ms to compile.
"""

import re
from typing import TYPE_CHECKING, Any

# The function itself: while a library is imported, ``re.compile`` is what makes deferred patterns.
_compile_now = re.compile


class _Deferred:
    """Stands for a compiled pattern, and keeps each of its methods that was used."""

    def __init__(self, text: Any, flags: int = 0) -> None:
        self._source = text, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(_compile_now(*self._source), name)
        setattr(self, name, found)
        return found


if TYPE_CHECKING:
    regex = re.compile
else:
    regex = _Deferred
