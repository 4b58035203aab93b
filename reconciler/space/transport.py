"""Sockets that know the request's deadline: no single read, write or connect may outlast it."""

import math
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore

_DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def within(deadline: float) -> Iterator[None]:
    """Everything that this thread's sockets do inside must be over at ``deadline`` (monotonic seconds)."""
    before = _DEADLINE.set(deadline)
    try:
        yield
    finally:
        _DEADLINE.reset(before)


def under_way() -> bool:
    """Whether this thread is ``within`` a request just now."""
    return _DEADLINE.get() is not None


def _deadline() -> float:
    deadline = _DEADLINE.get()
    return math.inf if deadline is None else deadline


def time_left(clock: Callable[[], float], timeout: float | None, late: type[Exception]) -> float:
    """Seconds until the deadline, ``timeout`` at most; ``late`` is raised where it is over."""
    left = _deadline() - clock()
    if left <= 0:
        raise late("the request's deadline is over")
    return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=time_left(self._clock, timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=time_left(self._clock, timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = time_left(self._clock, timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname=server_hostname, timeout=left), self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Sockets(httpcore.NetworkBackend):
    """Opens the connections; the deadline is that of ``within``, read by ``clock`` (monotonic seconds)."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """One connection to any of the host's addresses; all attempts together take at most ``timeout`` seconds."""
        until = min(_deadline(), self._clock() + (math.inf if timeout is None else timeout))
        failure: Exception = httpcore.ConnectTimeout("the request's deadline is over")
        for address in _looked_up(host, port, until - self._clock()):
            left = until - self._clock()
            if left <= 0:
                break
            try:
                stream = self._backend.connect_tcp(address, port, timeout=left, local_address=local_address, socket_options=socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._clock)
        raise failure


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


def _looked_up(host: str, port: int, seconds: float) -> list[str]:
    """The host's addresses. The system's own look-up knows no deadline: where it takes longer, it is left behind."""
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(_addresses(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    try:
        threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
        found = answers.get(timeout=min(max(seconds, 0.0), threading.TIMEOUT_MAX))
    except RuntimeError as error:  # no thread could be started
        raise httpcore.ConnectError(str(error)) from error
    except queue.Empty as error:
        raise httpcore.ConnectTimeout(f"{host} was not looked up in time") from error
    if isinstance(found, Exception):
        raise httpcore.ConnectError(str(found)) from found
    return found
