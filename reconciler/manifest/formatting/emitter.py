"""Documents to YAML text in the canonical style, such that every reader of YAML 1.1 and 1.2 takes it for the same values."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from reconciler.manifest.parse.scalars import UnusableScalar, resolve

_TEXT = "tag:yaml.org,2002:str"
_RESOLVER = yaml.resolver.Resolver()
# What YAML 1.1 calls a boolean and PyYAML does not.
_LETTERS = frozenset("yYnN")
# A start that means nothing to YAML, then no ': ' and no ' #', and no break, tab or blank end.
_PLAIN = re.compile(r"(?![-?:,\[\]{}#&*!|>'\"%@`\s])(?!\.\.\.)(?:(?!: | #)[^\n\r\t])+(?<![\s:])")
# Lines that a literal block keeps as they are: visible at both ends, the first one not indented.
_BLOCK = re.compile(r"(?![ \n])(?:[^\n\r\t]*(?<! )\n)+[^\n\r\t]*(?<! )")


def _resolves_elsewhere(text: str) -> bool:
    """Whether some reader takes the plain ``text`` for a number, a boolean, null or a moment."""
    try:
        if not isinstance(resolve(text), str):
            return True
    except UnusableScalar:
        return True
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag != _TEXT or text in _LETTERS


def is_plain(text: str) -> bool:
    """Whether ``text`` can stand without quotes, as a value or a key in block style, and be the same text to every reader."""
    return (
        _PLAIN.fullmatch(text) is not None and text.isprintable() and not _resolves_elsewhere(text)
    )


def _float(value: float) -> str:
    """YAML 1.1 wants a dot in a number with an exponent."""
    mantissa, exponent, power = repr(value).partition("e")
    return (
        f"{mantissa}.0e{power}"
        if exponent and "." not in mantissa
        else f"{mantissa}{exponent}{power}"
    )


def scalar_text(value: Any) -> str:
    """A scalar on one line: as it is where it can be, in double quotes otherwise. ValueError for NaN and infinities."""
    if isinstance(value, str):
        return value if is_plain(value) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a number that JSON can hold")
        return _float(value)
    return json.dumps(value)


def _is_block(value: Any) -> bool:
    """Whether ``value`` is text of several lines that reads best, and safely, as a literal block."""
    return (
        isinstance(value, str)
        and "\n" in value.rstrip("\n")
        and not value.endswith("\n\n")
        and _BLOCK.fullmatch(value) is not None
    )


def _block_lines(text: str) -> Iterator[str]:
    yield "|" if text.endswith("\n") else "|-"
    for line in text.removesuffix("\n").split("\n"):
        yield f"  {line}" if line else ""


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" if line else "" for line in lines]


def _entry_lines(key: str, value: Any) -> list[str]:
    name = scalar_text(key)
    if isinstance(value, Mapping | list | tuple) and value:
        return [f"{name}:", *_indented(_lines(value))]
    first, *rest = _lines(value)
    return [f"{name}: {first}", *rest]


def _item_lines(value: Any) -> list[str]:
    first, *rest = _lines(value)
    return [f"- {first}", *(rest if _is_block(value) else _indented(rest))]


def _lines(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [line for key, item in value.items() for line in _entry_lines(key, item)] or ["{}"]
    if isinstance(value, list | tuple):
        return [line for item in value for line in _item_lines(item)] or ["[]"]
    return list(_block_lines(value)) if _is_block(value) else [scalar_text(value)]


def manifest_text(*documents: Mapping[str, Any]) -> str:
    """``documents`` as the text of one file, keys in their own order: two spaces, ``---`` between documents, one newline last.

    ValueError where a value holds a number that JSON cannot hold.
    """
    return "---\n".join("".join(f"{line}\n" for line in _lines(document)) for document in documents)
