"""A plugin of pytest that writes which tests run which line of a package, and what each test costs.

A frame is traced until a test has run all lines of it, so a property costs little more than without.
"""

import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypedDict

import pytest

MAP = "mutation_map.json"
OUTSIDE = "outside tests"
_HERE = f"{Path.cwd()}/"
_PACKAGES = f"{_HERE}reconciler/"
_left: dict[CodeType, set[int]] = {}  # lines that the present test has not run
_lines: dict[str, set[tuple[str, int]]] = defaultdict(set)
_test = OUTSIDE
_seconds: dict[str, float] = {}
_failed: set[str] = set()


class LineMap(TypedDict):
    """What is written: a test is a number there, its place in ``tests``."""

    tests: list[str]
    seconds: list[float]
    failed: list[int]
    lines: dict[str, list[int]]  # ``module:line`` to the tests that run it


def executable(code: CodeType) -> set[int]:
    """The lines of a code object for which Python reports that they are run."""
    return {line for _, _, line in code.co_lines() if line}


def _line(frame: FrameType, event: str, _argument: object) -> Any:
    if event == "line":
        left = _left.get(frame.f_code)
        if not left:
            return None
        if frame.f_lineno in left:
            left.discard(frame.f_lineno)
            _lines[_test].add((frame.f_code.co_filename, frame.f_lineno))
    return _line


def _called(frame: FrameType, _event: str, _argument: object) -> Any:
    code = frame.f_code
    if not code.co_filename.startswith(_PACKAGES):
        return None
    if code not in _left:
        _left[code] = executable(code)
    return _line if _left[code] else None


def _switch(*, on: bool) -> None:
    hook = _called if on else None
    threading.settrace(hook)
    sys.settrace(hook)


def pytest_sessionstart() -> None:
    """Lines that run while tests are collected count as run outside."""
    _switch(on=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    """What is run from here on belongs to this test, its fixtures included."""
    global _test  # noqa: PLW0603 - the hook has no argument of its own
    _left.clear()
    _test = item.nodeid
    start = time.process_time()
    _switch(on=True)
    try:
        return (yield)
    finally:
        _seconds[_test] = time.process_time() - start
        _left.clear()
        _test = OUTSIDE


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A test that fails without a fault shows nothing about one."""
    if report.failed or report.skipped:
        _failed.add(report.nodeid)


def pytest_sessionfinish() -> None:
    """Write the map."""
    _switch(on=False)
    tests = [OUTSIDE, *_seconds]
    number = {test: index for index, test in enumerate(tests)}
    lines: dict[str, list[int]] = defaultdict(list)
    for test, places in _lines.items():
        for file, line in places:
            lines[f"{file.removeprefix(_HERE)}:{line}"].append(number[test])
    content: LineMap = {
        "tests": tests,
        "seconds": [0.0, *(round(cost, 4) for cost in _seconds.values())],
        "failed": sorted(number[test] for test in _failed if test in number),
        "lines": lines,
    }
    Path(MAP).write_text(json.dumps(content), encoding="utf-8")
