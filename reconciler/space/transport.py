"""One HTTP/1.1 connection: h11 speaks, over a socket whose every step is over at the request's deadline."""

import contextlib
import ipaddress
import queue
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import h11
import httpx

LONGEST_HEAD = 100 * 1024
COARSE_SECONDS = 0.25
_CHUNK = 256 * 1024

Clock = Callable[[], float]
_Event = h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]


def time_left(clock: Clock, deadline: float, late: type[httpx.TimeoutException]) -> float:
    """Seconds until ``deadline`` (by ``clock``), more than none; ``late`` is raised where it is over."""
    left = deadline - clock()
    if left <= 0:
        raise late("the request's deadline is over")
    return left


class Channel:
    """A connection that is open. For one thread at a time; a request, the head of its answer, its parts, and ``again``.

    What goes wrong is one of httpx's own exceptions, with its reason as the cause.
    """

    def __init__(self, connected: socket.socket, *, clock: Clock) -> None:
        self._socket = connected
        self._clock = clock
        self._speech = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
        self._limit = -1.0
        self._heard = memoryview(bytearray(_CHUNK))  # one for all answers: a large one comes in few pieces, each a turn of this thread

    def send(self, request: httpx.Request, *, deadline: float) -> None:
        """Send ``request`` with its whole body, in one piece."""
        target, body = request.url.raw_path, request.read()
        parts = [h11.Request(method=request.method, target=target, headers=request.headers.raw)]
        said = [*parts, *([h11.Data(data=body)] if body else []), h11.EndOfMessage()]
        spoken = b"".join(self._speech.send(part) or b"" for part in said)
        try:
            self._limit_to(time_left(self._clock, deadline, httpx.WriteTimeout))
            self._socket.sendall(spoken)
        except TimeoutError as error:
            raise httpx.WriteTimeout(str(error)) from error
        except OSError:
            return  # it may have been answered before it was read to its end: whoever reads will see

    def head(self, *, deadline: float) -> h11.Response | h11.InformationalResponse:
        """The head of the answer; interim ones are passed over, but for that which ends HTTP (101)."""
        while True:
            event = self._event(deadline)
            if isinstance(event, h11.Response) or (isinstance(event, h11.InformationalResponse) and event.status_code == 101):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise httpx.RemoteProtocolError("the connection was closed without an answer")

    def parts(self, *, deadline: float) -> Iterator[bytes]:
        """The body of the answer as it comes."""
        while isinstance(event := self._event(deadline), h11.Data):
            yield bytes(event.data)

    def again(self) -> bool:
        """Make ready for another request, where the answer to the last one was read to its end and no more came with it."""
        if (self._speech.our_state, self._speech.their_state) != (h11.DONE, h11.DONE) or self._speech.trailing_data[0]:
            return False
        self._speech.start_next_cycle()
        return True

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has come that nobody asked for, the end of the connection included."""
        if not hasattr(select, "poll"):
            return not select.select([self._socket], [], [], 0)[0]
        look = select.poll()  # which takes sockets of any number
        look.register(self._socket, select.POLLIN)
        return not look.poll(0)

    def close(self) -> None:
        """Close, without a word."""
        self._socket.close()

    def _limit_to(self, seconds: float) -> None:
        """No step takes longer than ``seconds``. Each change is a call of the system: long limits are cut to one that stands already."""
        limit = seconds if seconds < COARSE_SECONDS else seconds // COARSE_SECONDS * COARSE_SECONDS
        if limit != self._limit:
            self._socket.settimeout(limit)
            self._limit = limit

    def _event(self, deadline: float) -> _Event:
        try:
            while (event := self._speech.next_event()) is h11.NEED_DATA:
                self._limit_to(time_left(self._clock, deadline, httpx.ReadTimeout))
                self._speech.receive_data(bytes(self._heard[: self._socket.recv_into(self._heard)]))
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpx.ReadError(str(error)) from error
        return event


def dial(host: str, port: int, *, tls: ssl.SSLContext | None, clock: Clock, deadline: float) -> Channel:
    """A connection to any of the host's addresses, with TLS where ``tls`` is given; all attempts together end at ``deadline``.

    httpx.ConnectError or ConnectTimeout where none comes about.
    """
    failure: Exception = httpx.ConnectTimeout("the request's deadline is over")
    for address in _looked_up(host, port, time_left(clock, deadline, httpx.ConnectTimeout)):
        if clock() >= deadline:
            break
        try:
            return Channel(_connected(address, port, host=host, tls=tls, left=lambda: deadline - clock()), clock=clock)
        except TimeoutError as error:
            failure = httpx.ConnectTimeout(str(error))
            failure.__cause__ = error
        except OSError as error:
            failure = httpx.ConnectError(str(error))
            failure.__cause__ = error
    raise failure


def _connected(address: str, port: int, *, host: str, tls: ssl.SSLContext | None, left: Callable[[], float]) -> socket.socket:
    connected = socket.create_connection((address, port), timeout=left())
    try:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.settimeout(max(left(), 0.001))
        return connected if tls is None else tls.wrap_socket(connected, server_hostname=host)
    except BaseException:
        connected.close()
        raise


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


def _looked_up(host: str, port: int, seconds: float) -> list[str]:
    """The host's addresses. The system's own look-up knows no deadline: where it takes longer, it is left behind."""
    with contextlib.suppress(ValueError):
        return [str(ipaddress.ip_address(host))]  # which needs none
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(_addresses(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    try:
        threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
        found = answers.get(timeout=min(seconds, threading.TIMEOUT_MAX))
    except RuntimeError as error:  # no thread could be started
        raise httpx.ConnectError(str(error)) from error
    except queue.Empty as error:
        raise httpx.ConnectTimeout(f"{host} was not looked up in time") from error
    if isinstance(found, Exception):
        raise httpx.ConnectError(str(found)) from found
    return found
