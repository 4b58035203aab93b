"""Writes documents as canonical YAML that YAML 1.1 and 1.2 readers parse alike."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from reconciler.core.regex import regex
from reconciler.core.text import harmless_json, holds_order
from reconciler.manifest.parse.scalars import UnusableScalar, resolve

_TEXT = "tag:yaml.org,2002:str"
# Booleans of YAML 1.1 that PyYAML does not recognise.
_LETTERS = frozenset("yYnN")
# A first character without meaning in YAML, no ': ' or ' #', no line break, tab or final blank.
_PLAIN = regex(r"(?![-?:,\[\]{}#&*!|>'\"%@`\s])(?!\.\.\.)(?:(?!: | #)[^\n\r\t])+(?<![\s:])")
# Lines that a literal block keeps: no blanks at either end, the first not indented.
_BLOCK = regex(r"(?![ \n])(?:[^\n\r\t]*(?<! )\n)+[^\n\r\t]*(?<! )")


@cache
def _tag_of() -> Callable[[str], str]:
    """Returns the tag that YAML 1.1 gives a plain text."""
    from reconciler.manifest.yaml_library import yaml  # noqa: PLC0415  # slow to import, and --help needs none

    resolver: Any = yaml.resolver.Resolver()
    return lambda text: str(resolver.resolve(yaml.ScalarNode, text, (True, False)))


def _resolves_elsewhere(text: str) -> bool:
    """Whether some YAML reader takes plain ``text`` for a number, boolean, null or date."""
    try:
        if not isinstance(resolve(text), str):
            return True
    except UnusableScalar:
        return True
    return _tag_of()(text) != _TEXT or text in _LETTERS


def is_plain(text: str) -> bool:
    """Whether ``text`` needs no quotes as a value or key in block style."""
    return (
        _PLAIN.fullmatch(text) is not None
        and text.isprintable()
        and not holds_order(text)
        and not _resolves_elsewhere(text)
    )


def _float(value: float) -> str:
    """A number with an exponent."""
    # YAML 1.1 requires a dot before the exponent.
    mantissa, exponent, power = repr(value).partition("e")
    return (
        f"{mantissa}.0e{power}"
        if exponent and "." not in mantissa
        else f"{mantissa}{exponent}{power}"
    )


def scalar_text(value: Any) -> str:
    """A scalar on one line, double-quoted if needed. ValueError for NaN and infinities."""
    if isinstance(value, str):
        return value if is_plain(value) else harmless_json(json.dumps(value, ensure_ascii=False))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a number that JSON can hold")
        return _float(value)
    return json.dumps(value)


def _is_block(value: Any) -> bool:
    """Whether a multi-line text reads best, and safely, as a literal block."""
    return (
        isinstance(value, str)
        and "\n" in value.rstrip("\n")
        and not value.endswith("\n\n")
        and _BLOCK.fullmatch(value) is not None
        and not holds_order(value)
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
    lines: list[str] = []
    if isinstance(value, Mapping):
        for key, item in value.items():
            lines += _entry_lines(key, item)
        return lines or ["{}"]
    if isinstance(value, list | tuple):
        for item in value:
            lines += _item_lines(item)
        return lines or ["[]"]
    return list(_block_lines(value)) if _is_block(value) else [scalar_text(value)]


def modeline(schema: str) -> str:
    """The comment by which editors check the document below it. It holds for one document."""
    return f"# yaml-language-server: $schema={schema}\n"


def manifest_text(*documents: Mapping[str, Any], heading: str = "") -> str:
    """``documents`` as one YAML text, keys in their own order, each below ``heading``.

    ValueError for numbers that JSON cannot hold.
    """
    texts = []
    for document in documents:
        lines = "\n".join(_lines(document))
        texts.append(f"{heading}{lines}\n")
    return "---\n".join(texts)
