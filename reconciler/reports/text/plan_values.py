"""The values of a change in so many columns: before and after, clipped where they must be, secrets never shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import SECRET_TEXT
from reconciler.core.value_text import holds_secret, is_secret, masked_text, sides
from reconciler.reports.text.style import (
    Cell,
    RenderStyle,
    Span,
    cell,
    clip,
    columns,
    excerpt,
    marks,
)

_VALUE = 46


def fit_two(left: str, right: str, *, room: int, look: RenderStyle) -> tuple[str, str]:
    """Both texts in ``room`` columns together; what must be cut still shows where the two differ."""
    if look.verbose or columns(left) + columns(right) <= room:
        return left, right
    more, half = marks(look).more, room // 2
    return (
        excerpt(left, right, max(half, room - columns(right)), more=more),
        excerpt(right, left, max(room - half, room - columns(left)), more=more),
    )


def _two_values(before: str, after: str, *, room: int, look: RenderStyle) -> Cell:
    """``before → after`` in ``room`` columns."""
    arrow = f" {marks(look).arrow} "
    before, after = fit_two(before, after, room=room - columns(arrow), look=look)
    return (Span(f"{before}{arrow}", "dim"), Span(after))


def value_room(look: RenderStyle, *, taken: int, beside: int) -> int:
    """The columns for values: what is left of the line, and enough for two ordinary ones even if places then run over it."""
    return max(look.width - taken - beside, min(_VALUE, look.width - taken), _VALUE // 2)


def _one_value(text: str, *, room: int, look: RenderStyle) -> Cell:
    """A value in ``room`` columns, or in full if the reader requested it."""
    return cell(text if look.verbose else clip(text, room, more=marks(look).more))


def _changed_child(
    before: Mapping[str, Any], after: Mapping[str, Any], *, room: int, look: RenderStyle
) -> Cell:
    changed = [name for name in after if before.get(name) != after[name]]
    old = {name: before.get(name) for name in changed}
    new = {name: after[name] for name in changed}
    if holds_secret(old) or holds_secret(new):
        return cell(f"{SECRET_TEXT} changed")
    return _two_values(*sides(old, new), room=room, look=look)


def _child_value(change: FieldChange, *, room: int, look: RenderStyle) -> Cell:
    if change.before is None:
        return (
            Span("+ ", "add"),
            *_one_value(masked_text(change.after), room=room - 2, look=look),
        )
    if change.after is None:
        return (
            Span("- ", "remove"),
            *_one_value(masked_text(change.before), room=room - 2, look=look),
        )
    return _changed_child(change.before, change.after, room=room, look=look)


def change_value(change: FieldChange, *, fresh: bool, room: int, look: RenderStyle) -> Cell:
    """What happens to a field in ``room`` columns; a ``fresh`` resource has no before."""
    if fresh:
        return _one_value(masked_text(change.after), room=room, look=look)
    if change.child is not None:
        return _child_value(change, room=room, look=look)
    if (
        is_secret(change.before)
        and is_secret(change.after)
        and sides(change.before, change.after) == (SECRET_TEXT, SECRET_TEXT)
    ):
        return cell(f"{SECRET_TEXT} changed")
    return _two_values(*sides(change.before, change.after), room=room, look=look)
