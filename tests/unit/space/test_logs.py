"""What the libraries below log of a request is nobody's business: it holds whole URLs and headers."""

import logging
import logging.config

import httpx
import pytest

from reconciler.core.errors import ApiError
from reconciler.core.resources import Secret
from reconciler.space.client import writer
from reconciler.space.clock import Clock
from reconciler.space.http.library import library
from reconciler.space.target import target
from reconciler.space.timeouts import Timeouts
from tests.unit.space.canaries import leaks, spellings

ID = "c22d24f6-5a47-4597-9a23-c7d01e696b92"
ROOM = f"/rooms/{ID}"
TOKEN = "PTcanary/token+0123456789"
URL = "rtmp://host/live/canary-key"
HTTPX, HTTPCORE = httpx.__name__, library.__name__
LIBRARIES = (
    HTTPX,
    HTTPCORE,
    f"{HTTPCORE}.connection",
    f"{HTTPCORE}.http11",
    f"{HTTPCORE}.proxy",
    "h11",
)


class Kept(logging.Handler):
    def __init__(self):
        super().__init__(logging.DEBUG)
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{record.name} {record.getMessage()} {vars(record)}")


@pytest.fixture
def loud():
    """The program around this one logs everything, and says so of each library by its name."""
    kept, before = Kept(), {}
    for name in ("", *LIBRARIES):
        logger = logging.getLogger(name)
        before[name] = (logger.level, logger.propagate)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(kept)
    yield kept
    for name, (level, propagate) in before.items():
        logger = logging.getLogger(name)
        logger.removeHandler(kept)
        logger.setLevel(level)
        logger.propagate = propagate


def answered(body, *more):
    head = [
        b"HTTP/1.1 200 OK",
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(body),
        *more,
    ]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def tell_all(client):
    """A read, a write, a page token and a fault, each with secrets in it."""
    for ask in (
        lambda: client.get(ROOM, params={"page_token": "canary-page"}),
        lambda: client.post("/rooms", {"url": Secret(URL)}),
        lambda: client.put(ROOM, {"url": Secret(URL)}),
        lambda: client.delete(ROOM),
    ):
        try:
            ask()
        except ApiError as error:
            yield f"{error.message} {error.hint} {vars(error)} {error!r}"


@pytest.mark.parametrize("cut", [False, True])
def test_the_libraries_log_nothing_of_ours(loopback, loud, cut):
    def talk(connection, _head):
        echoed = " ".join(spellings(TOKEN, project="project").values())
        connection.sendall(
            answered(
                b'{"id": 1}', b"Set-Cookie: session=canary-cookie", b"X-Echo: " + echoed.encode()
            )
        )
        if cut:
            connection.close()

    told = []
    where = target(loopback(talk), project="project", token=TOKEN)
    with writer(
        where,
        clock=Clock(sleep=lambda _: None),
        timeouts=Timeouts(request=5),
        trace=told.append,
        on_wait=told.append,
    ) as client:
        told += tell_all(client)
    text = "\n".join([*loud.lines, *told])
    assert (
        [line for line in loud.lines if line.startswith(LIBRARIES)],
        leaks(text, TOKEN),
        "canary" in text,
    ) == (
        [],
        [],
        False,
    )


def test_the_programs_own_requests_are_logged_as_before(loopback, loud):
    space = loopback(lambda connection, _head: connection.sendall(answered(b'{"id": 1}')))
    with writer(target(space, project="project", token=TOKEN)) as client:
        client.get(ROOM)
        httpx.get(f"http://{space}/of-the-program")
    assert {line.split()[0].partition(".")[0] for line in loud.lines} == {HTTPX, HTTPCORE}
    assert not any("/api/video" in line for line in loud.lines)


def test_a_configuration_that_comes_later_changes_nothing(loopback, loud):
    space = loopback(lambda connection, _head: connection.sendall(answered(b'{"id": 1}')))
    with writer(target(space, project="project", token=TOKEN)) as client:
        logging.config.dictConfig(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "loggers": {name: {"level": "DEBUG"} for name in LIBRARIES},
            }
        )
        for name in LIBRARIES:
            logging.getLogger(name).addHandler(loud)
        client.get(ROOM)
    assert loud.lines == []


@pytest.mark.parametrize("spelling", spellings(TOKEN, project="project"))
@pytest.mark.parametrize("status", [200, 400, 401, 422, 500])
def test_no_spelling_of_a_token_comes_back_in_a_message(scripted, spelling, status):
    from tests.unit.space.conftest import TOKEN as OWN  # noqa: PLC0415  # the one that this client has

    text = spellings(OWN, project="project")[spelling]
    bodies = [
        text,
        f"<p>{text}</p>",
        f'{{"error": "{text}"}}',
        f'{{"errors": [{{"attribute": "{text}", "code": "{text}", "message": "{text}"}}]}}',
    ]
    for body in bodies:
        on = scripted(
            httpx.Response(
                status,
                content=body.encode(),
                headers={"X-Request-ID": text, "Location": f"https://{OWN.lower()}.example"},
            )
        )
        told = "\n".join([*tell_all(on.client), *on.trace])
        assert leaks(told, OWN) == []
