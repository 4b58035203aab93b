"""Fast path: parses values without positions; returns None if anything needs the builder."""

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.manifest.document import MAX_NODES, Document, Span, Text
from reconciler.manifest.parse.plain_lines import START, Bare, PlainReader, Unsure
from reconciler.manifest.parse.scalars import UnusableScalar


class _Marks:
    """Computes the span of a document by its number (from 1); one for all documents of a file."""

    __slots__ = ("_ends", "_file", "_lines", "_starts")

    def __init__(self, file: Text, bare: Sequence[Bare]) -> None:
        self._file = file
        self._lines = array("q", (one.line for one in bare))
        self._starts = array("q", (one.start for one in bare))
        self._starts.append(len(file.characters))
        self._ends = array("q", (one.end for one in bare))

    def __call__(self, number: int) -> Span:
        start, line = self._starts[number - 1], self._lines[number - 1]
        if end := self._ends[number - 1]:
            from reconciler.manifest.parse.plain_spans import plain_span  # noqa: PLC0415  # only if something differs

            return plain_span(self._file.characters[start:end], line)
        from reconciler.manifest.parse.spans import mark_of  # noqa: PLC0415  # few documents need yaml

        return mark_of(self._file, start, self._starts[number], line)


def _parts(characters: str, ending: str) -> Iterator[tuple[int, int]]:
    """Start and end of each part of a file: a line ``---`` begins each one but perhaps the first."""
    # Such a line begins a document wherever it stands, and is an error in quotes and brackets.
    marker = f"{ending}{START}{ending}"
    start = 0
    while (found := characters.find(marker, start)) >= 0:
        end = found + len(ending)
        yield start, end
        start = end
    yield start, len(characters)


def _ending(characters: str) -> str:
    """The line break of a file; empty for one with other or different ones."""
    if any(rare in characters for rare in "\x85\u2028\u2029"):
        return ""
    carriages = characters.count("\r")
    if not carriages:
        return "\n"
    whole = characters.count("\r\n") == carriages == characters.count("\n")
    return "\r\n" if whole else ""


class _Documents:
    """Reads a file: parts of the plain form by lines, and what stands between them by its events."""

    def __init__(self, characters: str) -> None:
        self._characters = characters
        self._events: Any = None
        self._odd: tuple[int, int] | None = None  # offset and line where the parser has to begin
        self.found: list[Bare] = []

    def _read_odd(self, end: int) -> None:
        """Read the characters from ``_odd`` to ``end``."""
        if self._odd is None:
            return
        if self._events is None:
            from reconciler.manifest.parse.event_values import EventReader  # noqa: PLC0415  # yaml takes as long to import as click

            self._events = EventReader()
        (start, line), self._odd = self._odd, None
        for one in self._events.documents(self._characters[start:end]):
            self.found.append(one._replace(start=one.start + start, line=one.line + line))
            if self._events.nodes > MAX_NODES:
                raise Unsure

    def read(self) -> list[Bare]:
        """All documents. Raises Unsure, UnusableScalar or yaml.YAMLError."""
        characters = self._characters
        ending = _ending(characters)
        if not ending:
            self._odd = (0, 0)
            self._read_odd(len(characters))
            return self.found
        plain, line = PlainReader(ending), 0
        for start, end in _parts(characters, ending):
            try:
                one = plain.document(characters[start:end], start, line)
            except (Unsure, UnusableScalar):
                self._odd = self._odd or (start, line)
            else:
                self._read_odd(start)
                self.found += [one] if one else []
            line += characters.count("\n", start, end)
        self._read_odd(len(characters))
        if plain.nodes + (self._events.nodes if self._events else 0) > MAX_NODES:
            raise Unsure
        return self.found


def try_parse(file: Text) -> list[Document] | None:
    """The documents of YAML text with spans computed on demand.

    None if anything is invalid, unusual or doubtful: the builder reports it.
    """
    try:
        bare = _Documents(file.characters).read()
    except (Unsure, UnusableScalar):
        return None
    marks = _Marks(file, bare)
    return [
        Document(file, one.value, marks, number, one.templated, one.gaps)
        for number, one in enumerate(bare, 1)
    ]
