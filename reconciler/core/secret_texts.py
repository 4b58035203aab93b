"""Finds secrets in texts of the Space: as they are, escaped, quoted, in hex or base64."""

import binascii
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from reconciler.core.redacted_values import declared_secrets, secrets_in
from reconciler.core.regex import regex
from reconciler.core.resources import Attributes, Desired, Secret

# A shorter value is a part of ordinary words, and hiding those would hide whole reports.
SHORTEST = 6
_SHORTEST_KEY = SHORTEST + 2
_MOST_LEVELS = 2  # of encodings in one another

_HEX = regex(rb"[0-9a-f]{%d,}" % (SHORTEST * 2), re.IGNORECASE)
_BASE64 = regex(rb"[A-Za-z0-9+/_-]{%d,}" % (SHORTEST * 4 // 3))
_ESCAPE = regex(
    rb"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))",
    re.DOTALL,
)
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_PARTS = regex(r"[/?&=#]")
# What an encoding may stand in: what is decoded by mistake hardly has so long a text.
_READABLE = regex(
    rb"(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){%d,}"
    % SHORTEST
)
_MOST_IN_A_PATTERN = 200
_MOST_REMEMBERED = 10_000


def keys_of(address: str) -> Iterator[str]:
    """Yield the parts of a URL that are as secret as the whole: a stream's key."""
    if "://" in address:
        rest = address.partition("://")[2].partition("/")[2]
        parts = _PARTS.split(rest)
        yield from (part for part in (rest, *parts) if len(part) >= _SHORTEST_KEY)
        if SHORTEST <= len(parts[-1]) < _SHORTEST_KEY:
            yield parts[-1]


def _folded(raw: bytes) -> bytes:
    """Return ``raw`` without differences of letter case, and of how accents are written.

    What is not UTF-8 in it stays as it is.
    """
    if raw.isascii():
        return raw.lower()
    text = unicodedata.normalize("NFD", raw.decode("utf-8", "surrogateescape"))
    return unicodedata.normalize("NFD", text.casefold()).encode("utf-8", "surrogateescape")


def _forms(text: str) -> set[bytes]:
    """Return ``text`` folded, and as it is: accents behind it change how its end is folded."""
    raw = text.encode("utf-8", "surrogatepass")
    # A few letters, as the Turkish i without a dot, fold to another letter once in upper case.
    upper = text.upper().encode("utf-8", "surrogatepass")
    return {raw.lower(), _folded(raw), _folded(upper)}


def _unescaped(raw: bytes) -> bytes:
    """Return ``raw`` without the escapes of JSON: of a slash, a quote, a code point."""

    def character(found: re.Match[bytes]) -> bytes:
        if found[1]:
            pair = bytes.fromhex((found[1] + found[2]).decode("ascii"))
            return pair.decode("utf-16-be").encode()
        if found[4]:
            return _CONTROLS.get(found[4], found[4])
        return chr(int(found[3], 16)).encode("utf-8", "surrogatepass")

    return _ESCAPE.sub(character, raw)


def _from_hex(raw: bytes) -> Iterator[bytes]:
    for found in _HEX.finditer(raw):
        for start in range(2):
            run = found[0][start:]
            yield binascii.unhexlify(run[: len(run) // 2 * 2])


def _from_base64(raw: bytes) -> Iterator[bytes]:
    """Yield what a run of base64 may stand for: where it begins inside of a text is unknown."""
    for found in _BASE64.finditer(raw):
        plain = found[0].replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):
            run = plain[start:]
            run = run[: -1 if len(run) % 4 == 1 else None]
            yield binascii.a2b_base64(run + b"=" * (-len(run) % 4))


def _decoded(raw: bytes) -> Iterator[bytes]:
    """Yield what ``raw`` says in each encoding that it may be in."""
    if b"%" in raw or b"+" in raw:
        yield unquote_to_bytes(raw)
        yield unquote_to_bytes(raw.replace(b"+", b" "))
    if b"\\" in raw:
        yield _unescaped(raw)
    if b"&" in raw:
        import html  # noqa: PLC0415  # a table of two thousand names

        yield html.unescape(raw.decode("utf-8", "surrogateescape")).encode("utf-8", "replace")
    yield from _from_hex(raw)
    yield from _from_base64(raw)


def _none() -> Iterator[str]:
    return iter(())


class SecretTexts:
    """Texts that no output may show. ``words`` is called when a text is first looked at."""

    def __init__(self, words: Callable[[], Iterable[str]]) -> None:
        self._words = words
        self._known: dict[bytes, list[bytes]] | None = None
        self._starts: re.Pattern[bytes] | None = None
        # The same few values stand in thousands of resources.
        self._remembered: dict[str, bool] = {}

    @classmethod
    def of(cls, desired: Sequence[Desired], *more: Attributes) -> "SecretTexts":
        """Return the secrets that ``desired`` declares, and those in ``more``."""

        def words() -> Iterator[str]:
            yield from declared_secrets(desired)
            yield from secrets_in(more)

        return cls(words)

    def _index(self) -> dict[bytes, list[bytes]]:
        """Return the texts by how they begin: thousands of them are found in one pass."""
        if self._known is None:
            known: dict[bytes, list[bytes]] = {}
            texts = {text for word in self._words() for text in (word, *keys_of(word))}
            for text in sorted(texts):
                if len(text) >= SHORTEST:
                    for form in _forms(text):
                        known.setdefault(form[:SHORTEST], []).append(form)
            if 0 < len(known) <= _MOST_IN_A_PATTERN:
                self._starts = re.compile(b"(?=(%s))" % b"|".join(map(re.escape, known)))
            self._known = known
        return self._known

    def _positions(self, folded: bytes) -> Iterator[int]:
        """Yield where one of them may begin."""
        if self._starts is not None:
            yield from (found.start() for found in self._starts.finditer(folded))
        else:
            yield from range(len(folded) - SHORTEST + 1)

    def _holds(self, raw: bytes) -> bool:
        """Whether one of them is in ``raw`` without an encoding, in any letter case."""
        lowered, folded = raw.lower(), _folded(raw)
        return self._has(lowered) or (folded != lowered and self._has(folded))

    def _has(self, folded: bytes) -> bool:
        """Whether one of them is in ``folded`` as it is."""
        known = self._index()
        for start in self._positions(folded):
            found = known.get(folded[start : start + SHORTEST])
            if found and any(folded.startswith(text, start) for text in found):
                return True
        return False

    def _is_in(self, raw: bytes, levels: int) -> bool:
        if self._holds(raw):
            return True
        for plain in _decoded(raw) if levels else ():
            if len(plain) < SHORTEST or plain == raw:
                continue
            if self._holds(plain):
                return True
            deeper = _READABLE.findall(plain) if levels > 1 else ()
            if any(self._is_in(run, levels - 1) for run in deeper):
                return True
        return False

    def in_text(self, text: str) -> bool:
        """Whether ``text`` holds one of them, in any spelling."""
        if len(text) < SHORTEST or not self._index():
            return False
        known = self._remembered.get(text)
        if known is None:
            known = self._is_in(text.encode("utf-8", "surrogatepass"), _MOST_LEVELS)
            if len(self._remembered) < _MOST_REMEMBERED:
                self._remembered[text] = known
        return known

    def in_value(self, value: Any) -> bool:
        """Whether a text, a number or a key in ``value`` holds one of them."""
        if isinstance(value, str | Secret):
            # Of a URL in a session the host is shown.
            return self.in_text(value if isinstance(value, str) else value.shown)
        if isinstance(value, Mapping):
            return any(self.in_value(part) for pair in value.items() for part in pair)
        if isinstance(value, list | tuple):
            return any(map(self.in_value, value))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and self.in_text(json.dumps(value))


NO_SECRETS = SecretTexts(_none)
