"""A manifest as read: its value, and beside it a tree of marks that tells where each key and scalar stands."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from reconciler.core.resources import Place, Problem, Severity
from reconciler.core.text import printable

Path = tuple[str | int, ...]

MAX_DEPTH = 64
MAX_NODES = 1_000_000
MAX_PROBLEMS = 1_000

_LONGEST_SHOWN = 1_000

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
# A line that may hold a credential is never shown, whatever is wrong with it and however its key is spelled.
_MAY_HOLD_SECRET = re.compile(r"://|token|secret|passw|credential", re.IGNORECASE)
_PROJECT, _STDIN, _SUFFIXES = "reconciler.y", "<stdin>", (".yaml", ".yml", ".json")
_KEY_OF_OURS = re.compile(
    r"(?:^|[{,])[ \t]*(?:- )?[\"']?(?:apiVersion|kind|metadata|spec)[\"']?[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)
_REFERENCE = re.compile(r"\$\{[^}\s]*\}?")
_QUOTES = ("'", '"')


class Source(NamedTuple):
    """One file, read whole: the name shown to people, and its bytes."""

    name: str
    content: bytes


class Text(NamedTuple):
    """One file, decoded: the name shown to people, and its characters (without a byte order mark)."""

    name: str
    characters: str


class Span(NamedTuple):
    """Where a value stands (from 1), how a scalar was written, and the marks of what is inside.

    ``style`` is ``""`` for a plain scalar, otherwise its opening character. ``inside`` of a mapping maps each key to the
    line and column of the key and the mark of its value.
    """

    line: int
    column: int
    text: str | None = None
    style: str = ""
    inside: "dict[str, tuple[int, int, Span]] | list[Span] | None" = None


@dataclass(slots=True)
class Document:
    """One document of a file. ``templated`` and ``gaps`` say whether to look for ``${`` and for values left empty. ``marking`` is
    its mark, or what finds it: of most documents nobody ever asks. ``references`` are the texts that hold values of the environment.
    """

    file: Text
    value: Any
    marking: Span | Callable[[], Span]
    number: int = 1
    templated: bool = False
    gaps: bool = False
    references: list[tuple[Path, Any]] = field(default_factory=list)

    @property
    def mark(self) -> Span:
        """Where the value stands, and all that is inside."""
        if not isinstance(self.marking, Span):
            self.marking = self.marking()
        return self.marking


@lru_cache(maxsize=4)
def _lines(characters: str) -> list[str]:
    return _LINE_BREAK.split(characters)


def source_line(file: Text, line: int) -> str:
    """Line ``line`` (from 1) of ``file`` without its break; empty where there is none."""
    lines = _lines(file.characters)
    return lines[line - 1] if 0 < line <= len(lines) else ""


def position(characters: str, offset: int) -> tuple[int, int]:
    """The line and column (from 1) of character ``offset``."""
    ends = [0, *(found.end() for found in _LINE_BREAK.finditer(characters, 0, offset))]
    return len(ends), offset - ends[-1] + 1


@lru_cache(maxsize=4)
def _may_be_ours(file: Text) -> bool:
    """Whether this might be a manifest, or the project file: any other file that was named is nobody's to read here."""
    if file.name.rpartition("/")[2].lower().startswith(_PROJECT):
        return True
    named = file.name == _STDIN or file.name.lower().endswith(_SUFFIXES)
    return named and _KEY_OF_OURS.search(file.characters) is not None


def excerpt(file: Text, line: int) -> str:
    """The source line to show beside a problem; empty where it is too long, may hold a credential, or is of no manifest."""
    text = source_line(file, line)
    return text if is_harmless(text) and _may_be_ours(file) else ""


def is_harmless(line: str) -> bool:
    """Whether a line is short enough to be shown, and surely holds no credential."""
    return len(line) <= _LONGEST_SHOWN and not _MAY_HOLD_SECRET.search(line)


def mark_at(document: Document, path: Path) -> Span:
    """The mark of the value at ``path``, or of the deepest value above it that is there."""
    mark = document.mark
    for part in path:
        if isinstance(mark.inside, dict) and part in mark.inside:
            mark = mark.inside[str(part)][2]
        elif isinstance(mark.inside, list) and isinstance(part, int) and part < len(mark.inside):
            mark = mark.inside[part]
        else:
            break
    return mark


def place_of(document: Document, path: Path) -> Place:
    """Where the value at ``path`` stands."""
    mark = mark_at(document, path)
    return Place(document.file.name, mark.line, mark.column)


def key_place(document: Document, path: Path) -> Place:
    """Where the key that ends ``path`` stands."""
    above = mark_at(document, path[:-1]).inside
    if not isinstance(above, dict) or path[-1] not in above:
        return place_of(document, path)
    line, column, _ = above[str(path[-1])]
    return Place(document.file.name, line, column)


def place_within(document: Document, path: Path, offset: int) -> Place:
    """Where character ``offset`` of the scalar at ``path`` stands; the scalar's own place where escapes or folding hide it."""
    mark = mark_at(document, path)
    start = mark.column - 1 + (mark.style in _QUOTES)
    if (
        mark.text
        and mark.style in ("", *_QUOTES)
        and source_line(document.file, mark.line).startswith(mark.text, start)
    ):
        return Place(document.file.name, mark.line, start + offset + 1)
    return _place_of_reference(document, mark, offset) or place_of(document, path)


def _place_of_reference(document: Document, mark: Span, offset: int) -> Place | None:
    """Where the ``${…}`` at ``offset`` of a scalar over several lines stands: nothing but an escape would spell it in another way."""
    found = _REFERENCE.match(mark.text or "", offset)
    if found is None or mark.style == '"':
        return None
    before = (mark.text or "").count(found[0], 0, offset)
    lines = _lines(document.file.characters)
    for number in range(mark.line, len(lines) + 1):
        line, at = lines[number - 1], mark.column - 1 if number == mark.line else 0
        while (at := line.find(found[0], at)) >= 0:
            if not before:
                return Place(document.file.name, number, at + 1)
            before, at = before - 1, at + 1
    return None


def pointer(path: Sequence[str | int]) -> str:
    """``spec.streams[0].url``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


@dataclass(slots=True)
class Findings:
    """The problems of one document, gathered; rules that know more speak first, and the schema adds what they left unsaid.

    ``secrets`` names the beginnings of paths whose values no message and no excerpt may show.
    """

    document: Document
    secrets: frozenset[Path] = frozenset()
    told: set[Place] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    failed: bool = False

    def masked(self, path: Path) -> bool:
        """Whether the value at ``path`` is a secret, holds one, or stands where one is wanted."""
        if any(path[: len(secret)] == secret for secret in self.secrets):
            return True
        above = any(secret[: len(path)] == path for secret in self.secrets)
        return above and mark_at(self.document, path).inside is None

    def add(
        self,
        path: Path,
        message: str,
        *,
        hint: str = "",
        place: Place | None = None,
        severity: Severity = "error",
    ) -> None:
        """Notes a problem with the value at ``path``, at ``place`` or else where the value stands."""
        where = place or place_of(self.document, path)
        self.failed = self.failed or severity == "error"
        if len(self.problems) >= MAX_PROBLEMS:
            return
        self.told.add(where)
        hidden = self.masked(path) or where.file != self.document.file.name
        line = "" if hidden else excerpt(self.document.file, where.line)
        self.problems.append(
            Problem(where, message, printable(pointer(path)), hint, line, severity)
        )

    def was_told(self, path: Path) -> bool:
        """Whether there is a problem at the place of the value at ``path``."""
        return bool(self.told) and place_of(self.document, path) in self.told

    def pass_over(self, path: Path) -> None:
        """Notes that the value at ``path`` was complained about, so that its own place is told."""
        self.told.add(place_of(self.document, path))
