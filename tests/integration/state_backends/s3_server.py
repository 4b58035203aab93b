"""A small HTTP server that speaks enough S3: objects, conditional writes, listings; and that can lie, lag in time, or lose answers."""

import hashlib
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET = "bucket"


class Objects:
    """What the server holds, and how it behaves."""

    def __init__(self):
        self.one = threading.Lock()
        self.kept: dict[str, tuple[bytes, str, float]] = {}
        self.lies: set[str] = set()  # "create", "match": conditions that it takes no notice of
        self.lost_answers = (
            0  # so many writes are carried out, and the connection is cut instead of an answer
        )
        self.broken = 0  # so many requests are answered with 503
        self.denied = False
        self.refused = False
        self.ahead = 0.0
        self.requests: list[str] = []

    def put(self, key, content, headers):
        tag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
        with self.one:
            there = self.kept.get(key)
            if headers.get("If-None-Match") == "*" and there and "create" not in self.lies:
                return 412, ""
            wanted = headers.get("If-Match")
            if wanted and "match" not in self.lies and (there is None or there[1] != wanted):
                return 412 if there else 404, ""
            self.kept[key] = (content, tag, time.time() + self.ahead)
            return 200, tag


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is one packet
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, content=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    @property
    def objects(self) -> Objects:
        return self.server.objects

    def asked(self):
        """The key and the query; None once the request is answered already."""
        parts = urlsplit(self.path)
        key = unquote(parts.path).removeprefix(f"/{BUCKET}").lstrip("/")
        self.objects.requests.append(f"{self.command} {key}")
        if not unquote(parts.path).startswith(f"/{BUCKET}"):
            return self.answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        if self.objects.denied:
            return self.answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        if self.objects.refused:
            answer = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>InvalidRequest</Code><Message>not in this way</Message></Error>'
            return self.answer(400, answer)
        if self.objects.broken > 0:
            self.objects.broken -= 1
            return self.answer(503, b"<Error><Code>SlowDown</Code></Error>")
        return key, parse_qs(parts.query)

    def do_PUT(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if not (asked := self.asked()):
            return
        status, tag = self.objects.put(asked[0], content, self.headers)
        if status == 200 and self.objects.lost_answers > 0:
            self.objects.lost_answers -= 1
            self.close_connection = True
            return
        self.answer(
            status,
            b"" if status == 200 else b"<Error><Code>PreconditionFailed</Code></Error>",
            **({"ETag": tag} if tag else {}),
        )

    def do_GET(self):
        if not (asked := self.asked()):
            return
        key, query = asked
        if not key:
            self.listed(query["prefix"][0] if "prefix" in query else "")
        elif key in self.objects.kept:
            content, tag, written = self.objects.kept[key]
            self.answer(200, content, ETag=tag, Last_Modified=formatdate(written, usegmt=True))
        else:
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_HEAD(self):
        self.do_GET()

    def do_DELETE(self):
        if asked := self.asked():
            with self.objects.one:
                self.objects.kept.pop(asked[0], None)
            self.answer(204)

    def do_POST(self):  # many deletions at once
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.asked():
            keys = [part.partition("</Key>")[0] for part in body.split("<Key>")[1:]]
            with self.objects.one:
                for key in keys:
                    self.objects.kept.pop(key, None)
            self.answer(200, b"<DeleteResult/>")

    def listed(self, prefix):
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(content)}</Size><ETag>{escape(tag)}</ETag>"
            f"<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for key, (content, tag, _) in sorted(self.objects.kept.items())
            if key.startswith(prefix)
        )
        self.answer(
            200,
            f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode(),
        )


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects = Objects()
        threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    @property
    def environment(self):
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server_address[1]}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "canary-id",
            "AWS_SECRET_ACCESS_KEY": "canary-key",
            "AWS_REGION": "us-east-1",
        }

    def handle_error(self, *_):
        """A client that was killed in the middle is part of the tests."""

    def close(self):
        self.shutdown()
        self.server_close()
