"""YAML and JSON as one stream of tokens with positions."""

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.manifest.document import MAX_DEPTH, Text, position
from reconciler.manifest.yaml_library import yaml

_TokenType = Literal["document", "document end", "mapping", "list", "end", "scalar", "alias"]

TOO_DEEP = f"nested too deep: more than {MAX_DEPTH} levels"
FLATTEN = "manifests need few levels; flatten it"

LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

JSON_TOKEN = regex(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\],:"]+')
_JSON_PART = regex(r'"(?:[^"\\\x00-\x1f]|\\.)*"?|[{}\[\]]')
_EVENTS: dict[type[yaml.Event], _TokenType] = {
    yaml.ScalarEvent: "scalar",
    yaml.MappingStartEvent: "mapping",
    yaml.MappingEndEvent: "end",
    yaml.SequenceStartEvent: "list",
    yaml.SequenceEndEvent: "end",
    yaml.AliasEvent: "alias",
    yaml.DocumentStartEvent: "document",
    yaml.DocumentEndEvent: "document end",
}


class Token(NamedTuple):
    """One event: type, position (from 1), and for a scalar its text and style (``""`` is plain).

    ``anchor`` is the anchor's or alias's name; ``tag`` a tag or a ``%TAG`` prefix. ``last_line`` is
    where a scalar ends.
    """

    type: _TokenType
    line: int
    column: int
    text: str = ""
    style: str = ""
    anchor: str = ""
    tag: str = ""
    last_line: int = 0


# Messages of the json module, by their beginning, with ours and its hint.
_JSON_FAULTS = {
    "Expecting property name": (
        "a key in double quotes is expected here",
        "write keys and texts in double quotes; JSON has no comments",
    ),
    "Expecting value": (
        "a value is expected here",
        "write a number, true, false, null, a text in double quotes, a list or a mapping",
    ),
    "Expecting ',' delimiter": (
        "a comma or a closing bracket is missing before this",
        "put a comma between two entries",
    ),
    "Expecting ':' delimiter": ("a colon is missing before this", 'write "key": value'),
    "Extra data": (
        "there is text after the end of the document",
        "a JSON file holds one document; remove the rest, or write it into another file",
    ),
    "Invalid control character": (
        "a text contains a line break or another control character",
        "write \\n for a line break",
    ),
    "Invalid \\escape": (
        "this escape is not valid",
        "write two backslashes for one",
    ),
}


class Unreadable(Exception):
    """Text that cannot be parsed further: position (from 1), message and hint.

    ``in_document``: the error is in the document before it, which is not complete.
    """

    def __init__(
        self, line: int, column: int, message: str, *, hint: str = "", in_document: bool = False
    ) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message
        self.hint = hint
        self.in_document = in_document


def yaml_tokens(text: str, loader: type[Any] = LOADER) -> Iterator[Token]:
    """Tokens of YAML text. yaml.YAMLError for invalid YAML."""
    event: Any  # attributes differ between event classes
    for event in yaml.parse(text, Loader=loader):
        event_type = _EVENTS.get(type(event))
        if event_type is None:
            continue
        start = event.start_mark
        line, column = start.line + 1, start.column + 1
        if event_type == "scalar":
            style = event.style or ""
            yield Token(
                event_type,
                line,
                column,
                event.value,
                style,
                event.anchor or "",
                event.tag or "",
                event.end_mark.line + 1,
            )
        elif event_type == "document":
            yield Token(
                event_type, line, column, text=_version(event), tag=next(iter(event.tags or ()), "")
            )
        else:
            yield Token(
                event_type,
                line,
                column,
                anchor=getattr(event, "anchor", None) or "",
                tag=getattr(event, "tag", None) or "",
            )


def _version(event: Any) -> str:
    return ".".join(str(part) for part in event.version or ())


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not a JSON value")


def _unclosed(text: str, stopped: int) -> tuple[int, str] | None:
    """Position and character of the string or bracket left open before ``stopped``."""
    openings: list[tuple[int, str]] = []
    for match in _JSON_PART.finditer(text, 0, max(stopped, 1)):
        word = match.group()
        if word[0] == '"':
            if len(word) == 1 or not word.endswith('"') or match.end() > stopped:
                return match.start(), word[0]
        elif word in "{[":
            openings.append((match.start(), word))
        elif openings:
            openings.pop()
    at_end = not text[stopped:].strip()
    return openings[-1] if openings and at_end else None


def _json_fault(text: str, error: json.JSONDecodeError) -> Unreadable:
    stopped = error.pos + (error.msg.startswith("Unterminated string"))
    unclosed = _unclosed(text, stopped)
    if unclosed:
        line, column = position(text, unclosed[0])
        return Unreadable(
            line, column, f"the {unclosed[1]!r} opened here is never closed", hint="close it"
        )
    here = text[error.pos : error.pos + 1]
    if here in ("}", "]", ",") and text[: error.pos + 1].rstrip("]}").rstrip().endswith(","):
        fault = "there is a comma before the closing bracket", "remove the comma"
    else:
        fault = next(
            (fault for words, fault in _JSON_FAULTS.items() if error.msg.startswith(words)),
            (error.msg, ""),
        )
    return Unreadable(*position(text, error.pos), f"not valid JSON: {fault[0]}", hint=fault[1])


def _check_json(text: str) -> None:
    try:
        json.loads(text, parse_int=len, parse_float=len, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _json_fault(text, error) from error
    except RecursionError:
        return  # the depth limit reports the position
    except ValueError as error:
        at = re.search(r"-?Infinity|NaN", text)
        line, column = position(text, at.start() if at else 0)
        raise Unreadable(
            line, column, f"not valid JSON: {error}", hint="write a finite number, or null"
        ) from error


def json_tokens(text: str) -> Iterator[Token]:
    """Tokens of JSON text. Unreadable for invalid JSON."""
    if not text.strip():
        return
    _check_json(text)
    line, line_start, seen = 1, 0, 0
    yield Token("document", 1, 1)
    for match in JSON_TOKEN.finditer(text):
        at = match.start()
        breaks = text.count("\n", seen, at)
        if breaks:
            line, line_start = line + breaks, text.rfind("\n", seen, at) + 1
        seen = at
        column = at - line_start + 1
        word = match.group()
        if word[0] == '"':
            yield Token("scalar", line, column, json.loads(word), '"', last_line=line)
        elif word in "{[":
            yield Token("mapping" if word == "{" else "list", line, column)
        elif word in "}]":
            yield Token("end", line, column)
        else:
            yield Token("scalar", line, column, word, last_line=line)
    yield Token("document end", line, 1)


def tokens_of(file: Text, *, as_json: bool) -> Iterator[Token]:
    """Tokens of ``file``; YAML errors become Unreadable with our explanation."""
    if as_json:
        yield from json_tokens(file.characters)
        return
    last: Token | None = None
    opened: list[Token] = []
    try:
        for token in yaml_tokens(file.characters):
            if token.type == "end":
                opened.pop()
            elif token.type in ("mapping", "list"):
                opened.append(token)
            elif token.style in ("'", '"'):
                last = token
            yield token
    except yaml.MarkedYAMLError as error:
        from reconciler.manifest.parse.error_messages import explain  # noqa: PLC0415  # needed only for files with problems

        raise explain(error, file=file, last_quoted=last, opened=opened) from error
    except yaml.YAMLError as error:
        raise Unreadable(1, 1, "not valid YAML") from error
