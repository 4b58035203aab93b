"""Leaves the patterns of a library to be compiled at first use, while it is imported."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reconciler.core.regex import regex


@contextmanager
def patterns_compiled_at_first_use() -> Iterator[None]:
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
