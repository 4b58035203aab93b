"""Leaves the patterns and the annotations of a library to be compiled at first use."""

import re
import threading
import typing
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


@contextmanager
def annotations_compiled_at_first_use() -> Iterator[None]:
    """Keep the text of an annotation that is given as text, of which few are ever evaluated.

    The first call of ``compile`` in a process takes a fifth of the time in which Python starts.
    """
    # ``typing`` hands what this returns to ``eval``, which takes code and text alike.
    before = vars(typing).get("compile")  # of a block around this one
    vars(typing)["compile"] = lambda source, *_: source
    try:
        yield
    finally:
        if before is None:
            vars(typing).pop("compile", None)
        else:
            vars(typing)["compile"] = before
