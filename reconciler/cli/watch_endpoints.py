"""Serves health, readiness and metrics of a watch over HTTP."""

import ipaddress
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6

from reconciler.cli import console
from reconciler.core.errors import UsageError, why_not_listening
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.core.text import printable
from reconciler.reports.ci.metrics import Watched, negotiated

_ADDRESS = regex(r"(?:(?P<host>\[[0-9a-fA-F:.]+\]|[^\[\]:]*):)?(?P<port>[0-9]{1,5})")
_FORM = "write it as 127.0.0.1:9090; 0.0.0.0:9090 answers other machines as well"
_SECONDS = 10
_POLL_SECONDS = 0.05


class Health(NamedTuple):
    """Health of a watch: ``alive`` unless a round is overdue, ``ready`` if the last one succeeded."""

    alive: bool
    ready: bool
    words: str


class _Answers(BaseHTTPRequestHandler):
    """Answers GET and HEAD for three paths."""

    server: "_Server"
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS

    def do_GET(self) -> None:  # as the base class names it
        path = self.path.partition("?")[0]
        if path == "/metrics":
            found = negotiated(self.server.watched(), self.headers.get("Accept", ""))
            self._answer(200, found.content_type, found.text)
        elif path in ("/healthz", "/readyz"):
            health = self.server.health()
            well = health.alive if path == "/healthz" else health.ready
            self._answer(200 if well else 503, "text/plain; charset=utf-8", f"{health.words}\n")
        else:
            self._answer(
                404, "text/plain; charset=utf-8", "the paths are /healthz, /readyz and /metrics\n"
            )

    do_HEAD = do_GET  # noqa: N815  # as the base class names it

    def _answer(self, status: int, content_type: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        """Return a name without versions."""
        return "reconciler"

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], watched: Callable[[], Watched], health: Callable[[], Health]
    ) -> None:
        self.address_family = AF_INET6 if ":" in address[0] else AF_INET
        self.watched, self.health = watched, health
        super().__init__(address, _Answers)

    def server_bind(self) -> None:
        """Bind without the name look-up of the base class."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Log nothing: a client that disconnects does not concern the watch."""


def address_of(text: str) -> tuple[str, int]:
    """The address and port of ``--listen``. UsageError for another form."""
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found["port"]) > 65535:
        raise UsageError(f"--listen {printable(text)[:60]}: is not HOST:PORT", hint=_FORM)
    host = (found["host"] or "127.0.0.1").strip("[]")
    if host == "localhost":
        host = "127.0.0.1"
    try:
        ipaddress.ip_address(host)
    except ValueError as error:
        raise UsageError(
            f"--listen {printable(text)[:60]}: {printable(host)} is not an address of this machine",
            hint=_FORM,
        ) from error
    return host, int(found["port"])


def check_webhook(variable: str, address: str) -> None:
    """UsageError where --webhook is given and the environment has no address for it."""
    if not address:
        raise UsageError(
            f"--webhook: the environment has no address of the webhook ({variable})",
            hint=f"set {variable} to the address; it is a secret, so no flag takes it",
        )


@contextmanager
def answering(
    text: str | None, watched: Callable[[], Watched], health: Callable[[], Health]
) -> Iterator[None]:
    """Serve on the address ``text`` inside the block; None serves nothing. UsageError on failure."""
    if text is None:
        yield
        return
    host, port = address_of(text)
    try:
        server = _Server((host, port), watched, health)
    except OSError as error:
        hint = "choose another port, or 0 for any that is free"
        raise UsageError(
            f"--listen {printable(text)}: cannot listen there: {why_not_listening(error)}",
            hint=hint,
        ) from error
    shown = f"[{host}]" if ":" in host else host
    console.info(f"http://{shown}:{server.server_port} has /healthz, /readyz and /metrics.")
    thread = threading.Thread(
        target=server.serve_forever, args=(_POLL_SECONDS,), name="metrics", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
