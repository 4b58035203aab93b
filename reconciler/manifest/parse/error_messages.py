"""Plain explanations of common YAML mistakes, in place of the parser's messages."""

import re
from collections.abc import Callable, Sequence

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.regex import regex
from reconciler.manifest.document import MAX_DEPTH, Text, position, source_line
from reconciler.manifest.parse.events import FLATTEN, TOO_DEEP, Token, Unreadable
from reconciler.manifest.parse.outdented import (
    deeper_hint,
    outdented_line,
    text_above,
    unmatched_line,
)
from reconciler.manifest.yaml_library import yaml

_At = tuple[int, int]

_GLUED = regex(r"\s*(- )*[^\s:#'\"{\[]+:[^\s/]")
_CLOSING = {"[": "]", "{": "}"}
_NO_COLON = "write 'key: value', begin a comment with '#', or indent the line if it continues the text above"
_LAST_HALF = 0xDFFF  # of the surrogates
_HEX = regex(r"[0-9a-fA-F]{1,8}")
_MARKER = regex(r"^(<{7}|>{7}|\|{7})(?= |$)", re.MULTILINE)
_GLUED_DASH = regex(r"\s*-[^\s-]")
_BRACKET = regex(r"[\[\]{}]|\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_DEPTH = regex(r"\b(depth|nest(ed|ing)|too deep(ly)?)\b")


@dataclass(frozen=True, slots=True)
class _Complaint:
    """The YAML library's error: message, position, and start of the construct being read."""

    file: Text
    context: str
    words: str
    at: _At
    began: _At
    last_quoted: Token | None
    opened: Sequence[Token]

    @property
    def line(self) -> str:
        return source_line(self.file, self.at[0])

    @property
    def character(self) -> str:
        return self.line[self.at[1] - 1 : self.at[1]]


_Explained = tuple[_At, str, str] | None


def _too_deep(found: _Complaint) -> _Explained:
    """The library's own depth limit."""
    # The library looks ahead in a line of brackets and may stop before it emits any of them.
    if not _DEPTH.search(found.words):
        return None
    line, stopped = found.at
    depth, start = len(found.opened), 0
    if found.opened and found.opened[-1].line == line:
        start = found.opened[-1].column
    for bracket in _BRACKET.finditer(found.line, start, stopped):
        if bracket.group() in ("[", "{"):
            depth += 1
        elif bracket.group() in ("]", "}"):
            depth -= 1
        if depth > MAX_DEPTH:
            return (line, bracket.start() + 1), TOO_DEEP, FLATTEN
    return found.at, TOO_DEEP, FLATTEN


def _tab(found: _Complaint) -> _Explained:
    if "tab" not in found.words and found.character != "\t":
        return None
    indentation = re.match(r"\s*", found.line)
    column = indentation.group().find("\t") + 1 if indentation else 0
    return (
        (found.at[0], column or found.at[1]),
        "a tab is used for indentation",
        "indent with spaces; YAML allows no tabs there",
    )


def _unclosed_quote(found: _Complaint) -> _Explained:
    if "quoted scalar" in found.context and (
        "end of stream" in found.words or "document indicator" in found.words
    ):
        return (
            found.began,
            "the quote opened here is never closed",
            "close it, on the same line if it can be",
        )
    quoted = found.last_quoted
    if (
        not quoted
        or "did not find expected" not in found.words
        or not quoted.line <= found.at[0] <= quoted.last_line
    ):
        return None
    if quoted.last_line > quoted.line:
        return (
            (quoted.line, quoted.column),
            f"the quote opened here is closed only on line {quoted.last_line}",
            "close it on its own line",
        )
    return (
        found.at,
        "text follows a quoted value",
        'quote the whole value once; inside single quotes write two for one, inside double quotes \\"',
    )


def _unclosed_bracket(found: _Complaint) -> _Explained:
    began = found.began
    if "flow node" in found.context and found.opened:
        began = (found.opened[-1].line, found.opened[-1].column)
    elif "flow sequence" not in found.context and "flow mapping" not in found.context:
        return None
    opening = source_line(found.file, began[0])[began[1] - 1 : began[1]]
    closing = _CLOSING.get(opening)
    if closing is None:
        return None
    message = f"the {opening!r} opened here is never closed: {closing!r} or a comma is missing by line {found.at[0]}, column {found.at[1]}"
    meant = "list" if opening == "[" else "mapping"
    return (
        began,
        message,
        f"close it with {closing!r}, or quote the text if it is not meant as a {meant}",
    )


def _second_colon(found: _Complaint) -> _Explained:
    if "mapping values are not allowed" not in found.words:
        return None
    before = found.line[: found.at[1] - 1]
    if re.search(r":\s", before):
        hint = "quote the value; ': ' inside a text needs quotes"
        return found.at, "a second ': ' in one line", hint
    if began := text_above(found.file, found.at[0]):
        return began, "this line has no ':'", _NO_COLON
    return (
        found.at,
        "this ':' is in a place where no key is possible",
        deeper_hint(found.file, found.at[0])
        or "check this line and the lines above: their indentation, a ':' and a space after each key, a '#' before each comment",
    )


def _missing_space(found: _Complaint) -> _Explained:
    if "could not find expected ':'" not in found.words:
        return None
    line = source_line(found.file, found.began[0])
    if _GLUED_DASH.match(line):
        return (
            found.began,
            "a space is missing after the dash",
            "write '- ' before each item of a list",
        )
    if _GLUED.match(line):
        return found.began, "a space is missing after the colon", "write 'key: value'"
    return found.began, "this line has no ':'", _NO_COLON


def _cannot_start(found: _Complaint) -> _Explained:
    if "cannot start any token" not in found.words:
        return None
    return found.at, f"a text cannot start with {found.character!r}", "quote the value"


def _anchor_name(found: _Complaint) -> _Explained:
    if "scanning an a" not in found.context:
        return None
    sign = "*" if "alias" in found.context else "&"
    return (
        found.began,
        f"a text cannot start with {sign!r}, which means an {'alias' if sign == '*' else 'anchor'}",
        "quote the value",
    )


def _escape(found: _Complaint) -> _Explained:
    if "escape character" in found.words:
        return (
            found.at,
            "this escape is not known in double quotes",
            "write two backslashes for one, or use single quotes",
        )
    if "character escape code" in found.words:
        code = _HEX.match(found.line, found.at[1] - 1)
        number = int(code.group(), 16) if code else 0
        what = (
            "half of a character" if number <= _LAST_HALF else "beyond the last character, U+10FFFF"
        )
        hint = "write the character itself, or its whole number as \\U and eight digits"
        return found.at, f"this escape is not a character: U+{number:04X} is {what}", hint
    return None


def _directive(found: _Complaint) -> _Explained:
    if "incompatible YAML document" in found.words:
        return (
            found.at,
            "this version of YAML is not supported",
            "write %YAML 1.2, or remove the line",
        )
    return None


def _list_in_line(found: _Complaint) -> _Explained:
    if "block sequence entries" not in found.words:
        return None
    return (
        found.at,
        "a list cannot start on the line of its key",
        "put each '- ' on a separate line, or write [a, b]",
    )


def _indentation(found: _Complaint) -> _Explained:
    if "while parsing a block" not in found.context:
        return None
    if unmatched := unmatched_line(found.file, found.at):
        return found.at, *unmatched
    message = f"this does not match the block that begins on line {found.began[0]}, column {found.began[1]}"
    return found.at, message, "keys of one mapping and dashes of one list start in the same column"


def _outdented(found: _Complaint) -> _Explained:
    if "<document start>" not in found.words:
        return None
    return outdented_line(found.file, found.at) or (
        found.at,
        "a new document begins here without '---', or this line is part of the one above",
        "write '---' between two documents; or check quotes and indentation of the lines above",
    )


def _merge_marker(found: _Complaint) -> _Explained:
    marker = _MARKER.search(found.file.characters)
    if marker is None:
        return None
    at = position(found.file.characters, marker.start())
    return (
        at,
        f"{marker.group(1)!r} is the marker of an unresolved merge",
        "choose one side, and remove all three markers",
    )


_TRAPS: tuple[Callable[[_Complaint], _Explained], ...] = (
    _too_deep,
    _merge_marker,
    _tab,
    _unclosed_quote,
    _unclosed_bracket,
    _second_colon,
    _missing_space,
    _cannot_start,
    _anchor_name,
    _escape,
    _directive,
    _list_in_line,
    _outdented,
    _indentation,
)


def _at(mark: yaml.Mark | None, otherwise: _At) -> _At:
    return (mark.line + 1, mark.column + 1) if mark else otherwise


def explain(
    error: yaml.MarkedYAMLError, *, file: Text, last_quoted: Token | None, opened: Sequence[Token]
) -> Unreadable:
    """Explain a YAML error at the position where a user would fix it. Shows no text of the file.

    ``last_quoted`` is the last quoted scalar, ``opened`` the open mappings and lists.
    """
    at = _at(error.problem_mark, (1, 1))
    found = _Complaint(
        file,
        error.context or "",
        error.problem or "",
        at,
        _at(error.context_mark, at),
        last_quoted,
        opened,
    )
    for trap in _TRAPS:
        explained = trap(found)
        if explained:
            (line, column), message, hint = explained
            unfinished = trap is _outdented
            return Unreadable(line, column, message, hint=hint, in_document=unfinished)
    return Unreadable(*at, f"not valid YAML: {found.words or found.context}")
