"""What comes over one HTTP/1.1 connection, answer by answer; llhttp reads it."""

import httptools

from reconciler.space.exchange import Headers, NotHttp

LONGEST_HEAD = 100 * 1024
_LOWEST, _SWITCHES = 100, 101
_BODILESS = frozenset({204, 304})
_START = b"HTTP/"
_VERSIONS = frozenset({"1.0", "1.1"})


class _Message:
    """The answer that is being read. Interim ones (1xx) are passed over, but for that which ends HTTP."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.clear()

    def clear(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []
        self.version = ""
        self.headed = self.whole = self.lasts = self.spoilt = self.interim = False

    def on_message_begin(self) -> None:
        self.spoilt = self.whole  # what comes after the answer belongs to no request

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.headed and not self.spoilt:  # after the head they are trailers, which tell nothing here
            self.headers.append((name.lower(), value.strip()))

    def on_headers_complete(self) -> None:
        if self.spoilt:
            return
        status, self.version = self.parser.get_status_code(), self.parser.get_http_version()
        self.interim = _LOWEST <= status < 200 and status != _SWITCHES
        if self.interim:
            self.headers = []
        else:
            self.headed, self.status = True, status

    def on_body(self, part: bytes) -> None:
        if not self.spoilt:
            self.parts.append(part)

    def on_message_complete(self) -> None:
        if not (self.interim or self.spoilt):
            self.whole, self.lasts = True, self.parser.should_keep_alive()  # a trailer has its say


class Incoming:
    """The answers of one connection, from bytes as they come. What is no HTTP/1.1 raises NotHttp."""

    def __init__(self) -> None:
        self._message = _Message()
        self._start = b""
        self._fruitless = 0
        self._framed = False

    def begin(self) -> None:
        """A request is sent: what comes from here on is the answer to it."""
        self._message.clear()
        self._start = b""
        self._fruitless = 0

    @property
    def has_head(self) -> bool:
        """Whether the head of the answer is complete."""
        return self._message.headed

    @property
    def status(self) -> int:
        """The answer's status, once it has its head."""
        return self._message.status

    @property
    def headers(self) -> Headers:
        """The head's fields, by lower-case name, in their order."""
        return self._message.headers

    @property
    def is_whole(self) -> bool:
        """Whether the answer has come to its end."""
        return self._message.whole

    @property
    def may_go_on(self) -> bool:
        """Whether another request can follow: the answer is whole, nothing came after it, and the connection stays."""
        message = self._message
        return message.whole and message.lasts and not message.spoilt and message.status != _SWITCHES

    def feed(self, received: bytes | memoryview) -> list[bytes]:
        """Take what came; the parts of the body in it."""
        message, headless = self._message, not self._message.headed
        if len(self._start) < len(_START):
            self._check_start(received)
        try:
            message.parser.feed_data(received)
        except httptools.HttpParserUpgrade:
            message.whole = message.spoilt = True
        except httptools.HttpParserCallbackError as error:
            message.spoilt = True
            raise error.__context__ or error from None  # what came into it, as a KeyboardInterrupt
        except httptools.HttpParserError as error:
            if not message.whole:
                raise NotHttp(f"not HTTP/1.1: {error}") from error
            message.spoilt = True
        if headless and message.headed:
            self._check_head()
        parts, message.parts = message.parts, []
        # A head, or what stands between the parts of a body, that grows and grows.
        self._fruitless = 0 if parts or message.whole else self._fruitless + len(received)
        if self._fruitless > LONGEST_HEAD:
            raise NotHttp("the head of the answer, or what frames its body, is too long")
        return parts

    def end(self) -> None:
        """The connection was closed at the other end: NotHttp where that cuts the answer short."""
        if not self._message.headed:
            raise NotHttp("the connection was closed without an answer")
        if self._framed and not self._message.whole:
            raise NotHttp("the connection was closed in the middle of an answer")
        self._message.whole = self._message.spoilt = True

    def close(self) -> None:
        """Nothing comes any more. The parser and what it calls hold each other: neither would go by itself."""
        self._message.__dict__.pop("parser", None)

    def _check_start(self, received: bytes | memoryview) -> None:
        """Llhttp takes the answers of protocols that are like HTTP as well."""
        self._start += bytes(received[: len(_START) - len(self._start)])
        if not _START.startswith(self._start):
            raise NotHttp("not HTTP/1.1")

    def _check_head(self) -> None:
        if self.status < _LOWEST or self._message.version not in _VERSIONS:
            raise NotHttp("not HTTP/1.1: no such status, or another version")
        if sum(len(name) + len(value) for name, value in self.headers) > LONGEST_HEAD:
            raise NotHttp("the head of the answer is too long")
        codings = [value.lower() for name, value in self.headers if name == b"transfer-encoding"]
        if codings not in ([], [b"chunked"]):
            raise NotHttp("the answer comes in a transfer coding that was not asked for")
        has_length = any(name == b"content-length" for name, _ in self.headers)
        self._framed = bool(codings) or has_length or self.status in _BODILESS
