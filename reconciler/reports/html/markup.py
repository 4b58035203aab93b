"""HTML and SVG elements. Everything that is not Markup is escaped, in text and in attributes."""

import html
from collections.abc import Iterable
from typing import TypeAlias

from reconciler.core.regex import regex

_NAME = regex(r"[A-Za-z][A-Za-z0-9-]*")
_VOID = frozenset({"br", "circle", "img", "input", "line", "link", "meta", "path", "rect", "use"})


class Markup(str):
    """Trusted HTML: from ``element``, from ``together`` or from this project's own files."""

    __slots__ = ()


Child: TypeAlias = "str | int | Iterable[Child] | None"
_Value: TypeAlias = "str | int | float | bool | None"


def together(*children: Child) -> Markup:
    """The children in a row. None is skipped, text is escaped."""
    parts: list[str] = []
    for child in children:
        if isinstance(child, Markup):
            parts.append(child)
        elif isinstance(child, str | int):
            parts.append(html.escape(str(child), quote=False))
        elif child is not None:
            parts.append(together(*child))
    return Markup("".join(parts))


def _attribute(name: str, value: _Value) -> str:
    name = name.rstrip("_").replace("_", "-")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no attribute")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'


def element(tag: str, /, *children: Child, **attributes: _Value) -> Markup:
    """``<tag …>children</tag>``. ``class_`` is ``class``, ``aria_label`` is ``aria-label``.

    True is an attribute without a value; None and False leave it out.
    """
    words = "".join(_attribute(key, value) for key, value in attributes.items())
    return Markup(
        f"<{tag}{words}/>" if tag in _VOID else f"<{tag}{words}>{together(*children)}</{tag}>"
    )
