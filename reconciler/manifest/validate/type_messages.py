"""Messages for values of a wrong type, with hints for YAML's implicit types."""

import re
from collections.abc import Mapping
from typing import Any

from reconciler.core.kinds import spelling_of
from reconciler.core.regex import regex
from reconciler.core.text import printable
from reconciler.manifest.document import Findings, Path, Span, mark_at

_LONGEST = 40
_WANTED = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}
_YES = ("yes", "y", "on", "true", "1")
_NO = ("no", "n", "off", "false", "0")
_SEXAGESIMAL = regex(r"[-+]?[0-9]+(:[0-5]?[0-9])+")
_SIX_HEX = regex(r"[0-9a-fA-F]{6}")
_GLUED_COLON = regex(r"[A-Za-z_][\w-]*:[^\s/]")


def dash_hint(text: str) -> str:
    """Hint for a list dash without a space; empty otherwise."""
    return "put a space after the dash" if re.match(r"-[^\s\d-]", text) else ""


def shown(findings: Findings, path: Path, value: Any) -> str:
    """The value as written, shortened; never a secret or a URL that may hold one."""
    mark = mark_at(findings.document, path)
    if findings.masked(path):
        return "this value"
    if isinstance(value, dict | list) or mark.text is None:
        return "this list" if isinstance(value, list) else "this"
    text = mark.text.partition("://")[0] + "://…" if "://" in mark.text else mark.text
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return f"'{printable(text)}'" if mark.style or isinstance(value, str) else printable(text)


def _sexagesimal(text: str) -> int:
    total = 0
    for part in text.lstrip("+-").split(":"):
        total = total * 60 + int(part)
    return -total if text.startswith("-") else total


def _number_hint(value: Any, mark: Span) -> str:
    text = (mark.text or "").strip()
    if isinstance(value, float):
        return (
            f"write {int(value)}"
            if value.is_integer() and abs(value) < 1e16
            else "write a whole number"
        )
    if not isinstance(value, str):
        return "write a whole number"
    if "${" in text:
        return "the value of a variable is always text; write the number itself"
    if re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", text):
        return "remove the quotes"
    if _SEXAGESIMAL.fullmatch(text) and len(text) < _LONGEST:
        return f"write {_sexagesimal(text)}, its value in YAML 1.1"
    digits = text.replace("_", "").replace(",", "")
    return (
        f"write {digits}"
        if digits.isdecimal() and digits.isascii()
        else "write digits only, without a unit"
    )


def _boolean_hint(value: Any, mark: Span) -> str:
    text = (mark.text or "").strip().lower()
    if isinstance(value, str) and "${" in text:
        return "the value of a variable is always text; write true or false itself"
    if text in ("true", "false") and isinstance(value, str):
        return f"remove the quotes: {text}"
    if text in _YES:
        return "write true"
    if text in _NO:
        return "write false"
    return "write true or false"


def _text_hint(value: Any, mark: Span, schema: Mapping[str, Any]) -> str:
    written = mark.text
    if isinstance(value, dict | list) or written is None:
        return "write text, such as 'value', in its place"
    if spelling_of(schema) == "instant":
        return f"write a date and time, for example {schema.get('examples', ['2027-01-31T09:00:00Z'])[0]}"
    if schema.get("format") == "color-hex" and _SIX_HEX.fullmatch(written):
        return f"quote it, with '#' before it: '#{written}'"
    if value is None and schema.get("format") == "color-hex":
        return "write '#' and six hex digits in quotes, such as '#044EF4', or remove the line"
    if value is None:
        return f"quote it if you mean the word ('{written}'), or remove the line"
    return f"quote it: '{printable(written[:_LONGEST])}'"


def _first_key(schema: Mapping[str, Any]) -> str:
    """The key that a mapping needs first by its schema; empty if there is none."""
    return next(iter(schema.get("required", ())), "")


def _mapping_hint(value: Any, schema: Mapping[str, Any], *, in_list: bool) -> str:
    if isinstance(value, str) and _GLUED_COLON.match(value):
        return "put a space after the colon"
    key = _first_key(schema)
    if key and isinstance(value, str):
        return f"write it as '{'- ' if in_list else ''}{key}: VALUE'"
    if isinstance(value, list):
        return "write 'key: value' lines below it, without dashes and brackets"
    return "write 'key: value' lines, indented below it"


def _item_hint(item: Mapping[str, Any]) -> str:
    """Hint for a mapping in place of a list with one item."""
    key = next(iter(item), "")
    if not 0 < len(key) <= _LONGEST:
        return "put '- ' before each item"
    rest = ", and 2 spaces before each other line of the item" if len(item) > 1 else ""
    return f"put '- ' before '{printable(key)}:'{rest}"


def _list_hint(value: Any, mark: Span, *, masked: bool) -> str:
    if isinstance(value, dict):
        return next((hint for key in value if (hint := dash_hint(key))), _item_hint(value))
    if isinstance(value, str) and dash_hint(value):
        return dash_hint(value)
    plain = (
        mark.text
        if isinstance(value, str) and not masked and "://" not in value and len(value) <= _LONGEST
        else None
    )
    return f"write a list: [{printable(plain)}]" if plain else "write a list, each item after '- '"


def _hint(
    value: Any,
    mark: Span,
    wanted: frozenset[str],
    schema: Mapping[str, Any],
    *,
    masked: bool,
    in_list: bool,
) -> str:
    if wanted & {"integer", "number"}:
        return _number_hint(value, mark)
    if "boolean" in wanted:
        return _boolean_hint(value, mark)
    if "string" in wanted:
        return "write it as text, in quotes" if masked else _text_hint(value, mark, schema)
    if "array" in wanted:
        return _list_hint(value, mark, masked=masked)
    return _mapping_hint(value, schema, in_list=in_list) if "object" in wanted else ""


def _what_stands(findings: Findings, path: Path, value: Any) -> str:
    if isinstance(value, dict | list):
        return "this is a list" if isinstance(value, list) else "this is a mapping"
    if value is None or isinstance(value, bool):
        return f"this is {shown(findings, path, value)}"
    return f"{shown(findings, path, value)} is {'text' if isinstance(value, str) else 'a number'}"


def type_sentence(
    findings: Findings, path: Path, value: Any, *, wanted: frozenset[str], schema: Mapping[str, Any]
) -> tuple[str, str]:
    """Message and hint for a value of none of the ``wanted`` JSON types."""
    mark = mark_at(findings.document, path)
    masked = findings.masked(path)
    words = " or ".join(_WANTED[word] for word in _WANTED if word in wanted)
    in_list = bool(path) and isinstance(path[-1], int)
    hint = _hint(value, mark, wanted, schema, masked=masked, in_list=in_list)
    if mark.text == "" and not mark.style:
        return (
            f"there is no value where {words} is expected",
            hint if value is not None else "write a value, or remove the line",
        )
    if isinstance(value, float) and "integer" in wanted:
        return f"{shown(findings, path, value)} is not a whole number", hint
    return f"{_what_stands(findings, path, value)} where {words} is expected", hint
