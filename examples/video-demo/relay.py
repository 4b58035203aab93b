"""The back end of the demo: hands out the page, tokens for allowed rooms and roles, and previews. The API token never leaves this process.

It asks `reconciler` for all of it, which reads the credentials from the environment: SIGNALWIRE_SPACE, _PROJECT_ID and _API_TOKEN.
"""

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PICTURES = HERE / ".reconciler" / "previews"
PAGE = {
    "/": ("page/index.html", "text/html"),
    "/icon.svg": ("page/icon.svg", "image/svg+xml"),
    "/app.js": ("page/app.js", "text/javascript"),
    "/style.css": ("page/style.css", "text/css"),
    "/vendor/signalwire.js": ("page/vendor/signalwire.js", "text/javascript"),
}

# Who may join which room as what. A real application decides this by who is logged in; here, everybody may choose.
ALLOWED = {"lounge": ("guest", "host"), "stage": ("viewer", "host"), "backstage": ("host",)}

LONGEST_BODY = 4096
LONGEST_USER = 60
FRESH_SECONDS = 10
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' blob:; media-src 'self' blob:; connect-src 'self' {calls}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Connection": "close",
}


class Refused(Exception):
    """The request is answered with this status and these words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def reconciler(*words: str) -> Any:
    """The JSON that a command of the tool prints. Errors are printed here and not sent to the browser."""
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *words],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if not done.stdout.startswith("{"):
        sys.stderr.write(done.stderr)
        raise Refused(502, "The Space cannot be asked just now.")
    return json.loads(done.stdout)


def layouts() -> list[str]:
    """The layouts that a room can have, as the tool's own schema lists them."""
    schema = reconciler("schema", "Room")
    layout = schema["properties"]["spec"]["properties"]["layout"]
    return list(next(option["enum"] for option in layout["anyOf"] if "enum" in option))


def where_calls_go() -> str:
    """Where the SDK may connect to: the vendor's servers, or the local Space. The page reaches nothing else."""
    space = os.environ.get("SIGNALWIRE_SPACE", "")
    if space.partition(":")[0] in ("127.0.0.1", "localhost"):
        return f"ws://{space}"
    return "https://*.signalwire.com wss://*.signalwire.com"


class Rooms:
    """What was last seen of the allowed rooms; the Space is looked at once in ten seconds at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen_at = -float(FRESH_SECONDS)
        self._seen: list[dict[str, Any]] = []

    def seen(self) -> list[dict[str, Any]]:
        """Every allowed room: its title, the roles in it, who is inside, and its picture or why there is none."""
        with self._lock:
            if time.monotonic() - self._seen_at >= FRESH_SECONDS:
                listed = reconciler(
                    "previews", *ALLOWED, "--save", str(PICTURES), "--format", "json"
                )["previews"]
                self._seen = [self._room(one) for one in listed]
                self._seen_at = time.monotonic()
            return self._seen

    @staticmethod
    def _room(one: dict[str, Any]) -> dict[str, Any]:
        session = one["session"] or {}
        return {
            "name": one["name"],
            "title": one["display_name"] or one["name"],
            "roles": ALLOWED[one["name"]],
            "members": session.get("members"),
            "standing": one["standing"],
            "picture": f"/previews/{one['name']}.webp" if one.get("file") else None,
            "note": one["reason"],
            "file": one.get("file"),
        }


def checked(asked: Any) -> tuple[str, str, str]:
    """Room, user and role of a request for a token. Refused where they are not allowed."""
    if not isinstance(asked, dict) or not all(
        isinstance(asked.get(word), str) for word in ("room", "user", "role")
    ):
        raise Refused(400, "Say room, user and role.")
    room, user, role = asked["room"], asked["user"].strip(), asked["role"]
    if role not in ALLOWED.get(room, ()):
        raise Refused(403, "That role is not allowed in that room.")
    if not 0 < len(user) <= LONGEST_USER or not user.isprintable():
        raise Refused(400, "Say your name.")
    return room, user, role


class Exchange(BaseHTTPRequestHandler):
    """One request to the demo."""

    server: "Relay"
    server_version = "video-demo"
    sys_version = ""
    timeout = 60

    def do_GET(self) -> None:
        """The page, the list of rooms, a picture."""
        self._answered(lambda: self._found(self.path.partition("?")[0]))

    def do_POST(self) -> None:
        """A token."""
        self._answered(self._token)

    def _answered(self, answer: Any) -> None:
        try:
            self._check_caller()
            media_type, body = answer()
            self._send(200, media_type, body)
        except Refused as refused:
            self._send(
                refused.status, "application/json", json.dumps({"error": str(refused)}).encode()
            )

    def _check_caller(self) -> None:
        # Another site may have bent its name to lead here, or may make the browser ask.
        if self.headers.get_all("Host", []) not in [
            [f"{name}:{self.server.port}"] for name in ("127.0.0.1", "localhost")
        ]:
            raise Refused(403, "This server answers to this machine's names only.")
        if (
            self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
            and self.path != "/"
        ):
            raise Refused(403, "This server answers to its own page only.")

    def _found(self, path: str) -> tuple[str, bytes]:
        if path == "/rooms.json":
            rooms = [
                {word: value for word, value in one.items() if word != "file"}
                for one in self.server.rooms.seen()
            ]
            seen = {"rooms": rooms, "layouts": self.server.layouts}
            return "application/json", json.dumps(seen).encode()
        pictures = (
            {one["picture"]: one["file"] for one in self.server.rooms.seen()}
            if path.startswith("/previews/")
            else {}
        )
        if pictures.get(path):
            return "image/webp", Path(HERE, pictures[path]).read_bytes()
        name, media_type = PAGE.get(path, ("", ""))
        if not name or not (HERE / name).is_file():
            raise Refused(404, "There is nothing here.")
        return f"{media_type}; charset=utf-8", (HERE / name).read_bytes()

    def _token(self) -> tuple[str, bytes]:
        if self.path != "/token":
            raise Refused(404, "There is nothing here.")
        length = self.headers.get("Content-Length", "")
        # (A form of another site cannot send this type.)
        if (
            self.headers.get_content_type() != "application/json"
            or not length.isdigit()
            or int(length) > LONGEST_BODY
        ):
            raise Refused(400, "Ask with a short JSON object.")
        try:
            asked = json.loads(self.rfile.read(int(length)))
        except ValueError as error:
            raise Refused(400, "Ask with a short JSON object.") from error
        room, user, role = checked(asked)
        minted = reconciler(
            "tokens", "mint", room, f"--user={user}", "--role", role, "--reveal", "--format", "json"
        )
        return "application/json", json.dumps({"token": minted["token"]}).encode()

    def _send(self, status: int, media_type: str, body: bytes) -> None:
        self.close_connection = True
        self.send_response(status)
        headers = {**HEADERS, "Content-Security-Policy": POLICY.format(calls=self.server.calls)}
        for name, value in {
            **headers,
            "Content-Type": media_type,
            "Content-Length": str(len(body)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay quiet: a request's line says nothing of use."""


class Relay(ThreadingHTTPServer):
    """The demo on a port of this machine alone."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Exchange)
        self.port: int = self.server_address[1]
        self.rooms = Rooms()
        self.layouts = layouts()
        self.calls = where_calls_go()


def main(port: int = 8070) -> None:
    """Serve the demo until Ctrl-C."""
    with Relay(port) as relay:
        print(f"The demo is at http://127.0.0.1:{relay.port}/. Ctrl-C ends it.", flush=True)
        try:
            relay.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8070)
