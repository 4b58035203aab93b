"""Declared colours, their places and the resources that use them, as text and JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from reconciler.core.contrast import is_colour
from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.kinds import Kinds
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import Address, Desired, Origin
from reconciler.core.text import count
from reconciler.core.value_text import address_text, json_text, origin_text, plain
from reconciler.engine.saved_plan.document import FORMAT_VERSION
from reconciler.reports.text.style import (
    Cell,
    RenderStyle,
    Span,
    cell,
    clip,
    columns,
    finish,
    grid,
    marks,
    paint,
    widths,
)

_WIDEST_PLACE, _LEAST_NAMES = 48, 30


class Use(NamedTuple):
    """One colour field of one resource: the colour in capitals, and where it is declared."""

    colour: str
    field: str
    address: Address
    origin: Origin | None


@dataclass(frozen=True, slots=True)
class ColourReport(RenderStyle):
    """The uses to show, in order. ``wanted`` is the requested colour, empty for all."""

    uses: tuple[Use, ...]
    wanted: str = ""


def colour_uses(desired: Iterable[Desired], kinds: Kinds) -> tuple[Use, ...]:
    """All declared colours, sorted by colour, place and resource."""
    uses = [
        Use(str(value).upper(), name, one.address, one.origins.get(name))
        for one in desired
        for name, value in one.attributes.items()
        if kinds[one.address.kind].spellings.get(name) == "colour" and is_colour(value)
    ]
    return tuple(
        sorted(uses, key=lambda use: (use.colour, str(use.origin), use.field, use.address))
    )


def _by(uses: Sequence[Use], key: Callable[[Use], Any]) -> dict[Any, list[Use]]:
    groups: dict[Any, list[Use]] = {}
    for use in uses:
        groups.setdefault(key(use), []).append(use)
    return groups


def _names(uses: Sequence[Use]) -> str:
    return ", ".join(address_text(use.address) for use in uses)


def _rows(uses: Sequence[Use]) -> list[tuple[str, str, str]]:
    groups = _by(uses, lambda use: (use.field, use.origin))
    return [
        (plain(field), origin_text(origin), _names(own)) for (field, origin), own in groups.items()
    ]


def _lines(colour: str, uses: Sequence[Use], report: ColourReport) -> list[str]:
    resources = {use.address for use in uses}
    number = Span(f"   {count(len(resources), 'resource')}", "dim")
    heading = paint((Span(colour, "bold"), number), report)
    rows = _rows(uses)
    field_width = max(columns(field) for field, _, _ in rows)
    place_width = min(max(columns(place) for _, place, _ in rows), _WIDEST_PLACE)
    room = max(report.width - field_width - place_width - 8, _LEAST_NAMES)
    whole = bool(report.wanted) or report.verbose
    cells: list[list[Cell]] = []
    for field, place, names in rows:
        shown = names if whole else clip(names, room, more=marks(report).more)
        cells.append([cell(field), cell(place, "dim"), cell(shown)])
    return [heading, *grid(cells, report, sizes=widths(cells, caps={1: _WIDEST_PLACE})), ""]


def _no_use(report: ColourReport) -> str:
    return f"No manifest declares {report.wanted}." if report.wanted else "No colour is declared."


def colours_text(report: ColourReport) -> str:
    """Each colour with its fields, places and resources. One requested colour lists all names."""
    uses = [use for use in report.uses if report.wanted in ("", use.colour)]
    groups = _by(uses, lambda use: use.colour)
    if not groups:
        return finish([_no_use(report)], report)
    lines = [line for colour, own in groups.items() for line in _lines(colour, own, report)]
    return finish(
        lines[:-1] if report.wanted else [*lines, f"{count(len(groups), 'colour')}."], report
    )


def _document(use: Use) -> dict[str, Any]:
    at = use.origin
    place = {"declared_at": str(at.place) if at else None} | (
        {"declared_via": at.via} if at and at.via else {}
    )
    return {
        "colour": use.colour,
        "kind": use.address.kind,
        "name": use.address.name,
        "field": use.field,
    } | place


def colours_json(report: ColourReport) -> str:
    """The uses as JSON text."""
    uses = [_document(use) for use in report.uses if report.wanted in ("", use.colour)]
    return json_text({"format_version": FORMAT_VERSION, "uses": uses})


COLOUR_FORMATS: Mapping[str, Callable[[ColourReport], str]] = {
    "text": colours_text,
    "json": colours_json,
}
