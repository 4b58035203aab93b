"""A parsed manifest document: its value and the positions of all keys and values."""

import codecs
import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

from reconciler.core.deferred_dataclass import built_often, dataclass, field
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.core.resources import Place, Problem, Severity
from reconciler.core.text import printable

Path = tuple[str | int, ...]

# Validation and composition recurse: this many levels fit into Python's stack many times.
MAX_DEPTH = 64
MAX_NODES = 1_000_000
MAX_PROBLEMS = 1_000

_LONGEST_SHOWN = 1_000

_LINE_BREAK = regex(r"\r\n|\r|\n")
# Any line that may hold a credential is withheld, however its key is spelled.
_MAY_HOLD_SECRET = regex(r"://|token|secret|passw|credential", re.IGNORECASE)
_PROJECT, _STDIN, _SUFFIXES = "reconciler.y", "<stdin>", (".yaml", ".yml", ".json")
_KEY_OF_OURS = regex(
    r"(?:^|[{,])[ \t]*(?:- )?[\"']?(?:apiVersion|kind|metadata|spec)[\"']?[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)
_REFERENCE = regex(r"\$\{[^}\s]*\}?")
_QUOTES = ("'", '"')


class Source(NamedTuple):
    """A file's shown name and bytes."""

    name: str
    content: bytes


class Text:
    """A decoded file: its shown name and characters, without a byte order mark."""

    __slots__ = ("_characters", "_content", "name")

    def __init__(self, name: str, characters: str) -> None:
        self.name = name
        self._characters: str | None = characters
        self._content = b""

    @property
    def characters(self) -> str:
        """The characters; decoded again if they were released."""
        if self._characters is None:
            self._characters = self._content.removeprefix(codecs.BOM_UTF8).decode()
        return self._characters

    def release(self, content: bytes) -> None:
        """Keep the file's ``content``, which others keep anyway, in place of its characters."""
        self._content, self._characters = content, None


class Span(NamedTuple):
    """Position of a value (from 1), the spelling of a scalar, and the spans inside a collection.

    ``style`` is ``""`` for a plain scalar, otherwise its opening character. ``inside`` of a mapping
    maps each key to the key's line and column and the value's span.
    """

    line: int
    column: int
    text: str | None = None
    style: str = ""
    inside: "dict[str, tuple[int, int, Span]] | list[Span] | None" = None


@built_often
@dataclass(slots=True)
class Document:
    """One document of a file.

    ``templated`` and ``gaps`` say whether it may hold ``${`` or empty values. ``marking`` is the
    root span or a function that computes it from ``number``, since most documents never need one.
    ``references`` are paths of texts with environment values.
    """

    file: Text
    value: Any
    marking: Span | Callable[[int], Span]
    number: int = 1
    templated: bool = False
    gaps: bool = False
    references: Sequence[tuple[Path, Any]] = ()

    def refer(self, path: Path, text: Any) -> None:
        """Note that the text at ``path`` has environment values."""
        # Few documents have one: a list in each of them would take room.
        if not isinstance(self.references, list):
            self.references = list(self.references)
        self.references.append((path, text))

    @property
    def mark(self) -> Span:
        """The root value's span, with all spans inside."""
        if not isinstance(self.marking, Span):
            self.marking = self.marking(self.number)
        return self.marking


@lru_cache(maxsize=4)
def _lines(characters: str) -> list[str]:
    return _LINE_BREAK.split(characters)


def source_line(file: Text, line: int) -> str:
    """Line ``line`` (from 1) without its line break; empty if there is none."""
    lines = _lines(file.characters)
    return lines[line - 1] if 0 < line <= len(lines) else ""


def position(characters: str, offset: int) -> tuple[int, int]:
    """Line and column (from 1) of the character at ``offset``."""
    ends = [0, *(found.end() for found in _LINE_BREAK.finditer(characters, 0, offset))]
    return len(ends), offset - ends[-1] + 1


@lru_cache(maxsize=4)
def _may_be_ours(file: Text) -> bool:
    """Whether the file may be a manifest or project file; other files are never quoted."""
    if file.name.rpartition("/")[2].lower().startswith(_PROJECT):
        return True
    named = file.name == _STDIN or file.name.lower().endswith(_SUFFIXES)
    return named and _KEY_OF_OURS.search(file.characters) is not None


def excerpt(file: Text, line: int) -> str:
    """Source line for a problem; empty if too long, not ours or possibly a credential."""
    text = source_line(file, line)
    return text if is_harmless(text) and _may_be_ours(file) else ""


def is_harmless(line: str) -> bool:
    """Whether a line is short enough to show and certainly holds no credential."""
    return len(line) <= _LONGEST_SHOWN and not _MAY_HOLD_SECRET.search(line)


def mark_at(document: Document, path: Path) -> Span:
    """Span of the value at ``path``, or of its deepest existing ancestor."""
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
    """Position of the value at ``path``."""
    mark = mark_at(document, path)
    return Place(document.file.name, mark.line, mark.column)


def key_place(document: Document, path: Path) -> Place:
    """Position of the last key of ``path``."""
    above = mark_at(document, path[:-1]).inside
    if not isinstance(above, dict) or path[-1] not in above:
        return place_of(document, path)
    line, column, _ = above[str(path[-1])]
    return Place(document.file.name, line, column)


def place_within(document: Document, path: Path, offset: int) -> Place:
    """Position of character ``offset`` in the scalar at ``path``.

    The scalar's own position if escapes or folding hide the character.
    """
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
    """Position of the ``${…}`` at ``offset`` of a scalar with several lines."""
    # A reference is found by its text: only an escape could spell it differently.
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
    """A path as text: ``spec.streams[0].url``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


@built_often
@dataclass(slots=True)
class Findings:
    """Problems of one document. Specific rules run first; the schema reports what they did not.

    ``secrets`` holds path prefixes whose values are never shown in messages or excerpts. ``told``
    are the places that have a problem.
    """

    document: Document
    secrets: frozenset[Path] = frozenset()
    told: AbstractSet[Place] = frozenset()
    problems: list[Problem] = field(default_factory=list)
    failed: bool = False

    def _tell(self, place: Place) -> None:
        # Few documents have a problem: a set in each of them would take room.
        if not isinstance(self.told, set):
            self.told = set(self.told)
        self.told.add(place)

    def masked(self, path: Path) -> bool:
        """Whether the value at ``path`` is, contains or replaces a secret."""
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
        """Add a problem for ``path``, at ``place`` or at the value's position."""
        where = place or place_of(self.document, path)
        self.failed = self.failed or severity == "error"
        if len(self.problems) >= MAX_PROBLEMS:
            return
        self._tell(where)
        hidden = self.masked(path) or where.file != self.document.file.name
        line = "" if hidden else excerpt(self.document.file, where.line)
        self.problems.append(
            Problem(where, message, printable(pointer(path)), hint, line, severity)
        )

    def is_reported(self, path: Path) -> bool:
        """Whether a problem is already reported at the position of ``path``."""
        return bool(self.told) and place_of(self.document, path) in self.told

    def mark_reported(self, path: Path) -> None:
        """Mark ``path`` as reported by a problem that stands elsewhere."""
        self._tell(place_of(self.document, path))
