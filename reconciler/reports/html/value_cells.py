"""Values as they are looked at: swatches beside colours, wireframes above layouts, and what differs between two texts marked."""

from typing import Any, NamedTuple

from reconciler.core.contrast import is_colour
from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import SECRET_TEXT
from reconciler.core.value_text import NOT_SET, holds_secret, sides, value_text
from reconciler.reports.html.markup import Markup, element, together
from reconciler.reports.html.wireframes import is_layout, swatch, wireframe_use

_AROUND, _LONGEST = 48, 700
_LEAST_MARKED = 12  # shorter texts are compared at a glance


class Sides(NamedTuple):
    """A value before and after, drawn; None where that side has nothing to say."""

    before: Markup | None
    after: Markup | None


def text_of(value: Any) -> str:
    """The value on one harmless line; a secret never."""
    return SECRET_TEXT if holds_secret(value) else value_text(value)


def _shared(one: str, other: str) -> tuple[int, int]:
    """How many characters both texts begin with, and how many more both end with."""
    most = min(len(one), len(other))
    start = next((index for index in range(most) if one[index] != other[index]), most)
    end = next(
        (index for index in range(most - start) if one[-1 - index] != other[-1 - index]),
        most - start,
    )
    return start, end


def _cut(text: str, keep: str) -> str:
    """The part of an unchanged stretch that is next to a change."""
    if len(text) <= 2 * _AROUND:
        return text
    return {"start": "…" + text[-_AROUND:], "end": text[:_AROUND] + "…"}[keep]


def _middle(text: str) -> str:
    return (
        text
        if len(text) <= _LONGEST
        else f"{text[: _LONGEST // 2]} … {len(text) - _LONGEST:,} characters … {text[-_LONGEST // 2 :]}"
    )


def _marked(text: str, start: int, end: int) -> Markup:
    last = len(text) - end
    inside = element("mark", _middle(text[start:last])) if last > start else None
    return together(_cut(text[:start], "start"), inside, _cut(text[last:], "end"))


def _words(text: str, other: str) -> Markup:
    """``text`` with what ``other`` does not have marked, where both are long enough for that to help."""
    if min(len(text), len(other)) < _LEAST_MARKED:
        return together(_middle(text))
    start, end = _shared(text, other)
    return (
        _marked(text, start, end)
        if start + end > min(len(text), len(other)) // 3
        else together(_middle(text))
    )


def _one(value: Any, other: Any, tag: str) -> Markup:
    text = text_of(value)
    if text == NOT_SET:
        return element("span", text, class_="unset")
    shown = element(tag, element("code", _words(*sides(value, other))), class_="value")
    if is_colour(value):
        return element("span", swatch(value), shown)
    return together(wireframe_use(value), shown) if is_layout(value) else shown


def drawn(change: FieldChange, *, fresh: bool = False) -> Sides:
    """Both sides of a change; of a ``fresh`` resource the after alone. Of secrets only that they changed."""
    before, after = change.before, change.after
    if fresh:
        return Sides(None, _one(after, None, "span"))
    if text_of(before) == text_of(after):
        return Sides(None, element("code", f"{SECRET_TEXT} changed"))
    return Sides(_one(before, after, "del"), _one(after, before, "ins"))


def layouts_in(change: FieldChange) -> list[str]:
    """The layouts that a change shows."""
    return [value for value in (change.before, change.after) if is_layout(value)]
