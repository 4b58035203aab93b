"""Redaction: text from the Space for messages, short, printable and without secrets."""

import binascii
import json
import re
from collections.abc import Collection, Iterator
from urllib.parse import quote, quote_plus

from reconciler.core.regex import regex
from reconciler.core.secret_texts import SHORTEST, keys_of
from reconciler.core.text import printable

_LONGEST_EXCERPT = 200
LONGEST_READ = 4000

_JSON_STRING = regex(r'"(?:[^"\\]|\\.)*(?:"(\s*:)?|$)', re.DOTALL)
_ADDRESS = regex(
    r"([a-z][a-z0-9+.-]{0,20}):(?:\\?/){2}(?:[^\s\"'<>/\\@]*@)?([^\s\"'<>/\\?#,;)]*)([^\s\"'<>]*)",
    re.IGNORECASE,
)
_SHY = regex(r"\b(?:basic|bearer)\s+[a-z0-9+/=._~-]{12,}|\bvpt_\w+|\beyJ[\w.-]+", re.IGNORECASE)
_TAG = regex(r"<(script|style)\b.*?(?:</\1\s*>|$)|<[^<>]*>", re.DOTALL | re.IGNORECASE)
_BLANKS = regex(r"[ \t\r\n]+")
_BEFORE_POINT = regex(r" (?=[.,;:!?])")
_WORD = "A-Za-z0-9"


def with_request(
    what: str, request: str, *, status: int | None = None, request_id: str = ""
) -> str:
    """``what (PUT /rooms/…, HTTP 422, request id 9f1c)``."""
    parts = (
        request,
        f"HTTP {status}" if status else "",
        f"request id {request_id}" if request_id else "",
    )
    return f"{what} ({', '.join(part for part in parts if part)})"


def retry_hint(request: str) -> str:
    """Hint after a request with unknown outcome (``PUT /rooms/…``)."""
    return (
        "run the command again; if it happens again, check the Space's name and any proxy: reconciler doctor"
        if request.startswith("GET ")
        else "it is not known whether the Space carried out this request; run the command again: "
        "it reads the Space first"
    )


def _inner_base64(secret: bytes) -> Iterator[str]:
    """The base64 of ``secret`` in the middle of another text, at any alignment."""
    for before in range(3):
        packed = binascii.b2a_base64(bytes(before) + secret, newline=False).decode()
        whole = packed[(before * 8 + 5) // 6 : (before + len(secret)) * 8 // 6]
        yield from (whole, whole.replace("+", "-").replace("/", "_"))


def _spellings(secret: str) -> Iterator[str]:
    escaped, raw = json.dumps(secret)[1:-1], secret.encode("utf-8", "surrogatepass")
    yield from (secret, escaped, escaped.replace("/", "\\/"))
    for quoted in (
        quote(secret, safe="", errors="replace"),
        quote(secret, errors="replace"),
        quote_plus(secret, errors="replace"),
    ):
        yield quoted
        if "%" in quoted:
            yield re.sub("%..", lambda found: found[0].lower(), quoted)
    if len(raw) >= SHORTEST:
        yield from (raw.hex(), raw.hex().upper(), *_inner_base64(raw))


def hidden_forms(secret: str) -> set[str]:
    """Spellings of ``secret`` that a text may contain: escaped, quoted, hex, base64."""
    forms: set[str] = set()
    for text in (secret, *keys_of(secret)):
        if text:
            forms.update(_spellings(text))
    # An empty form would be found everywhere.
    return forms - {""}


def without(text: str, hidden: Collection[str]) -> str:
    """``text`` with every ``hidden`` spelling replaced."""
    lowered = text.lower()
    for secret in sorted(
        (form for form in hidden if form.lower() in lowered), key=len, reverse=True
    ):
        if len(secret) >= SHORTEST:
            text = re.sub(re.escape(secret), "(secret)", text, flags=re.IGNORECASE)
        else:  # a short spelling would match parts of ordinary words
            text = re.sub(rf"(?<![{_WORD}]){re.escape(secret)}(?![{_WORD}])", "(secret)", text)
    return text


def _only_host(match: re.Match[str]) -> str:
    return f"{match[1]}://{match[2]}" + ("/(hidden)" if len(match[3]) > 1 else match[3])


def redacted(text: str, hidden: Collection[str]) -> str:
    """``text`` on one line, up to 200 characters, without hidden spellings, tokens and URL paths."""
    return printable(_SHY.sub("(hidden)", _ADDRESS.sub(_only_host, without(text, hidden))))[
        :_LONGEST_EXCERPT
    ]


def _only_keys(match: re.Match[str]) -> str:
    return match[0] if match[1] is not None else '"…"'


def excerpt(body: bytes, hidden: Collection[str] = ()) -> str:
    """Start of ``body`` for a message, up to 200 characters: of JSON only its shape."""
    whole = len(body) <= LONGEST_READ
    text = body[:LONGEST_READ].decode("utf-8", errors="replace").strip()
    if text.startswith(("{", "[", '"')):
        text = _JSON_STRING.sub(_only_keys, text)
    if text.startswith("<"):
        text = _TAG.sub(" ", text)
        text = _BEFORE_POINT.sub("", _BLANKS.sub(" ", text)).strip()
    # The cut may split a secret, and its first half would match no hidden spelling.
    return redacted(text if whole else text[: -max(map(len, hidden), default=1)], hidden)
