"""A Space for measuring: lists and creations of rooms over HTTP/1.1, as late as asked for, in a process of its own.

The project's local Space checks, stores and builds each answer as the API would, and would be what is measured; here the pages
are bytes that were made before.
"""

import asyncio
import json
import re
import sys
import uuid

import rooms

PAGE = 1000
_REQUEST = re.compile(rb"([A-Z]+) /api/video/([a-z]+)(?:/([^ ?]+))?(?:\?([^ ]*))? HTTP/1.1")
_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
EMPTY = b'{"links": {}, "data": []}'


def pages(size):
    """The pages of the list of rooms, as bytes."""
    ordered = [json.dumps(rooms.answer(number)) for number in range(size)]
    found = []
    for start in range(0, max(size, 1), PAGE):
        more = start + PAGE < size
        links = {"next": f"/api/video/rooms?page_number={start // PAGE + 1}&page_token=t"} if more else {}
        found.append(f'{{"links": {json.dumps(links)}, "data": [{", ".join(ordered[start : start + PAGE])}]}}'.encode())
    return found


class Space:
    """The rooms that there are; ``made`` holds those of this run."""

    def __init__(self, size):
        self.pages = pages(size)
        self.made = {}
        self.requests = 0

    def listed(self, query):
        """The page that ``query`` asks for; rooms made meanwhile are on one page of their own."""
        if self.made:
            return json.dumps({"links": {}, "data": list(self.made.values())}).encode()
        number = re.search(rb"page_number=([0-9]+)", query or b"")
        return self.pages[int(number.group(1)) if number else 0]

    def answer(self, method, collection, item, *, query, body):
        """The status and the body of an answer."""
        self.requests += 1
        if method == b"POST":
            room = rooms.answer(0) | json.loads(body)
            room["id"] = str(uuid.uuid4())
            self.made[room["name"]] = room
            return b"201 Created", json.dumps(room).encode()
        if collection != b"rooms":
            return b"200 OK", EMPTY
        if item is None:
            return b"200 OK", self.listed(query)
        found = next((room for room in self.made.values() if item.decode() in (room["id"], room["name"])), None)
        return (b"200 OK", json.dumps(found).encode()) if found else (b"404 Not Found", b'{"errors": []}')


async def serve(space, latency, reader, writer):
    """One connection: each request is answered ``latency`` seconds after it came."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length.group(1))) if length else b""
            method, collection, item, query = _REQUEST.match(head).groups()
            status, content = space.answer(method, collection, item, query=query, body=body)
            await asyncio.sleep(latency)
            writer.write(
                b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(content) + content
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(size, latency):
    """Serve ``size`` rooms on a free port of this machine, which is printed."""
    space = Space(size)

    async def connected(reader, writer):
        await serve(space, latency, reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=256, limit=2**24)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
