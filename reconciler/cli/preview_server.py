"""Loopback server of ``previews --serve``, which fetches pictures without the browser's help.

So no credential reaches the browser.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

from reconciler.core.errors import NotFound, ReconcilerError, why_not_listening
from reconciler.core.previews import Previewed
from reconciler.core.resources import Secret
from reconciler.core.text import printable
from reconciler.reports.html.assets import ICON, WALL_SCRIPT, WALL_SEARCH, WALL_STYLE
from reconciler.reports.html.preview_wall import counts_line, page
from reconciler.reports.text.previews import PreviewReport, note_text, session_line, standing_text

_SECONDS = 30.0  # Twice a minute.
_FRESH_SECONDS = 5.0
_MOST_FETCHES = 8
_IDLE_SECONDS = 30
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Connection": "close",
}
_Look = Callable[[], PreviewReport]
_Fetch = Callable[[Secret | str], bytes]


def _path_of(one: Previewed) -> str:
    """The path of a room's picture, constant while the page is open."""
    return f"/previews/{quote(one.address.kind, safe='')}/{quote(one.address.name, safe='')}.webp"


class _Gallery:
    """The last report on the Space, shared by threads and refreshed at most every few seconds."""

    def __init__(self, look: _Look, fetch: _Fetch, *, seconds: float) -> None:
        self.seconds = seconds
        self._look = look
        self._fetch = fetch
        self._fresh = min(_FRESH_SECONDS, seconds / 2)
        self._one_at_a_time = threading.Lock()
        self._fetches = threading.Semaphore(_MOST_FETCHES)
        self._seen = look()
        self._seen_at = time.monotonic()
        self._trouble = ""

    def seen(self) -> tuple[PreviewReport, str]:
        """The newest report, and why it is old if the Space could not be read."""
        with self._one_at_a_time:
            if time.monotonic() - self._seen_at >= self._fresh:
                try:
                    self._seen, self._trouble = self._look(), ""
                except ReconcilerError as error:
                    self._trouble = (
                        f"{printable(error.message)} What is shown is of {self._seen.created_at}."
                    )
                self._seen_at = time.monotonic()
            return self._seen, self._trouble

    def picture(self, path: str) -> bytes:
        """The picture at a path of the page. Raises NotFound, or another ApiError."""
        urls = {_path_of(one): one.preview_url for one in self._seen.rooms}
        url = urls.get(path)
        if url is None:
            raise NotFound("there is no such picture")
        with self._fetches:
            return self._fetch(url)


def _rooms(gallery: _Gallery) -> str:
    report, trouble = gallery.seen()
    rooms = [
        {
            "address": printable(str(one.address)),
            "picture": _path_of(one) if one.preview_url else None,
            "note": note_text(one),
            "standing": standing_text(one),
            "kind": one.standing.replace(" ", "-"),
            "session": session_line(one, report.created_at),
            "live": "no" if one.session is None else "yes",
        }
        for one in report.rooms
    ]
    return json.dumps({"rooms": rooms, "counts": counts_line(report), "trouble": trouble})


class _Exchange(BaseHTTPRequestHandler):
    """One request. It answers GET and HEAD of a few paths, to this page on this machine only."""

    server: "PreviewServer"
    server_version = "reconciler"
    sys_version = ""
    timeout = _IDLE_SECONDS

    def do_GET(self) -> None:
        """Answer or refuse the request."""
        refusal = self._refusal()
        if refusal:
            self._answer(403, "text/plain", f"{refusal}\n".encode())
            return
        try:
            content = self._content(self.path.partition("?")[0])
        except NotFound:
            content = None
        except ReconcilerError:
            self._answer(502, "text/plain", b"The picture cannot be fetched.\n")
            return
        if content is None:
            self._answer(404, "text/plain", b"There is nothing here.\n")
        else:
            self._answer(200, *content)

    def do_HEAD(self) -> None:
        """As GET, without the body."""
        self.do_GET()

    def _refusal(self) -> str:
        """Why a request is refused: a foreign host name (DNS rebinding), or another site's page."""
        if self.headers.get_all("Host", []) not in [[host] for host in self.server.hosts]:
            return "This server answers only to this machine's own names."
        visited = (
            self.path == "/"
            and self.headers.get("Sec-Fetch-Mode") == "navigate"
            and self.headers.get("Sec-Fetch-Dest") == "document"
        )
        if visited or self.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
            return ""
        return "This server answers only to its own page."

    def _content(self, path: str) -> tuple[str, bytes] | None:
        gallery = self.server.gallery
        if path.startswith("/previews/"):
            return "image/webp", gallery.picture(path)
        texts: Mapping[str, tuple[str, Callable[[], str]]] = {
            "/": ("text/html", lambda: page(gallery.seen()[0], _path_of, seconds=gallery.seconds)),
            "/icon.svg": ("image/svg+xml", lambda: ICON),
            "/page.css": ("text/css", lambda: WALL_STYLE),
            "/page.js": ("text/javascript", lambda: WALL_SCRIPT),
            "/search.js": ("text/javascript", lambda: WALL_SEARCH),
            "/rooms.json": ("application/json", lambda: _rooms(gallery)),
        }
        if path not in texts:
            return None
        media_type, text = texts[path]
        return f"{media_type}; charset=utf-8", text().encode()

    def _answer(
        self, status: int, media_type: str, body: bytes, more: Mapping[str, str] | None = None
    ) -> None:
        self.close_connection = True
        self.send_response(status)
        headers = {**_HEADERS, "Content-Type": media_type, "Content-Length": str(len(body))}
        headers.update(more or {})
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002  # the base's signature
        """Answer what the base class refuses, without repeating the request."""
        self.command = getattr(self, "command", None) or "GET"
        status = 405 if code == 501 else code
        self._answer(
            status,
            "text/plain",
            b"This page can only be looked at.\n",
            {"Allow": "GET, HEAD"} if status == 405 else {},
        )

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class PreviewServer(ThreadingHTTPServer):
    """The listening server on ``port``."""

    daemon_threads = True

    def __init__(self, gallery: _Gallery, *, port: int) -> None:
        self.gallery = gallery
        super().__init__(("127.0.0.1", port), _Exchange)
        self.port: int = self.server_address[1]
        self.hosts = [f"{name}:{self.port}" for name in ("127.0.0.1", "localhost")]

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing: a browser may disconnect."""


def preview_server(
    look: _Look, fetch: _Fetch, *, port: int, seconds: float = _SECONDS
) -> PreviewServer:
    """A server of the page on 127.0.0.1; port 0 takes any free one.

    The Space is read once first, and errors of that are raised. Raises ReconcilerError if the port
    cannot be used.
    """
    gallery = _Gallery(look, fetch, seconds=seconds)
    try:
        return PreviewServer(gallery, port=port)
    except (OSError, OverflowError) as error:
        raise ReconcilerError(
            f"cannot listen on 127.0.0.1:{port}: {why_not_listening(error)}",
            hint="choose another --port, or 0 for any that is free",
        ) from error
