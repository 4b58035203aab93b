"""The local Space on a loopback port: threads, HTTP/1.1 connections that stay open, and faults that really cut them."""

import io
import os
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol, Self

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from reconciler.core.errors import ReconcilerError, UsageError
from reconciler.localspace.app import LARGEST_BODY, LocalSpace
from reconciler.localspace.faults import AnswerOverdue, ConnectionCut
from reconciler.localspace.gate import is_loopback


class CallHost(Protocol):
    """What takes WebSockets over from this server: whether it refuses one, and by which status; and the talk over it, until it ends."""

    def refusal(self, environ: Mapping[str, Any]) -> int | None:
        """The status of a refusal."""

    def talk(self, environ: Mapping[str, Any]) -> None:
        """Speak over the request's socket."""


OnRequest = Callable[[str, str, int], None]
_POLL_SECONDS = 0.02
_BACKLOG = 128
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class _Exchange(WSGIRequestHandler):
    """One connection and the requests that come over it. Werkzeug's own closes each connection after one answer; this one does not."""

    server: "_Listener"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        if self.server.calls is not None and self.headers.get("Upgrade", "").lower() == "websocket":
            self._talk(self.server.calls)
            return
        environ = self.environ = self._environ()
        head: list[Any] = []
        body = bytearray()
        cut = False

        def start_response(status: str, headers: Any, _failure: Any = None) -> Any:
            head.extend((status, headers))
            return body.extend

        try:
            for part in self.server.app(environ, start_response):
                body += part
        except ConnectionCut:
            cut = True
        except AnswerOverdue as overdue:
            cut = True
            self.server.closing.wait(overdue.seconds)
        if head:
            self._send(head[0], head[1], bytes(body))
        if cut:
            self._cut()
        elif self.server.on_request:
            self.server.on_request(self.command, self.path, int(head[0].split()[0]))

    def _talk(self, calls: CallHost) -> None:
        """Hand the connection over; it is not used for requests again."""
        self.close_connection = True
        environ = self.make_environ()
        status = calls.refusal(environ)
        if status is not None:
            self._send(f"{status} {HTTPStatus(status).phrase}", [("Content-Length", "0")], b"")
            return
        calls.talk(environ)

    def _environ(self) -> dict[str, Any]:
        """The request with its whole body read, so that the next one on this connection starts where it should."""
        environ = self.make_environ()
        length = environ.get("CONTENT_LENGTH", "0")
        if "HTTP_TRANSFER_ENCODING" in environ:
            body = environ["wsgi.input"].read(LARGEST_BODY + 1)
        elif length.isdigit() and int(length) <= LARGEST_BODY:
            body = self.rfile.read(int(length))
        else:
            self.close_connection = True
            return {**environ, "wsgi.input": io.BytesIO()}
        self.close_connection |= len(body) > LARGEST_BODY
        return {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        """The whole answer in one write: in two, the second could wait for the client's delayed acknowledgement."""
        more = [("Date", self.date_time_string()), *([("Connection", "close")] if self.close_connection else [])]
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in [*headers, *more])]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def _cut(self) -> None:
        """Reset the connection: closing a socket that may not linger sends RST in place of FIN."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        os.close(self.connection.detach())

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # the base class names it so
        """Stay quiet."""


class _Listener(ThreadedWSGIServer):
    """The listening socket, and the connections that are open."""

    def __init__(self, space: LocalSpace, listening: socket.socket, on_request: OnRequest | None, calls: CallHost | None) -> None:
        host, port = listening.getsockname()[:2]
        super().__init__(host, port, space, _Exchange, fd=listening.fileno())
        self.on_request = on_request
        self.calls = calls
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep open."""
        self.closing.set()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet: a client that goes away is no concern of the server's."""


class Server:
    """A local Space being served; ``port`` is the one it listens on. As a context it serves in a thread of its own."""

    def __init__(self, space: LocalSpace, listening: socket.socket, on_request: OnRequest | None, calls: CallHost | None) -> None:
        self._listener = _Listener(space, listening, on_request, calls)
        self._lock = threading.Lock()
        self._serving = False
        self._closed = False
        self.port: int = self._listener.port

    def serve_forever(self) -> None:
        """Serve until ``close`` is called or Ctrl-C is pressed."""
        with self._lock:
            if self._closed:
                return
            self._serving = True
        self._listener.serve_forever(poll_interval=_POLL_SECONDS)
        with self._lock:
            self._serving = False
        self.close()

    def close(self) -> None:
        """Stop serving and hang up; the Space itself stays open."""
        with self._lock:
            serving, self._closed = self._serving, True
        if serving:
            self._listener.shutdown()
        self._listener.hang_up()
        self._listener.server_close()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, name="local Space", daemon=True).start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()


def _listening(host: str, port: int) -> socket.socket:
    if not is_loopback(host):
        raise UsageError(f"{host} is not a loopback address", hint="the local Space serves this machine alone; use 127.0.0.1")
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        raise ReconcilerError(f"cannot listen on {host}:{port}: {error}", hint="choose another port, or 0 for any that is free") from error


def serve(
    space: LocalSpace,
    *,
    port: int,
    host: str = "127.0.0.1",
    on_request: OnRequest | None = None,
    calls: CallHost | None = None,
) -> Server:
    """A server for ``space`` on a loopback ``host``; port 0 takes any that is free. Nothing is printed.

    ``on_request`` is called after each answer with the method, the path with its query, and the status.
    ``calls`` takes the WebSockets that browsers open to join rooms; without it there are none.
    """
    with _listening(host, port) as listening:
        return Server(space, listening, on_request, calls)
