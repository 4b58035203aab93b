"""Value cells of the HTML page: colour swatches, layout wireframes, marked text differences."""

from typing import Any

from reconciler.core.contrast import is_colour
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import SECRET_TEXT
from reconciler.core.value_text import NOT_SET, masked_text, sides
from reconciler.reports.html.markup import Markup, element, together
from reconciler.reports.html.wireframes import is_layout, swatch, wireframe_use

_AROUND, _LONGEST = 48, 700
_LEAST_MARKED = 12  # Differences in shorter texts are visible without marks.


class Sides(NamedTuple):
    """A value before and after as Markup; None if that side is not shown."""

    before: Markup | None
    after: Markup | None


def _common_ends(one: str, other: str) -> tuple[int, int]:
    """Lengths of the common start and the common end of both texts."""
    most = min(len(one), len(other))
    start = next((index for index in range(most) if one[index] != other[index]), most)
    end = next(
        (index for index in range(most - start) if one[-1 - index] != other[-1 - index]),
        most - start,
    )
    return start, end


def _cut(text: str, keep: str) -> str:
    """The part of an unchanged stretch next to a change."""
    if len(text) <= 2 * _AROUND:
        return text
    return {"start": "…" + text[-_AROUND:], "end": text[:_AROUND] + "…"}[keep]


def _middle(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    start, end = text[: _LONGEST // 2], text[-_LONGEST // 2 :]
    return f"{start} … {len(text) - _LONGEST:,} characters … {end}"


def _with_mark(text: str, start: int, end: int) -> Markup:
    last = len(text) - end
    inside = element("mark", _middle(text[start:last])) if last > start else None
    return together(_cut(text[:start], "start"), inside, _cut(text[last:], "end"))


def _words(text: str, other: str) -> Markup:
    """``text`` with its difference from ``other`` marked, if both are long enough."""
    if min(len(text), len(other)) < _LEAST_MARKED:
        return together(_middle(text))
    start, end = _common_ends(text, other)
    return (
        _with_mark(text, start, end)
        if start + end > min(len(text), len(other)) // 3
        else together(_middle(text))
    )


def _value_markup(value: Any, other: Any, tag: str) -> Markup:
    text = masked_text(value)
    if text == NOT_SET:
        return element("span", text, class_="unset")
    markup = element(tag, element("code", _words(*sides(value, other))), class_="value")
    if is_colour(value):
        return element("span", swatch(value), markup)
    return together(wireframe_use(value), markup) if is_layout(value) else markup


def drawn(change: FieldChange, *, fresh: bool = False) -> Sides:
    """Both sides of a change; only the after of a ``fresh`` resource. Secrets are masked."""
    before, after = change.before, change.after
    if fresh:
        return Sides(None, _value_markup(after, None, "span"))
    if masked_text(before) == masked_text(after):
        return Sides(None, element("code", f"{SECRET_TEXT} changed"))
    return Sides(_value_markup(before, after, "del"), _value_markup(after, before, "ins"))


def layouts_in(change: FieldChange) -> list[str]:
    """The layouts in a change."""
    return [value for value in (change.before, change.after) if is_layout(value)]
