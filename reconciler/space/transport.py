"""One HTTP/1.1 connection: a socket of which every wait is over at the request's deadline."""

import contextlib
import errno
import ipaddress
import math
import os
import queue
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from functools import partial

from reconciler.space.exchange import Cut, Headers, NotAnsweredInTime, NotConnected, NotConnectedInTime, WireError
from reconciler.space.incoming import Incoming

_SMALL, _LARGE = 16 * 1024, 256 * 1024
_LONGEST_WAIT = 3600.0

Clock = Callable[[], float]
Look = Callable[[float], bool]


def time_left(clock: Clock, deadline: float, late: type[WireError]) -> float:
    """Seconds until ``deadline`` (by ``clock``), more than none; ``late`` is raised where it is over."""
    left = deadline - clock()
    if left <= 0:
        raise late("the request's deadline is over")
    return left


def _selected(connected: socket.socket, writing: bool, seconds: float) -> bool:  # noqa: FBT001  # bound by position
    reads, writes = ([], [connected]) if writing else ([connected], [])
    try:
        return any(select.select(reads, writes, [], seconds))
    except ValueError as error:  # its number is too high for select
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE)) from error


def _look(connected: socket.socket, *, writing: bool) -> Look:
    """A function that waits so many seconds at most for the socket, and tells whether it is ready."""
    if not hasattr(select, "poll"):
        return partial(_selected, connected, writing)
    polled = select.poll()  # which takes sockets of any number
    polled.register(connected, select.POLLOUT if writing else select.POLLIN)
    return lambda seconds: bool(polled.poll(math.ceil(seconds * 1000)))


class Channel:
    """A connection that is open. For one thread at a time; a request, the head of its answer, its parts, and ``may_go_on``.

    What goes wrong is a WireError with its reason as the cause.
    """

    def __init__(self, connected: socket.socket, *, clock: Clock) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._clock = clock
        self._incoming = Incoming()
        self._parts: list[bytes] = []
        self._sent_whole = False
        self._readable = _look(connected, writing=False)
        self._unpacked = connected.pending if isinstance(connected, ssl.SSLSocket) else lambda: 0
        self._heard = memoryview(bytearray(_SMALL))  # one for all answers

    def send(self, said: bytes, *, deadline: float) -> None:
        """Send a whole request, in one piece where the system takes it."""
        self._incoming.begin()
        rest = memoryview(said)
        self._sent_whole = False
        try:
            while rest:
                rest = rest[self._sent(rest, deadline) :]
        except OSError:
            return  # it may have been answered before it was read to its end: whoever reads will see
        self._sent_whole = True

    def head(self, *, deadline: float) -> tuple[int, Headers]:
        """The status and the fields of the answer; interim answers are passed over, but for that which ends HTTP (101)."""
        incoming = self._incoming
        while not incoming.has_head:
            self._parts = self._received(deadline)
        return incoming.status, incoming.headers

    def parts(self, *, deadline: float) -> Iterator[bytes]:
        """The body of the answer as it comes."""
        yield from self._parts
        while not self._incoming.is_whole:
            yield from self._received(deadline)

    @property
    def may_go_on(self) -> bool:
        """Whether another request can follow: the answer to the last one came to its end, and nothing with it."""
        return self._sent_whole and self._incoming.may_go_on

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has come that nobody asked for, the end of the connection included."""
        try:
            return not self._unpacked() and not self._readable(0)
        except OSError:
            return False

    def close(self) -> None:
        """Close, without a word."""
        self._socket.close()
        self._incoming.close()

    def _sent(self, rest: memoryview, deadline: float) -> int:
        try:
            return self._socket.send(rest)
        except ssl.SSLWantReadError:
            self._wait(self._readable, deadline, NotAnsweredInTime)
        except (BlockingIOError, ssl.SSLWantWriteError):
            self._wait(_look(self._socket, writing=True), deadline, NotAnsweredInTime)
        return 0

    def _received(self, deadline: float) -> list[bytes]:
        """Wait for more of the answer; the parts of its body that came."""
        try:
            received = self._heard[: self._read(deadline)]
        except OSError as error:
            raise Cut(str(error)) from error
        if len(received) == _SMALL:
            self._heard = memoryview(bytearray(_LARGE))  # a large answer comes in few pieces: each is a turn of this thread
        if received:
            return self._incoming.feed(received)
        self._incoming.end()
        return []

    def _read(self, deadline: float) -> int:
        ready = self._unpacked() > 0
        while True:
            if not ready:
                self._wait(self._readable, deadline, NotAnsweredInTime)
            try:
                return self._socket.recv_into(self._heard)
            except (BlockingIOError, ssl.SSLWantReadError):
                ready = False  # a part of a record, which TLS keeps
            except ssl.SSLWantWriteError:
                self._wait(_look(self._socket, writing=True), deadline, NotAnsweredInTime)
                ready = True

    def _wait(self, look: Look, deadline: float, late: type[WireError]) -> None:
        while not look(min(time_left(self._clock, deadline, late), _LONGEST_WAIT)):
            pass


def dial(host: str, port: int, *, tls: ssl.SSLContext | None, clock: Clock, deadline: float) -> Channel:
    """A connection to any of the host's addresses, with TLS where ``tls`` is given; all attempts together end at ``deadline``.

    An address that does not answer leaves their share of the time to the others. NotConnected where
    none comes about.
    """
    failure: Exception = NotConnectedInTime("the request's deadline is over")
    addresses = _looked_up(host, port, time_left(clock, deadline, NotConnectedInTime))
    for number, address in enumerate(addresses):
        left = deadline - clock()
        if left <= 0:
            break
        share = partial(_left_until, clock, deadline - left + left / (len(addresses) - number))
        try:
            return Channel(_connected(address, port, host=host, tls=tls, left=share), clock=clock)
        except TimeoutError as error:
            failure = NotConnectedInTime(str(error))
            failure.__cause__ = error
        except OSError as error:
            failure = NotConnected(str(error))
            failure.__cause__ = error
    raise failure


def _left_until(clock: Clock, until: float) -> float:
    return max(until - clock(), 0.001)


def _connected(address: str, port: int, *, host: str, tls: ssl.SSLContext | None, left: Callable[[], float]) -> socket.socket:
    connected = socket.create_connection((address, port), timeout=left())
    try:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.settimeout(left())
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
        raise NotConnected(str(error)) from error
    except queue.Empty as error:
        raise NotConnectedInTime(f"{host} was not looked up in time") from error
    if isinstance(found, Exception):
        raise NotConnected(str(found)) from found
    return found
