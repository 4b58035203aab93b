"""Opens sockets for the HTTP library; every wait ends at the request's deadline."""

import contextlib
import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Any

from reconciler.core.ipv4 import is_ipv4, may_be_ipv6
from reconciler.space.http.framing import Framing
from reconciler.space.http.library import library
from reconciler.space.http.readiness import Readiness

_Clock = Callable[[], float]

_SMALL, _LARGE = 16 * 1024, 256 * 1024


class Deadline:
    """Deadlines of the current request: for its answer and for its connection."""

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock
        self.answered_by = 0.0
        self.connected_by = 0.0

    def seconds_to_answer(self, late: type[Exception]) -> float:
        """Return the seconds left for the answer; raise ``late`` if none."""
        return self._seconds(self.answered_by, late)

    def seconds_to_connect(self, *, share: int = 1) -> float:
        """Return the seconds left to connect, divided by ``share``.

        ConnectTimeout if none are left.
        """
        until = min(self.answered_by, self.connected_by)
        return self._seconds(until, library.ConnectTimeout) / share

    def _seconds(self, until: float, late: type[Exception]) -> float:
        left = until - self._clock()
        if left <= 0:
            raise late("the request's deadline is over")
        return min(left, threading.TIMEOUT_MAX)


class SocketStream(library.NetworkStream):
    """A connected socket for the library. ``is_through`` means TLS or a proxy tunnel is set up."""

    def __init__(
        self,
        connected: socket.socket,
        deadline: Deadline,
        framing: Framing,
        *,
        secure: "ssl.SSLSocket | None" = None,
    ) -> None:
        connected.settimeout(0)
        self._socket = connected
        self._secure = secure  # the same, where it is one of TLS
        self._waits_to_read: tuple[type[OSError], ...] = (BlockingIOError,)
        self._waits_to_write: tuple[type[OSError], ...] = (BlockingIOError,)
        if secure is not None:
            self._waits_to_read += (ssl.SSLWantReadError,)
            self._waits_to_write += (ssl.SSLWantWriteError,)
        self._readiness = Readiness(connected)
        self._deadline = deadline
        self._framing = framing
        self._unsent: list[bytes] = []
        self._buffer = memoryview(bytearray(_SMALL))
        self._broken = False
        self.is_through = False

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002  # the deadline decides
        """Buffer until the answer is read, so that head and body leave in one packet."""
        self._unsent.append(buffer)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  # decided here
        """Send buffered bytes and return the next bytes of the answer; empty at its end."""
        if self._unsent:
            self._send(b"".join(self._unsent))
        while not (piece := self._framing.take()):
            count = self._receive()
            if not count:
                return b""
            self._framing.add(bytes(self._buffer[:count]))
            if count == _SMALL:
                # Read large pieces: each read is a turn of this thread.
                self._buffer = memoryview(bytearray(_LARGE))
        return piece

    def _receive(self) -> int:
        """Wait for bytes and read them into the buffer; how many, 0 at the end."""
        while True:
            left = self._deadline.seconds_to_answer(library.ReadTimeout)
            try:
                if self._secure is None or not self._secure.pending():
                    self._readiness.wait_to_read(left)
                return self._socket.recv_into(self._buffer)
            except self._waits_to_read:
                continue  # the time is over, or TLS has no whole record yet
            except ssl.SSLWantWriteError:
                self._readiness.wait_to_write(left)
            except OSError as error:
                raise library.ReadError(str(error)) from error

    def _send(self, content: bytes) -> None:
        self._unsent.clear()
        rest = memoryview(content)
        try:
            while rest:
                left = self._deadline.seconds_to_answer(library.WriteTimeout)
                try:
                    rest = rest[self._socket.send(rest) :]
                except self._waits_to_write:
                    self._readiness.wait_to_write(left)
                except ssl.SSLWantReadError:
                    self._readiness.wait_to_read(left)
        except OSError:
            self._broken = True  # An early answer may arrive before the request was read: read on.

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: "ssl.SSLContext",
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002  # the deadline decides
    ) -> "SocketStream":
        """Return the connection secured by TLS."""
        self.is_through = True
        if (
            not self._framing.is_used_up
        ):  # Bytes after a proxy's answer would be taken for the Space's.
            self.close()
            raise library.ConnectError("unexpected data arrived before TLS")
        try:
            self._socket.settimeout(self._deadline.seconds_to_connect())
            secure = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except TimeoutError as error:
            self.close()
            raise library.ConnectTimeout(str(error)) from error
        except OSError as error:
            self.close()
            raise library.ConnectError(str(error)) from error
        except BaseException:
            self.close()
            raise
        self._framing.begin()
        return SocketStream(secure, self._deadline, self._framing, secure=secure)

    def get_extra_info(self, info: str) -> Any:
        """Return what the library asks about the connection."""
        if info == "is_readable":
            return not self._is_quiet()
        if info == "ssl_object":
            return self._secure
        return self._socket if info == "socket" else None

    def _is_quiet(self) -> bool:
        """Whether the connection can be reused: nothing was received since the answer."""
        pending = self._secure is not None and self._secure.pending()
        if self._broken or pending or not self._framing.is_clean:
            return False
        try:
            socket.socket.recv(self._socket, 1, socket.MSG_PEEK)  # Below TLS, which cannot peek.
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False


class Backend(library.NetworkBackend):
    """Opens connections, one at a time, for one thread; ``opened`` is the last one."""

    def __init__(self, deadline: Deadline, framing: Framing) -> None:
        self._deadline = deadline
        self._framing = framing
        self.opened: SocketStream | None = None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  # the deadline decides
        local_address: str | None = None,  # noqa: ARG002  # never set
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002  # never set
    ) -> SocketStream:
        """Connect to one of the host's addresses; they share the time left."""
        self.opened = None
        addresses = _look_up(host, port, self._deadline.seconds_to_connect())
        failure: Exception = library.ConnectError(f"{host} has no address")
        for number, address in enumerate(addresses):
            try:
                left = self._deadline.seconds_to_connect(share=len(addresses) - number)
                # Bytes: for text, Python loads the codec of international names.
                where: Any = (address.encode(), port)
                connected = socket.create_connection(where, timeout=left)
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.opened = SocketStream(connected, self._deadline, self._framing)
            except TimeoutError as error:
                failure = _because(library.ConnectTimeout, error)
            except OSError as error:
                failure = _because(library.ConnectError, error)
            else:
                return self.opened
        raise failure


def _because(kind: type[Exception], reason: Exception) -> Exception:
    """Return an error of ``kind`` that keeps ``reason`` as its context."""
    # The library's pool drops the cause of an error, but not its context.
    failure = kind(str(reason))
    failure.__context__ = reason
    return failure


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


def _look_up(host: str, port: int, seconds: float) -> list[str]:
    """Return the host's addresses."""
    # The system's resolver has no deadline: a look-up that takes longer is abandoned.
    if is_ipv4(host):
        return [host]  # an address needs no look-up
    if may_be_ipv6(host):
        with contextlib.suppress(ValueError):
            return [str(ipaddress.ip_address(host))]
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(_addresses(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    try:
        threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
        found = answers.get(timeout=seconds)
    except RuntimeError as error:  # no thread could be started
        raise library.ConnectError(str(error)) from error
    except queue.Empty as error:
        raise library.ConnectTimeout(f"{host} was not looked up in time") from error
    if isinstance(found, Exception):
        raise _because(library.ConnectError, found)
    return found
