"""A Space for measuring: rooms over HTTP/1.1, answered as late as asked for, in a process of its own.

The project's local Space checks, stores and builds each answer as the API would, and would be what is measured; here rooms are
bytes, made once, a page is joined from them and kept, and all that a request waits for is the clock. ``GET /figures`` tells what
was seen so far.
"""

import asyncio
import json
import re
import selectors
import sys
import uuid
from datetime import UTC, datetime

import rooms

PAGE = 1000
_REQUEST = re.compile(
    rb"([A-Z]+) (/figures|/api/video/([a-z_]+)(?:/([^ /?]+))?(?:/[^ ?]*)?)(?:\?([^ ]*))? HTTP/1\.1"
)
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_NUMBER = re.compile(rb"(?:^|&)page_number=([0-9]+)")
EMPTY = b'{"links": {}, "data": []}'
OK, CREATED, GONE, MISSING = b"200 OK", b"201 Created", b"204 No Content", b"404 Not Found"


class Space:
    """The rooms that there are, as JSON by id in the order of their creation, and what was asked so far."""

    def __init__(self, size):
        self.rooms = {
            rooms.identifier(number): json.dumps(rooms.answer(number)).encode()
            for number in range(size)
        }
        self.ids = {rooms.name(number): rooms.identifier(number) for number in range(size)}
        self.pages = {}
        self.fresh = rooms.answer(0)
        self.connections = 0
        self.requests = {}
        self.first_post = self.last_post_answered = None

    def page(self, number):
        """The page of that number (from 0); it is joined once and kept until something is written."""
        if number not in self.pages:
            start, end = number * PAGE, (number + 1) * PAGE
            link = (
                b'"next": "/api/video/rooms?page_number=%d&page_token=t"' % (number + 1)
                if end < len(self.rooms)
                else b""
            )
            self.pages[number] = b'{"links": {%b}, "data": [%b]}' % (
                link,
                b", ".join(list(self.rooms.values())[start:end]),
            )
        return self.pages[number]

    def figures(self):
        """What was seen: connections, requests by method, and when the first POST came and the last one was answered (seconds)."""
        seen = {"connections": self.connections, "requests": self.requests}
        return json.dumps(
            seen | {"first_post": self.first_post, "last_post_answered": self.last_post_answered}
        ).encode()

    def _kept(self, room):
        self.rooms[room["id"]] = content = json.dumps(room).encode()
        self.ids[room["name"]] = room["id"]
        self.pages.clear()
        return content

    def _read(self, item, query):
        if item is None:
            number = _NUMBER.search(query or b"")
            return OK, self.page(int(number.group(1)) if number else 0)
        found = self.rooms.get(self.ids.get(item, item))
        return (OK, found) if found else (MISSING, b'{"error": "not found"}')

    def answer(self, method, collection, item, *, query, body):
        """The status and the body of an answer. Of other kinds than rooms there is nothing."""
        if collection != b"rooms":
            return OK, EMPTY
        item = item and item.decode()
        if method == b"POST":
            now = datetime.now(
                UTC
            ).isoformat()  # what was made at another time is taken for somebody else's
            own = {"id": str(uuid.uuid4()), "created_at": now, "updated_at": now}
            return CREATED, self._kept(self.fresh | json.loads(body) | own)
        status, content = self._read(item, query)
        if method == b"GET" or status is MISSING:
            return status, content
        room = json.loads(content)
        del self.ids[room["name"]]
        if method == b"PUT":
            return OK, self._kept(room | json.loads(body))
        del self.rooms[room["id"]]
        self.pages.clear()
        return GONE, b""


class Connection(asyncio.Protocol):
    """Each request is answered ``latency`` seconds after its last byte came."""

    def __init__(self, space, latency, loop):
        self.space = space
        self.latency = latency
        self.loop = loop
        self.received = b""

    def connection_made(self, transport):
        """Somebody connected."""
        self.transport = transport
        self.space.connections += 1

    def data_received(self, received):
        """Take every request that is complete."""
        now = self.loop.time()
        self.received += received
        while (end := self.received.find(b"\r\n\r\n") + 4) >= 4:
            length = _LENGTH.search(self.received, 0, end)
            whole = end + (int(length.group(1)) if length else 0)
            if len(self.received) < whole:
                return
            head, body, self.received = (
                self.received[:end],
                self.received[end:whole],
                self.received[whole:],
            )
            self.take(head, body, now)

    def take(self, head, body, now):
        """Do what a request asks for, and answer it in time."""
        space = self.space
        method, path, collection, item, query = _REQUEST.match(head).groups()
        if path == b"/figures":
            space.connections -= (
                1  # whoever asks for the figures is not among them, and closes the connection
            )
            self.send(OK, space.figures(), post=False)
            return
        post = method == b"POST"
        space.requests[method.decode()] = space.requests.get(method.decode(), 0) + 1
        if post and space.first_post is None:
            space.first_post = now
        status, content = space.answer(method, collection, item, query=query, body=body)
        self.loop.call_at(now + self.latency, lambda: self.send(status, content, post=post))

    def send(self, status, content, *, post):
        """Write an answer."""
        head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (
            status,
            len(content),
        )
        self.transport.write(head + content)
        if post:
            self.space.last_post_answered = self.loop.time()


async def main(size, latency):
    """Serve ``size`` rooms on a free port of this machine, which is printed."""
    space = Space(size)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(space, latency, loop), "127.0.0.1", 0, backlog=256
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _loop():
    """A loop that waits to the microsecond: epoll and poll round up to the millisecond, which is 2 % of 50 ms."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(main(int(sys.argv[1]), float(sys.argv[2])))
