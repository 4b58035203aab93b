"""The only module that imports PyYAML, whose patterns it leaves to be compiled at first use.

To compile the ten patterns takes twice as long as the rest of the import, and the parser in C uses
none of them.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reconciler.core.regex import regex

__all__ = ["yaml"]


@contextmanager
def _patterns_compiled_at_first_use() -> Iterator[None]:
    """Defer ``re.compile`` in this thread; other threads of the process get their patterns at once."""
    compile_now, ours = re.compile, threading.get_ident()

    def compile_later(pattern: Any, flags: int = 0) -> Any:
        is_ours = threading.get_ident() == ours
        return regex(pattern, flags) if is_ours else compile_now(pattern, flags)

    re.compile = compile_later
    try:
        yield
    finally:
        re.compile = compile_now


with _patterns_compiled_at_first_use():
    import yaml
