"""Reads documents of the most common form line by line, in a third of a YAML parser's time.

That form is block mappings of plain keys, with a value on the same line: plain, quoted without an
escape, or a flow collection of words. Everything else is refused, right or wrong, and left to the
parser. What is accepted has the values that the parser gives: tests compare both.
"""

from collections.abc import Iterable
from typing import Any

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.core.text import hidden_characters
from reconciler.manifest.parse.scalars import resolve

START = "---"
_MAX_LEVELS = 16
_MOST_KEPT = 20_000  # lines of a file: those that repeat are among the first

_NAME = r"[A-Za-z_][A-Za-z0-9_-]{0,99}"
_WORD = r"[A-Za-z0-9_][A-Za-z0-9_./-]*"
_KEY = regex(_NAME)
# The other first characters have a meaning in YAML.
_PLAIN = regex(r"(?:[A-Za-z0-9_/$(.+~]|[^\x00-\x7f])(?:.*[^ :])?")
_WORDS = regex(rf"\[(?:{_WORD}(?:, {_WORD})*)?\]")
_PAIRS = regex(rf"\{{(?:{_NAME}: {_WORD}(?:, {_NAME}: {_WORD})*)?\}}")


class Unsure(Exception):
    """The text has another form, or may have a problem."""


class Bare(NamedTuple):
    """A document without spans: value, start (offset and line, from 0), features to check.

    ``end`` is the offset after one that was read line by line; 0 for others.
    """

    value: Any
    start: int
    line: int
    templated: bool
    gaps: bool
    end: int = 0


# Indentation, key, value, and whether the value is a collection: None for a mapping on further lines.
_Entry = tuple[int, str, Any, bool]


def _text_key(text: str) -> str:
    """A key. Unsure for one that is not plain text."""
    if not _KEY.fullmatch(text) or not isinstance(resolve(text), str):
        raise Unsure
    return text


def _pairs(text: str) -> dict[str, Any]:
    pairs = [pair.split(": ") for pair in text[1:-1].split(", ")] if text != "{}" else []
    found = {_text_key(key): resolve(value) for key, value in pairs}
    if len(found) != len(pairs):
        raise Unsure
    return found


def _value(text: str) -> Any:
    first = text[0]
    if first in "'\"":
        inside = text[1:-1]
        simple = len(text) > 1 and text[-1] == first and first not in inside
        if simple and "\\" not in inside and not hidden_characters(inside):
            return inside
    elif first == "[" and _WORDS.fullmatch(text):
        return [resolve(word) for word in text[1:-1].split(", ")] if text != "[]" else []
    elif first == "{" and _PAIRS.fullmatch(text):
        return _pairs(text)
    elif _PLAIN.fullmatch(text) and ": " not in text and " #" not in text:
        return resolve(text)
    raise Unsure


class _Lines(dict[str, _Entry | None]):
    """Cache of what lines say, except those that the document must note; None for a comment."""

    __slots__ = ("keys_seen", "templated")

    def __init__(self) -> None:
        super().__init__()
        self.keys_seen: dict[str, str] = {}
        self.templated = False

    def __missing__(self, line: str) -> _Entry | None:
        if not line.isprintable():
            raise Unsure
        content = line.lstrip(" ")
        if not content or content[0] == "#":
            return None
        word, colon, text = content.partition(":")
        key = self.keys_seen.get(word)
        if key is None:
            key = self.keys_seen[word] = _text_key(word)
        if not colon or (text and text[0] != " "):
            raise Unsure
        text = text.lstrip(" ")
        value = _value(text) if text else None
        nested = not text or type(value) in (dict, list)
        entry = (len(line) - len(content), key, value, nested)
        if "${" in text:
            self.templated = True
        elif len(self) < _MOST_KEPT:
            self[line] = entry
        return entry


def _mapping_at(
    at: int, indent: int, current: dict[str, Any], *, above: list[tuple[int, dict[str, Any]]]
) -> dict[str, Any]:
    """The mapping of a line indented by ``at``, after one of ``current``; it leaves ``above``."""
    if indent < 0:
        if at <= above[-1][0]:
            raise Unsure  # a key without a value
        return current
    while at < indent:
        indent, current = above.pop()
    if at != indent:
        raise Unsure
    return current


class PlainReader:
    """Reads one document after the other; ``nodes`` is at least the number of their values."""

    __slots__ = ("ending", "lines", "nodes")

    def __init__(self, ending: str) -> None:
        self.ending = ending
        self.lines = _Lines()
        self.nodes = 0

    def _mapping(self, written: Iterable[str]) -> dict[str, Any]:
        """The mapping in the lines of a document; empty if there are only comments."""
        lines = self.lines
        root: dict[str, Any] = {}
        current, indent = root, -1  # -1: the next line says it
        above: list[tuple[int, dict[str, Any]]] = [(-1, root)]
        for line in written:
            entry = lines[line]
            if entry is None:
                continue
            at, key, value, nested = entry
            if at != indent:
                current = _mapping_at(at, indent, current, above=above)
                indent = at
            if key in current:
                raise Unsure
            if not nested:
                current[key] = value
            elif value is None:
                if len(above) > _MAX_LEVELS:
                    raise Unsure
                above.append((indent, current))
                current[key] = current = {}
                indent = -1
            else:
                current[key] = value.copy()  # each document has its own
                self.nodes += 2 * len(value)
        if indent < 0 and current is not root:
            raise Unsure
        return root

    def document(self, text: str, start: int, line: int) -> Bare | None:
        """The document in ``text``, which may begin with a line ``---``.

        None if there are only comments and no such line. Unsure or UnusableScalar if it has another
        form or may have a problem.
        """
        self.lines.templated = False
        written = text.split(self.ending)
        explicit = written[0] == START
        if explicit:
            written[0] = ""
        value = self._mapping(written)
        self.nodes += 2 * len(written) + 1
        if not value and explicit:
            raise Unsure
        if not value:
            return None
        return Bare(value, start, line, self.lines.templated, gaps=False, end=start + len(text))
