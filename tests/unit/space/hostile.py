"""The catalogue of bad answers: what a case file says, the server that plays it, and what the real client makes of it.

A case, ``answers/NAME.http``, begins with comment lines (``#``) and one line that says what is asked for (``list``, ``fetch``,
``find``, ``create``, ``update``, ``delete``, ``streams``, ``members``). Then come the answers, set apart by lines of dashes, the last one
as often as somebody asks. An answer is its head and its body as in HTTP; a ``Content-Length`` that is not written is put in.
Where a first line is ``!raw``, only what is written is sent, and the connection is closed; ``!hang`` says nothing more.

Words in double braces stand for what cannot be written: ``{{id}}``, ``{{other}}`` (ids), ``{{room}}`` (a whole room), ``{{token}}``,
``{{secret}}``, ``{{foreign}}`` (a host that nobody may ask), ``{{bytes 1b 5b}}``, ``{{repeat 5000 [}}``, ``{{nest 5000}}``, ``{{packed}}``
and ``{{gzip 64}}`` (MiB of zeros).
"""

import contextlib
import json
import re
import socket
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from reconciler import catalog
from reconciler.core.errors import ReconcilerError
from reconciler.core.resources import Secret
from reconciler.space.client import Writer, writer
from reconciler.space.clock import Clock
from reconciler.space.live_resource import as_live
from reconciler.space.observe import fetch, find, observe
from reconciler.space.session_members import members
from reconciler.space.target import target
from reconciler.space.timeouts import Timeouts

FOLDER = Path(__file__).parent / "answers"
KINDS = catalog.kinds()
ROOM = KINDS["Room"]
ID = "c22d24f6-5a47-4597-9a23-c7d01e696b92"
OTHER = "0a5e1e5a-0000-4000-8000-000000000002"
TOKEN = "PTcanary-token-0123456789"
SECRET = "rtmp://live.example.com/app/canary-stream-key"
PATIENCE = Timeouts(connect=2.0, request=5.0, call=60.0)
NO_PATIENCE = Timeouts(connect=2.0, request=0.1, call=60.0)

WHOLE = {
    "id": ID,
    "name": "lobby",
    **{field: ROOM.default(field, "lobby") for field in ROOM.attributes},
    "created_at": "2027-01-01T00:00:00Z",
    "updated_at": "2027-01-01T00:00:00Z",
}


class Case(NamedTuple):
    name: str
    asked: str
    answers: tuple[str, ...]


def cases() -> list[Case]:
    return [_case(path) for path in sorted(FOLDER.glob("*.http"))]


def _case(path: Path) -> Case:
    lines = [
        line
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
        if not line.startswith("#")
    ]
    return Case(
        path.stem,
        lines[0].strip(),
        tuple(re.split(r"^-{5,}\n", "".join(lines[1:]), flags=re.MULTILINE)),
    )


def _bomb(mebibytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return b"".join(
        [*(packer.compress(bytes(1024 * 1024)) for _ in range(mebibytes)), packer.flush()]
    )


def _bytes(text: str, foreign: str) -> bytes:
    """The text with its words in braces filled in."""
    words: dict[str, Callable[..., bytes]] = {
        "id": ID.encode,
        "other": OTHER.encode,
        "room": lambda: json.dumps(WHOLE).encode(),
        "token": TOKEN.encode,
        "secret": SECRET.encode,
        "foreign": foreign.encode,
        "bytes": lambda *pairs: bytes.fromhex("".join(pairs)),
        "repeat": lambda number, what: what.encode() * int(number),
        "nest": lambda depth: b'{"a":' * int(depth) + b"1" + b"}" * int(depth),
        "gzip": lambda mebibytes: _bomb(int(mebibytes)),
        "packed": lambda: zlib.compress(b'{"id": 1}', wbits=zlib.MAX_WBITS | 16),
    }
    parts = re.split(r"\{\{(.+?)\}\}", text)
    found = [
        part.encode() if number % 2 == 0 else words[part.split()[0]](*part.split()[1:])
        for number, part in enumerate(parts)
    ]
    return b"".join(found)


def _sent(answer: str, foreign: str) -> tuple[bytes, str]:
    """What goes over the wire, and what becomes of the connection: ``open``, ``close`` or ``hang``."""
    manner = "open"
    if answer.startswith("!"):
        word, _, answer = answer.partition("\n")
        manner = {"!raw": "close", "!hang": "hang"}[word]
    head, _, body = answer.partition("\n\n")
    if not head.strip():
        return b"", manner
    content = _bytes(body.removesuffix("\n"), foreign)
    lines = [_bytes(line, foreign) for line in head.split("\n")]
    framed = any(
        line.lower().startswith((b"content-length", b"transfer-encoding")) for line in lines
    )
    if manner == "open" and not framed:
        lines.append(b"Content-Length: %d" % len(content))
    if framed:
        manner = "close" if manner == "open" else manner
        content = content.replace(b"\n", b"\r\n") if b"chunked" in b"".join(lines) else content
    return b"\r\n".join(lines) + b"\r\n\r\n" + content, manner


class Played(NamedTuple):
    """What came of a case: as the expected file tells it, all that was told to anybody, and the request lines that arrived."""

    text: str
    told: str
    requests: list[str]


def _asks(word: str, client: Writer) -> str:
    """What the tool does, and what it takes from the answer."""
    path = f"/rooms/{ID}"
    asks: dict[str, Callable[[], object]] = {
        "list": lambda: observe(
            client,
            KINDS,
            wanted=["Room"],
            owned=lambda _: {"name": "lobby", "layout": "2x1", "quality": "720p"},
        ),
        "streams": lambda: observe(client, KINDS, wanted=["Room"], children_of=lambda _: True),
        "fetch": lambda: fetch(client, ROOM, ID, KINDS, with_children=False),
        "find": lambda: find(client, ROOM, "lobby", KINDS),
        "create": lambda: as_live(
            ROOM,
            client.post("/rooms", {"name": "lobby", "url": Secret(SECRET)}),
            request="POST /rooms",
        ),
        "update": lambda: as_live(
            ROOM, client.put(path, {"layout": "1x1", "url": Secret(SECRET)}), request=f"PUT {path}"
        ),
        "delete": lambda: client.delete(path),
        "members": lambda: members(client, ID),
    }
    found = asks[word]()
    listed = found if isinstance(found, tuple) else (found,)
    return (
        "".join(
            f"{getattr(one, 'address', one)} {_remarkable(one)}".strip() + "\n" for one in listed
        )
        or "nothing\n"
    )


def _remarkable(one: object) -> str:
    """The attributes that a whole room does not have like this."""
    attributes = getattr(one, "attributes", {})
    return " ".join(
        f"{name}={value!a}"
        for name, value in attributes.items()
        if name not in WHOLE or WHOLE[name] != value
    )


def play(case: Case, loopback: Callable[..., str]) -> Played:
    """Let the real client meet the answers of ``case`` over a socket."""
    strangers: list[bytes] = []
    foreign = loopback(lambda _connection, head: strangers.append(head))
    waiting, requests, told = list(case.answers), [], []

    def talk(connection: socket.socket, head: bytes) -> None:
        requests.append(head.split(b"\r\n")[0].decode())
        content, manner = _sent(waiting.pop(0) if len(waiting) > 1 else waiting[0], foreign)
        with contextlib.suppress(OSError):
            connection.sendall(content)
            if manner == "hang":
                connection.recv(1)
        if manner != "open":
            connection.close()

    where = target(loopback(talk), project="project", token=TOKEN)
    patience = (
        NO_PATIENCE if any(answer.startswith("!hang") for answer in case.answers) else PATIENCE
    )
    with writer(
        where,
        clock=Clock(sleep=lambda _: None, random=lambda: 0.0),
        timeouts=patience,
        trace=told.append,
        on_wait=told.append,
    ) as client:
        try:
            text = "taken\n" + _asks(case.asked, client)
        except ReconcilerError as error:
            text = f"{type(error).__name__}\n{error.message}\n{error.hint}\n"
            told.append(f"{error!r} {error.message} {error.hint} {vars(error)}")
    assert strangers == []
    counted = f"requests: {len(requests)}\n"
    return Played(
        text.replace(where.space, "HOST").replace(foreign, "FOREIGN") + counted,
        "\n".join(told),
        requests,
    )
