"""SVG drawings of layouts (wireframes) and colours (swatches), made of fixed shapes."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.core.contrast import is_colour
from reconciler.core.named_tuple import NamedTuple
from reconciler.reports.html.markup import Markup, element, together

WIDTH, HEIGHT = 160, 90
_MARGIN, _GAP = 4.0, 3.0
_MOST_BESIDE = 8


class Tile(NamedTuple):
    """A picture in a layout. Role ``lead`` is highlighted, ``more`` stands for further members."""

    x: float
    y: float
    width: float
    height: float
    role: str = ""


def _shares(start: float, length: float, parts: int, gap: float) -> list[tuple[float, float]]:
    """Start and length of each of ``parts`` equal parts."""
    size = (length - gap * (parts - 1)) / parts
    return [(start + part * (size + gap), size) for part in range(parts)]


def _grid(
    across: int, down: int, *, x: float = _MARGIN, width: float = WIDTH - 2 * _MARGIN
) -> tuple[Tile, ...]:
    gap = _GAP if max(across, down) <= 4 else 1.5
    columns, rows = (
        _shares(x, width, across, gap),
        _shares(_MARGIN, HEIGHT - 2 * _MARGIN, down, gap),
    )
    return tuple(Tile(left, top, wide, high) for top, high in rows for left, wide in columns)


def _row(across: int, *, y: float, height: float, width: float) -> tuple[Tile, ...]:
    """``across`` pictures of this width side by side, centred."""
    whole = across * width + (across - 1) * _GAP
    return tuple(
        Tile(left, y, wide, height)
        for left, wide in _shares((WIDTH - whole) / 2, whole, across, _GAP)
    )


def _growing(tiles: tuple[Tile, ...]) -> tuple[Tile, ...]:
    return (*tiles[:-1], tiles[-1]._replace(role="more"))


def _five() -> tuple[Tile, ...]:
    high, wide = (HEIGHT - 2 * _MARGIN - _GAP) / 2, (WIDTH - 2 * _MARGIN - 2 * _GAP) / 3
    return _row(2, y=_MARGIN, height=high, width=wide) + _row(
        3, y=_MARGIN + high + _GAP, height=high, width=wide
    )


def _side_by_side() -> tuple[Tile, ...]:
    return tuple(
        Tile(x, 24, wide, 42) for x, wide in _shares(_MARGIN, WIDTH - 2 * _MARGIN, 2, _GAP)
    )


def _highlight() -> tuple[Tile, ...]:
    side = tuple(
        Tile(122, y, 34, high) for y, high in _shares(_MARGIN, HEIGHT - 2 * _MARGIN, 4, _GAP)
    )
    return (Tile(_MARGIN, _MARGIN, 115, HEIGHT - 2 * _MARGIN, role="lead"), *side)


_MOBILE_X, _MOBILE_WIDTH = 54.0, 52.0
_SQUARES = {f"{number}x{number}": _grid(number, number) for number in (1, 2, 3, 4, 5, 6, 8, 10)}
_LAYOUTS: Mapping[str, tuple[Tile, ...]] = {
    "grid-responsive": _growing(_grid(3, 2)),
    "grid-responsive-mobile": _growing(
        _grid(2, 3, x=_MOBILE_X + _MARGIN, width=_MOBILE_WIDTH - 2 * _MARGIN)
    ),
    "highlight-1-responsive": _highlight(),
    "1x1": _SQUARES["1x1"],
    "2x1": _side_by_side(),
    "5up": _five(),
    **_SQUARES,
}
_WORDS: Mapping[str, str] = {
    "grid-responsive": "a grid that grows with the number of people",
    "grid-responsive-mobile": "a grid for upright screens that grows with the number of people",
    "highlight-1-responsive": "one large picture, the others beside it",
    "1x1": "one picture",
    "2x1": "two pictures side by side",
    "5up": "two pictures above three",
}


def _responsive_grid(people: int, name: str) -> tuple[Tile, ...]:
    """As many pictures as there are people, in the place that the drawing gives to all of them."""
    across = math.ceil(math.sqrt(max(people, 1)))
    down = math.ceil(max(people, 1) / across)
    if name.endswith("-mobile"):
        across, down = down, across
        return _grid(across, down, x=_MOBILE_X + _MARGIN, width=_MOBILE_WIDTH - 2 * _MARGIN)
    return _grid(across, down)


def _responsive_highlight(people: int) -> tuple[Tile, ...]:
    lead, side = _highlight()[:2]
    if people <= 1:
        return (lead,)
    beside = min(max(people - 1, len(_highlight()) - 1), _MOST_BESIDE)
    rows = _shares(_MARGIN, HEIGHT - 2 * _MARGIN, beside, _GAP)
    return (lead, *(side._replace(y=y, height=high) for y, high in rows))


def layout_tiles(name: str, people: int) -> tuple[Tile, ...]:
    """Where the pictures of so many people are in a layout: as drawn, with as many as are needed where it grows with them."""
    if name.startswith("grid-responsive"):
        return _responsive_grid(people, name)[: max(people, 1)]
    return _responsive_highlight(people) if name == "highlight-1-responsive" else _LAYOUTS[name]


def layout_names() -> tuple[str, ...]:
    """The layouts that can be drawn."""
    return tuple(_LAYOUTS)


def _layout_words(name: str) -> str:
    """A layout in words: ``a grid of 3 by 3 pictures``."""
    return _WORDS.get(name, f"a grid of {name.replace('x', ' by ')} pictures")


def is_layout(value: Any) -> bool:
    """Whether ``value`` is a layout that can be drawn."""
    return isinstance(value, str) and value in _LAYOUTS


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _box(tile: Tile) -> Markup:
    x, y, width, height = map(_number, tile[:4])
    corner = 1.5 if tile.width > 12 else 0.75
    return element(
        "rect", x=x, y=y, width=width, height=height, rx=corner, class_=tile.role or None
    )


def _wireframe_id(name: str) -> str:
    """The id of a layout's symbol within a page."""
    return f"layout-{name}"


def wireframe(name: str) -> Markup:
    """The SVG symbol of a layout, referenced by ``wireframe_use``."""
    upright = name.endswith("-mobile")
    frame = Tile(
        _MOBILE_X if upright else 0.5, 0.5, _MOBILE_WIDTH if upright else WIDTH - 1, HEIGHT - 1
    )
    x, y, width, height = map(_number, frame[:4])
    screen = element("rect", x=x, y=y, width=width, height=height, rx="4", class_="screen")
    return element(
        "symbol",
        screen,
        map(_box, _LAYOUTS[name]),
        id=_wireframe_id(name),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
    )


def wireframe_use(name: str) -> Markup:
    """A drawn layout. The page must contain the symbol from ``wireframe``."""
    picture = element("use", href=f"#{_wireframe_id(name)}")
    return element(
        "svg",
        picture,
        class_="wireframe",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=_layout_words(name),
    )


def wireframes(names: Iterable[str]) -> Markup:
    """The symbols of all ``names`` in one invisible SVG."""
    drawn = [wireframe(name) for name in sorted(set(names))]
    return (
        element("svg", drawn, class_="symbols", aria_hidden="true", width=0, height=0)
        if drawn
        else together()
    )


def swatch(colour: str) -> Markup:
    """A small square of the colour. Raises ValueError if it is not a colour."""
    if not is_colour(colour):
        raise ValueError(f"{colour!r} is no colour")
    square = element("rect", x="0.5", y="0.5", width="15", height="15", rx="3", fill=colour)
    return element("svg", square, class_="swatch", viewBox="0 0 16 16", aria_hidden="true")
