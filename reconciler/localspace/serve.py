"""HTTP/1.1 server for the local Space on loopback: threads, keep-alive, real resets for faults."""

import io
import os
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol, Self

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from reconciler.core.errors import ReconcilerError, UsageError, why_not_listening
from reconciler.localspace.app import LARGEST_BODY, LocalSpace
from reconciler.localspace.auth import is_own_name
from reconciler.localspace.faults import AnswerOverdue, ConnectionCut
from reconciler.space.target import is_loopback


class CallHost(Protocol):
    """The handler of WebSockets: the status of a refusal, and the communication over one until it ends."""

    def refusal(self, environ: Mapping[str, Any]) -> int | None:
        """The status of a refusal."""

    def talk(self, environ: Mapping[str, Any]) -> None:
        """Serve the client over the request's socket."""


_OnRequest = Callable[[str, str, int], None]
_POLL_SECONDS = 0.02
_BACKLOG = 128
_NOT_HERE = b"This server answers only to this machine's own names.\n"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class _Exchange(WSGIRequestHandler):
    """One connection and its requests. Werkzeug's handler closes after each answer."""

    server: "_Listener"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        if self.server.calls is not None and self.headers.get("Upgrade", "").lower() == "websocket":
            self._talk(self.server.calls)
            return
        environ = self.environ = self._environ()
        if not all(
            map(
                is_own_name,
                {*self.headers.get_all("Host", []), environ.get("HTTP_HOST", "localhost")},
            )
        ):
            self.close_connection = True
            self._send(
                "403 FORBIDDEN",
                [("Content-Type", "text/plain"), ("Content-Length", str(len(_NOT_HERE)))],
                _NOT_HERE,
            )
            return
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
        """Passes a WebSocket to the calls."""
        self.close_connection = True
        environ = self.make_environ()
        status = calls.refusal(environ)
        if status is not None:
            self._send(f"{status} {HTTPStatus(status).phrase}", [("Content-Length", "0")], b"")
            return
        calls.talk(environ)

    def _environ(self) -> dict[str, Any]:
        """The request with its whole body read, so that the next request starts after it."""
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
        """Sends the answer in one write; a second could wait for a delayed acknowledgement."""
        told = self.date_time_string(self.server.space.now().timestamp())
        more = [("Date", told), *([("Connection", "close")] if self.close_connection else [])]
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in [*headers, *more])]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def _cut(self) -> None:
        """Resets the connection: with no lingering, close sends RST instead of FIN."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        os.close(self.connection.detach())

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # the base class names it so
        """Prints nothing."""


class _Listener(ThreadedWSGIServer):
    """The listening socket and the open connections."""

    def __init__(
        self,
        space: LocalSpace,
        listening: socket.socket,
        on_request: _OnRequest | None,
        calls: CallHost | None,
    ) -> None:
        host, port = listening.getsockname()[:2]
        super().__init__(host, port, space, _Exchange, fd=listening.fileno())
        self.space = space
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
        """Close the connections that clients keep open."""
        self.closing.set()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints nothing: clients may disconnect."""


class Server:
    """A served local Space on ``port``. As a context manager it serves in a thread."""

    def __init__(
        self,
        space: LocalSpace,
        listening: socket.socket,
        on_request: _OnRequest | None,
        calls: CallHost | None,
    ) -> None:
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
        """Stop serving and close connections; the Space itself stays open."""
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
        raise UsageError(
            f"{host} is not a loopback address",
            hint="the local Space serves this machine alone; use 127.0.0.1",
        )
    try:
        return socket.create_server(
            (host, port),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
            backlog=_BACKLOG,
        )
    except (OSError, OverflowError) as error:
        raise ReconcilerError(
            f"cannot listen on {host}:{port}: {why_not_listening(error)}",
            hint="choose another port, or 0 for any that is free",
        ) from error


def serve(
    space: LocalSpace,
    *,
    port: int,
    host: str = "127.0.0.1",
    on_request: _OnRequest | None = None,
    calls: CallHost | None = None,
) -> Server:
    """A server of ``space`` on a loopback ``host``; port 0 takes any free one.

    ``on_request`` is called after each answer with method, path with query, and status.
    ``calls`` handles the WebSockets of browsers that join rooms; without it they are refused.
    """
    with _listening(host, port) as listening:
        return Server(space, listening, on_request, calls)
