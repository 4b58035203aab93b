"""Draws a palette on a small call screen, before and after, with the contrast of colour pairs."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from reconciler.core.contrast import (
    BEHIND,
    CONTROLS,
    TEXT,
    WRITTEN,
    Pair,
    is_colour,
    luminance,
    pairs,
    ratio_text,
    scheme_of,
)
from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import Attributes
from reconciler.reports.html.markup import Markup, element, together
from reconciler.reports.html.wireframes import swatch

_WIDTH, _HEIGHT = 220, 138


def changed_schemes(changes: tuple[FieldChange, ...]) -> tuple[str, ...]:
    """The schemes (``dark``, ``light``) with a changed colour."""
    return tuple(
        sorted(
            {
                scheme_of(one.path)[0]
                for one in changes
                if is_colour(one.before) or is_colour(one.after)
            }
        )
    )


def _scheme(attributes: Attributes, scheme: str) -> dict[str, str]:
    """The colours of one scheme, by role."""
    split = {name: scheme_of(name) for name in attributes}
    return {
        role: str(attributes[name])
        for name, (of, role) in split.items()
        if of == scheme and is_colour(attributes[name])
    }


def _over(colour: str) -> str:
    """Black or white, whichever is readable on ``colour``."""
    return "#000000" if luminance(colour) > 0.18 else "#FFFFFF"


def _bar(
    x: float, y: float, width: float, colour: str, *, height: float = 5, faint: str | None = None
) -> Markup:
    return element(
        "rect", x=x, y=y, width=width, height=height, rx=height / 2, fill=colour, fill_opacity=faint
    )


def _person(x: float, y: float, ink: str) -> Markup:
    tile = element("rect", x=x, y=y, width=62, height=40, rx=4, fill=ink, fill_opacity="0.1")
    head = element("circle", cx=x + 31, cy=y + 15, r=7, fill=ink, fill_opacity="0.35")
    body = element("path", d=f"M{x + 18} {y + 36}a13 11 0 0 1 26 0z", fill=ink, fill_opacity="0.35")
    return together(tile, head, body)


def _button(x: float, colour: str | None, *, round_: bool = True) -> Markup | None:
    if colour is None:
        return None
    width = 18 if round_ else 34
    shape = element("rect", x=x, y=110, width=width, height=18, rx=9, fill=colour)
    return together(shape, _bar(x + width / 2 - 4, 117, 8, _over(colour), height=4))


def _screen(colours: Mapping[str, str], label: str) -> Markup:
    back, ink = colours[BEHIND], colours.get(WRITTEN, _over(colours[BEHIND]))
    frame = element(
        "rect",
        x="0.5",
        y="0.5",
        width=_WIDTH - 1,
        height=_HEIGHT - 1,
        rx=8,
        fill=back,
        class_="edge",
    )
    title = together(_bar(12, 10, 64, ink, height=6), _bar(12, 20, 38, ink, height=4, faint="0.6"))
    state = (
        element("circle", cx=203, cy=15, r=5, fill=colours["success"])
        if "success" in colours
        else None
    )
    people = together(*(_person(12 + 67 * place, 32, ink) for place in range(3)))
    names = together(*(_bar(12 + 67 * place, 77, 34, ink, height=4) for place in range(3)))
    rule = element("rect", x=0, y=98, width=_WIDTH, height=1, fill=ink, fill_opacity="0.15")
    mute, camera = _button(72, colours.get("primary")), _button(96, colours.get("primary"))
    leave = _button(120, colours.get("negative"), round_=False)
    parts = (frame, title, state, people, names, rule, mute, camera, leave)
    return element(
        "svg",
        parts,
        class_="callscreen",
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        aria_label=label,
    )


def _least(pair: Pair) -> float:
    return TEXT if pair.is_text else CONTROLS


def _verdict(pair: Pair) -> Markup:
    enough = pair.ratio >= _least(pair)
    words = (
        f"{ratio_text(pair.ratio)} {'passes' if enough else f'below {ratio_text(_least(pair))}'}"
    )
    return together(
        swatch(pair.colour), element("span", words, class_="enough" if enough else "low")
    )


def _row(role: str, sides: Sequence[Mapping[str, Pair]]) -> Markup:
    cells = [element("td", _verdict(side[role]) if role in side else "not known") for side in sides]
    return element("tr", element("th", f"{role} on {BEHIND}", scope="row"), cells)


def _contrast(
    scheme: str, before: Attributes, after: Attributes, heads: tuple[str, str]
) -> Markup | None:
    shown_heads = []
    sides = []
    for head, attributes in zip(heads, (before, after), strict=True):
        by_role = {pair.role: pair for pair in pairs(attributes) if pair.scheme == scheme}
        if by_role:
            shown_heads.append(element("th", head, scope="col"))
            sides.append(by_role)
    roles = list(dict.fromkeys(chain(*sides)))
    if not roles:
        return None
    head_row = element("tr", element("td"), shown_heads)
    rows = [_row(role, sides) for role in roles]
    caption = element("caption", f"Contrast, {scheme or 'one'} theme", class_="unseen")
    return element(
        "table", caption, element("thead", head_row), element("tbody", rows), class_="contrast"
    )


def _pictures(
    scheme: str, before: Attributes, after: Attributes, heads: tuple[str, str]
) -> list[Markup]:
    figures = []
    for word, side in zip(heads, (before, after), strict=True):
        colours = _scheme(side, scheme)
        if BEHIND not in colours:
            continue
        label = f"Call screen, {scheme} theme, {word}"
        figures.append(
            element(
                "figure",
                _screen(colours, label),
                element("figcaption", f"{scheme} · {word}"),
                class_="screenshot",
            )
        )
    return figures


def palette_change(
    scheme: str,
    before: Attributes,
    after: Attributes,
    *,
    heads: tuple[str, str] = ("before", "after"),
) -> Markup | None:
    """The call screen in one scheme before and after, and its contrasts.

    ``before`` and ``after`` are fields by name; values that are not colours are ignored. None if
    the background is not known. Without a background in ``before`` the scheme counts as new.
    """
    pictures, contrast = (
        _pictures(scheme, before, after, heads),
        _contrast(scheme, before, after, heads),
    )
    if not pictures:
        return None
    return element("div", element("div", pictures, class_="screens"), contrast, class_="palette")


def sides(
    changes: tuple[FieldChange, ...], around: Mapping[str, Any], *, fresh: bool
) -> tuple[Attributes, Attributes]:
    """The fields before and after ``changes``; other fields are taken from ``around``.

    A ``fresh`` resource has no before.
    """
    before = {**around, **{change.path: change.before for change in changes}}
    after = {**around, **{change.path: change.after for change in changes}}
    return ({} if fresh else before), after
