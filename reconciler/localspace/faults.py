"""Applies the configured faults, and defines the exceptions of a broken connection.

In process (``httpx.WSGITransport``) the caller gets the exceptions themselves, without waiting.
``serve`` turns ``ConnectionCut`` into a TCP reset and ``AnswerOverdue`` into silence followed by a
reset.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

from reconciler.localspace.http import Answer
from reconciler.localspace.settings import GARBAGE, Fault


class ConnectionCut(ConnectionResetError):
    """The connection is cut, before an answer or within it."""


class AnswerOverdue(TimeoutError):
    """No answer comes within ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:g} s")
        self.seconds = seconds


class Strikes:
    """Counts matches and strikes of each rule since the rules were set."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._faults = faults
        self._lock = threading.Lock()
        self._matched = [0] * len(faults)
        self._struck = [0] * len(faults)

    def next(self, method: str, path: str) -> Fault | None:
        """The fault for this request, or None. All matching rules count; the first due one wins."""
        striking: int | None = None
        with self._lock:
            for number, fault in enumerate(self._faults):
                if fault.method not in ("*", method) or not re.search(fault.path_regex, path):
                    continue
                self._matched[number] += 1
                due = self._matched[number] > fault.after and (
                    fault.times is None or self._struck[number] < fault.times
                )
                if due and striking is None:
                    striking = number
            if striking is None:
                return None
            self._struck[striking] += 1
        return self._faults[striking]


def _status(fault: Fault) -> Answer:
    try:
        phrase = HTTPStatus(fault.status).phrase
    except ValueError:
        phrase = "Unknown"
    content: Any = {"error": phrase} if fault.body is None else fault.body.encode()
    return Answer(fault.status, content, fault.headers)


def _late(fault: Fault, proceed: Callable[[], Answer]) -> Answer:
    if fault.committed:
        answer = proceed()
        time.sleep(fault.seconds)
        return answer
    time.sleep(fault.seconds)
    return proceed()


def strike(fault: Fault, proceed: Callable[[], Answer]) -> Answer:
    """The answer that the fault gives. ``proceed`` handles the request if it takes effect."""
    if fault.action == "wait":
        return _late(fault, proceed)
    answer = proceed() if fault.commits else Answer(200)
    if fault.action.startswith("reset"):
        raise ConnectionCut("the connection was cut")
    if fault.action == "hang":
        raise AnswerOverdue(fault.seconds)
    if fault.action == "status":
        return _status(fault)
    if fault.action == "garbage":
        return Answer(
            200,
            (GARBAGE if fault.body is None else fault.body).encode(),
            fault.headers,
            "text/html; charset=utf-8",
        )
    if fault.action == "empty":
        return Answer(200, b"", fault.headers)
    return answer


def cut_short(body: bytes, keep: int | None) -> Iterator[bytes]:
    """The beginning of ``body``, then an exception."""
    yield body[: len(body) // 2 if keep is None else keep]
    raise ConnectionCut("the connection was cut in the middle of the answer")
