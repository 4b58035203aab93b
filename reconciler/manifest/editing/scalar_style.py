"""Spells values in YAML or JSON, in the author's style where every YAML reader agrees."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.manifest.formatting.emitter import is_plain, scalar_text

_NOT_IN_FLOW = regex(r"[,\[\]{}:?]")
# Where PyYAML and most editors fold: a new line looks like those around it.
_WIDEST = 80


class FileStyle(NamedTuple):
    """JSON or YAML, line break and indentation of a file."""

    is_json: bool = False
    newline: str = "\n"
    step: int = 2


def _text(text: str, style: str, *, in_flow: bool) -> str:
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    plain = not style and is_plain(text) and not (in_flow and _NOT_IN_FLOW.search(text))
    return text if plain else json.dumps(text, ensure_ascii=False)


def inline(value: Any, manner: FileStyle, *, style: str = "", in_flow: bool = False) -> str:
    """A value on one line: flow collections; a text keeps the replaced one's quotes if possible."""
    if manner.is_json:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(
                f"{key_text(key, manner, in_flow=True)}: {inline(item, manner, in_flow=True)}"
                for key, item in value.items()
            )
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(item, manner, in_flow=True) for item in value) + "]"
    return _text(value, style, in_flow=in_flow) if isinstance(value, str) else scalar_text(value)


def key_text(key: str, manner: FileStyle, *, in_flow: bool = False) -> str:
    """A key, without its colon."""
    return inline(key, manner, in_flow=in_flow)


def _folded(paragraph: str, width: int) -> list[str]:
    """``paragraph`` in lines of about ``width``, broken only where folding restores the text."""
    lines: list[str] = []
    for word in re.split(r"(?<=[^ ]) (?=[^ ])", paragraph):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def block_text(text: str, header: str, *, width: int = _WIDEST) -> list[str] | None:
    """Header and unindented lines of a block scalar styled as ``header``; None if impossible.

    A text that folding would change becomes literal.
    """
    content = text.rstrip("\n")
    newlines = len(text) - len(content)
    lines = content.split("\n")
    # A blank first character would be taken as indentation.
    if not content.strip() or content[0] in " \n\t":
        return None
    if not all(_fits_block(line) for line in lines):
        return None
    style = "|"
    if header == ">" and not any(_has_outer_blanks(line) for line in lines):
        style = ">"
        lines = _folded_lines(lines, width)
    # A block ends in one newline, unless "-" strips it or "+" keeps all that follow.
    chomp = {0: "-", 1: ""}.get(newlines, "+")
    return [style + chomp, *lines, *[""] * (newlines - 1)]


def _fits_block(line: str) -> bool:
    """Whether a line can be part of a block: printable apart from tabs, and not only blanks."""
    if line and not line.strip():
        return False
    return line.replace("\t", "").isprintable()


def _has_outer_blanks(line: str) -> bool:
    return line[:1] in (" ", "\t") or line.endswith((" ", "\t"))


def _folded_lines(lines: Sequence[str], width: int) -> list[str]:
    folded: list[str] = []
    for line in lines:
        # Folding joins neighbouring lines: a break of the text is an empty line more.
        if line and folded:
            folded.append("")
        folded += _folded(line, width) if line else [""]
    return folded


def _block_lines(value: Any, manner: FileStyle, *, indent: int) -> list[str]:
    """A mapping in block style, indented by ``indent`` spaces."""
    margin, lines = " " * indent, []
    for key, item in value.items():
        lines += entry_lines(key, item, manner, indent=indent)
    return lines or [margin + "{}"]


def _item_lines(item: Any, manner: FileStyle, *, indent: int) -> list[str]:
    margin = " " * indent
    if isinstance(item, Mapping) and item:
        inner = _block_lines(item, manner, indent=indent + 2)
        return [f"{margin}- {inner[0].lstrip(' ')}", *inner[1:]]
    return [f"{margin}- {inline(item, manner)}"]


def entry_lines(key: str, value: Any, manner: FileStyle, *, indent: int) -> list[str]:
    """``key: value`` in block style; collections below the key, long texts as block scalars."""
    start, below = " " * indent + f"{key_text(key, manner)}:", indent + manner.step
    if isinstance(value, Mapping) and value:
        return [start, *_block_lines(value, manner, indent=below)]
    if isinstance(value, list | tuple) and value:
        short = f"{start} {inline(value, manner)}"
        if len(short) <= _WIDEST and not any(isinstance(item, Mapping) for item in value):
            return [short]
        lines = [start]
        for item in value:
            lines += _item_lines(item, manner, indent=below)
        return lines
    block = block_text(value, "|") if isinstance(value, str) and "\n" in value else None
    if block:
        header, *content = block
        inner = " " * below
        return [f"{start} {header}", *(inner + line if line else "" for line in content)]
    return [f"{start} {inline(value, manner)}"]
