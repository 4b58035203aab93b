"""Rules for the keys of mappings: text only, no merge keys, no second manifest without '---'."""

from collections.abc import Mapping
from typing import Any

from reconciler.manifest.parse.events import Token
from reconciler.manifest.parse.scalars import UnusableScalar, resolve

_FIRST_KEYS = ("apiVersion", "kind")
_BODY_KEYS = ("metadata", "spec")
_TYPE_WORDS = {bool: "true/false", int: "a number", float: "a number", type(None): "null"}


def _type_words(key: Token) -> str:
    try:
        value = resolve(key.text)
    except UnusableScalar:
        return "a number"
    return _TYPE_WORDS.get(type(value), "")


def key_problem(key: Token) -> tuple[str, str] | None:
    """Message and hint for a scalar key that is not text; None for a valid one."""
    if key.style:
        return None
    if key.text == "<<":
        hint = "write the fields in full, or move them into a Preset"
        return "merge keys ('<<') are not supported", hint
    words = _type_words(key)
    if not words:
        return None
    if not key.text:
        return "a key is missing before ':'", "quote the key"
    return f"the key {key.text[:40]!r} is {words}, and keys are text", "quote the key"


def starts_manifest(key: Token, mapping: Mapping[str, Any], start: Token) -> bool:
    """Whether ``key`` of the root mapping starts a second manifest, with no ``---`` before it."""
    if key.text not in _FIRST_KEYS or key.text not in mapping:
        return False
    if not any(name in mapping for name in _BODY_KEYS):
        return False
    return key.column == start.column and key.line > start.line
