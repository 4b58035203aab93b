"""The way to the Space and back, and everything that can happen on it; the Space itself is the local one, with its ledger."""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reconciler.localspace import AnswerOverdue, ConnectionCut
from tests.faults.simulation.clock import FakeClock
from tests.faults.simulation.life import Life

PAGE = 20


class Trouble(NamedTuple):
    """What happens to one request: whether it takes effect now, after ``late`` seconds, or never; and what comes back.

    ``reply`` is ``answer`` (whole), ``cut`` (the first ``keep`` bytes), ``reset``, ``hang``, ``stale`` (what a GET got before),
    or a made-up answer: ``status`` with ``headers`` and ``body``. It takes ``slow_before`` seconds to the Space, ``slow_after`` back.
    """

    commits: bool = True
    reply: str = "answer"
    keep: int = 0
    late: float | None = None
    status: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    slow_before: float = 0.0
    slow_after: float = 0.0


PLAIN = Trouble()


class Sent(NamedTuple):
    """A request as it left the tool: at which boundary, and what it was."""

    boundary: int
    method: str
    path: str


@dataclass
class Wire:
    """A WSGI application. ``trouble`` is asked what happens to each request; delayed ones come about by ``arrive``.

    ``ghosts`` are the places in the ledger of what came about when its process was over.
    """

    space: Callable[..., Any]
    clock: FakeClock
    life: Life = field(default_factory=Life)
    trouble: Callable[[str, str], Trouble] = lambda _method, _path: PLAIN
    sent: list[Sent] = field(default_factory=list)
    late: list[tuple[float, dict[str, Any], Life]] = field(default_factory=list)
    ghosts: set[int] = field(default_factory=set)
    seen: dict[str, tuple[str, list[tuple[str, str]], bytes]] = field(default_factory=dict)
    small_pages: bool = False
    edited: Callable[[str, str, bytes], bytes] | None = None

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterator[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix("/api/video")
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read())
        self.life.step(f"{method} is sent")
        self.sent.append(Sent(len(self.life.trail), method, path))
        self.arrive()
        trouble = self.trouble(method, path)
        if self.life.dead:  # it dies with the request on its way
            self._taken(method, environ, trouble)
        self.life.check()
        if self.small_pages and "page_size=" in environ["QUERY_STRING"]:
            parts = [
                part
                for part in environ["QUERY_STRING"].split("&")
                if not part.startswith("page_size=")
            ]
            environ["QUERY_STRING"] = "&".join([*parts, f"page_size={PAGE}"])
        self.clock.sleep(trouble.slow_before)
        answer = self._taken(method, environ, trouble)
        self.clock.sleep(trouble.slow_after)
        return self._back(method, path, trouble, answer, start_response)

    def arrive(self, *, all_of_them: bool = False) -> None:
        """What was delayed comes about, where it is time."""
        due = [one for one in self.late if all_of_them or one[0] <= self.clock.now]
        self.late = [one for one in self.late if one not in due]
        for moment, environ, life in due:
            place, now = len(self.space.ledger), self.clock.now
            self.clock.now = min(moment, now)
            self._committed(environ)
            self.clock.now = now
            if life is not self.life:
                self.ghosts.update(range(place, len(self.space.ledger)))

    def _committed(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        kept: list[Any] = []
        body = b"".join(
            self.space(environ, lambda status, headers, _=None: kept.extend((status, headers)))
        )
        return kept[0], kept[1], body

    def _taken(
        self, method: str, environ: dict[str, Any], trouble: Trouble
    ) -> tuple[str, list[tuple[str, str]], bytes] | None:
        if trouble.late is not None:
            self.late.append((self.clock.now + trouble.late, environ, self.life))
            return None
        if not trouble.commits:
            return None
        answer = self._committed(environ)
        if method != "GET":
            self.life.step(f"{method} has taken effect")
        return answer

    def _back(self, method, path, trouble, answer, start_response) -> Iterator[bytes]:
        if trouble.reply == "hang":
            self.clock.sleep(30.0)
            raise AnswerOverdue(30.0)
        if trouble.reply == "reset" or (answer is None and not trouble.status):
            raise ConnectionCut("cut")
        status, headers, body = (
            (trouble.status, list(trouble.headers), trouble.body) if trouble.status else answer
        )
        if method == "GET" and not trouble.status:
            if trouble.reply == "stale" and path in self.seen:
                status, headers, body = self.seen[path]
            else:
                self.seen.setdefault(path, (status, headers, body))
        if self.edited is not None:
            body = self.edited(method, path, body)
            headers = [
                (word, str(len(body)) if word.lower() == "content-length" else text)
                for word, text in headers
            ]
        if self.clock.tells:
            headers = [*headers, ("Date", self.clock.date)]
        start_response(status, headers)
        return self._parts(method, trouble, body)

    def _parts(self, method: str, trouble: Trouble, body: bytes) -> Iterator[bytes]:
        if trouble.reply == "cut":
            yield body[: trouble.keep]
            raise ConnectionCut("cut in the middle")
        half = len(body) // 2
        yield body[:half]
        self.life.step(f"inside the answer to {method}")
        yield body[half:]


def status(
    code: int,
    phrase: str = "x",
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b'{"error": "no"}',
    commits: bool = False,
) -> Trouble:
    """An answer that the Space did not give; by default nothing was done either."""
    listed = (
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        *(headers or {}).items(),
    )
    return Trouble(commits=commits, status=f"{code} {phrase}", headers=listed, body=body)
