"""Faults of JSON files in words for a user: what is wrong, and at which line and column."""

from json import JSONDecodeError

_SYNTAX = (
    ("Extra data", "there is text after its end"),
    ("Expecting value", "a value is missing"),
    ("Expecting ','", "a comma is missing"),
    ("Expecting ':'", "a colon is missing"),
    ("Expecting property name", "a key in double quotes is missing"),
    ("Illegal trailing comma", "a comma is too many"),
    ("Invalid control", "a text contains a control character"),
    ("Invalid \\", "an escape is not valid"),
    ("Unterminated string", "a text has no closing quote"),
    ("Unexpected UTF-8 BOM", "it begins with a byte order mark"),
)


def syntax_fault(error: JSONDecodeError) -> str:
    """What is wrong with the syntax at the place of ``error``."""
    if error.pos == 0 and error.msg.startswith("Expecting value"):
        return "this is not JSON"
    found = (words for beginning, words in _SYNTAX if error.msg.startswith(beginning))
    return next(found, "this is not JSON")


def json_fault(file: object, error: ValueError | RecursionError) -> str:
    """``FILE:LINE:COLUMN: not JSON: …`` for what ``json.loads`` raised for the content of ``file``."""
    if isinstance(error, JSONDecodeError):
        if not error.doc.strip():
            return f"{file}: not JSON: it is empty"
        return f"{file}:{error.lineno}:{error.colno}: not JSON: {syntax_fault(error)}"
    if isinstance(error, UnicodeDecodeError):
        return f"{file}: not JSON: it is not UTF-8 text"
    if isinstance(error, RecursionError):
        return f"{file}: not JSON: it is nested too deep"
    return f"{file}: not JSON: {error}"
