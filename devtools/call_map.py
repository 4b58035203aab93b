"""A plugin of pytest that writes which tests call which function of the package.

A profile hook, not a line trace: the tests run at a third of the cost, and a function is what a mutant changes.
"""

import json
import sys
import threading
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from types import CodeType, FrameType

import pytest

MAP = "mutation_map.json"
OUTSIDE = "outside tests"
_calls: dict[str, set[CodeType]] = defaultdict(set)
_test = OUTSIDE


def _record(frame: FrameType, event: str, _argument: object) -> None:
    if event == "call":
        _calls[_test].add(frame.f_code)


def _switch(*, on: bool) -> None:
    hook = _record if on else None
    threading.setprofile(hook)
    sys.setprofile(hook)


def pytest_sessionstart() -> None:
    """Functions that run while tests are collected count as called outside."""
    _switch(on=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    """What is called from here on belongs to this test, its fixtures included."""
    global _test  # noqa: PLW0603 - the hook has no argument of its own
    _test = item.nodeid
    try:
        return (yield)
    finally:
        _test = OUTSIDE


def pytest_sessionfinish() -> None:
    """Write the map: ``module:function`` to the tests that call it."""
    _switch(on=False)
    here = f"{Path.cwd()}/reconciler/"
    called: dict[str, list[str]] = defaultdict(list)
    for test, codes in _calls.items():
        names = {
            f"{code.co_filename.removeprefix(f'{Path.cwd()}/')}:{_outermost(code)}"
            for code in codes
            if code.co_filename.startswith(here)
        }
        for name in sorted(names):
            called[name].append(test)
    Path(MAP).write_text(json.dumps(called), encoding="utf-8")


def _outermost(code: CodeType) -> str:
    return code.co_qualname.split(".<locals>")[0]
