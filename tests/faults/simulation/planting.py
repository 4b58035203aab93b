"""Bugs planted into our own code: one function at a time, compiled again from a changed text, and put back."""

import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def _plain(function: Callable[..., Any]) -> Any:
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


@contextmanager
def planted(function: Callable[..., Any], old: str, new: str) -> Iterator[None]:
    """``function`` with ``old`` in its text replaced by ``new``, wherever it was imported to, meanwhile."""
    plain = _plain(function)
    source = textwrap.dedent(inspect.getsource(plain))
    assert source.count(old) >= 1, (
        f"{plain.__qualname__} has no {old!r} any more: the planted bug must be written anew"
    )
    lines = source.replace(old, new).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("def "))
    scope: dict[str, Any] = {}
    exec(  # noqa: S102
        compile("\n".join(lines[start:]), f"<planted in {plain.__qualname__}>", "exec"),
        sys.modules[plain.__module__].__dict__,
        scope,
    )  # our own text
    before, plain.__code__ = plain.__code__, scope[plain.__name__].__code__
    try:
        yield
    finally:
        plain.__code__ = before
