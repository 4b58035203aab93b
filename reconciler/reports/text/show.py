"""Resources from three sides: what is declared, what is live, what was last applied, and where each field was declared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.core.normalize import same
from reconciler.core.resources import SECRET_TEXT, Address, Attributes, Origin
from reconciler.core.session_urls import with_secret_urls
from reconciler.core.value_text import (
    address_text,
    holds_secret,
    is_secret,
    json_text,
    json_value,
    origin_text,
    plain,
    session_text,
    value_text,
)
from reconciler.engine.saved_plan.document import FORMAT_VERSION
from reconciler.reports.text.style import (
    PLAIN,
    Cell,
    RenderStyle,
    Span,
    Style,
    cell,
    clip,
    finish,
    grid,
    marks,
    paint,
    widths,
)
from reconciler.reports.text.wrapping import wrapped_lines

_NOTHING = "-"
_TABLE = 120  # columns that five columns of values need
_WIDEST_PATH, _WIDEST_PLACE, _VALUE = 34, 36, 26
_HEADINGS = ("  field", "desired", "live", "applied", "declared at")


@dataclass(frozen=True, slots=True)
class ShowField:
    """A field from three sides; None is 'not set', and ``origin`` is None where it is not declared: ``note`` says what it is then."""

    path: str
    desired: Any
    live: Any
    applied: Any
    origin: Origin | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ShowResource:
    """A resource from three sides; ``id`` is None where it does not exist yet, and ``managed`` false where it is nobody's."""

    address: Address
    fields: tuple[ShowField, ...]
    id: str | None = None
    session: Attributes | None = None
    protect: bool = False
    managed: bool = True


def _differs(field: ShowField) -> bool:
    """Whether what is declared is not what is live; a secret beside a digest cannot be told apart here."""
    if field.origin is None or (
        is_secret(field.desired)
        and type(field.desired) is not type(field.live)
        and field.live is not None
    ):
        return False
    return not same(field.desired, field.live)


def _value(value: Any, style: Style, *, room: int, look: RenderStyle) -> Cell:
    text = SECRET_TEXT if holds_secret(value) else value_text(value)
    return cell(text if look.verbose else clip(text, room, more=marks(look).more), style)


def _row(resource: ShowResource, field: ShowField, *, room: int, look: RenderStyle) -> list[Cell]:
    declared, different = field.origin is not None, _differs(field)
    nothing = cell(_NOTHING, "dim")
    quiet: Style = "" if declared else "dim"
    mark = Span(f"{marks(look).update} ", "change") if different else Span("  ")
    return [
        (mark, Span(plain(field.path), quiet)),
        _value(field.desired, quiet, room=room, look=look) if declared else nothing,
        _value(field.live, "change" if different else quiet, room=room, look=look)
        if resource.id
        else nothing,
        nothing
        if field.applied is None and not (declared and field.desired is None)
        else _value(field.applied, "dim", room=room, look=look),
        cell(origin_text(field.origin) if declared else field.note, "dim"),
    ]


def _heading(resource: ShowResource, look: RenderStyle) -> str:
    facts = [f"id {plain(resource.id)}" if resource.id else "not there yet"]
    facts += [] if resource.managed else ["not managed"]
    facts += ["protected"] if resource.protect else []
    facts += [session_text(resource.session)] if resource.session is not None else []
    return paint(
        (Span(address_text(resource.address), "bold"), Span(f"   {', '.join(facts)}", "dim")), look
    )


def _listed_lines(resource: ShowResource, look: RenderStyle) -> list[str]:
    """Each field with its values below it: sides that agree share a line, so that a narrow screen breaks nothing."""
    lines = [_heading(resource, look)]
    for field in resource.fields:
        row = _row(resource, field, room=look.width - 16, look=look)
        path, sides, place = row[0], row[1:4], row[4]
        lines.append("  " + paint((*path, *((Span("   "), *place) if place else ())), look))
        texts = ["".join(span.text for span in side) for side in sides]
        named = dict(
            zip(("desired", "live", "applied"), zip(sides, texts, strict=True), strict=True)
        )
        shown = {name: one for name, one in named.items() if one[1] != _NOTHING}
        if len(shown) == len(named) and len(set(texts)) == 1:
            shown = {"all": shown["desired"]}
        lines += [f"      {name:<8}" + paint(value, look) for name, (value, _) in shown.items()]
    return lines


def _resource_lines(resource: ShowResource, look: RenderStyle) -> list[str]:
    if look.lines and look.width < _TABLE:
        return _listed_lines(resource, look)
    unlimited = [_row(resource, field, room=look.width, look=look) for field in resource.fields]
    path, _, _, _, place = [
        *widths(unlimited, caps={0: _WIDEST_PATH, 4: _WIDEST_PLACE}),
        0,
        0,
        0,
        0,
        0,
    ][:5]
    room = max((look.width - path - place - 8) // 3, _VALUE)
    rows = [
        [cell(word, "dim") for word in _HEADINGS],
        *(_row(resource, field, room=room, look=look) for field in resource.fields),
    ]
    return [
        _heading(resource, look),
        *grid(
            rows,
            look,
            indent=2,
            sizes=widths(rows, caps={0: _WIDEST_PATH, 1: room, 2: room, 3: room}),
        ),
    ]


def show_text(resources: Sequence[ShowResource], *, look: RenderStyle = PLAIN) -> str:
    """A table for each resource, or on a terminal below 120 columns a list.

    Fields that differ are marked, live fields that nobody declared are dim.
    """
    lines: list[str] = []
    for resource in resources:
        lines += [*([""] if lines else []), *_resource_lines(resource, look)]
    return finish(wrapped_lines(lines or ["Nothing to show."], look), look)


def _field_document(field: ShowField) -> dict[str, Any]:
    at = field.origin
    document = {
        "path": field.path,
        "desired": json_value(field.desired),
        "live": json_value(field.live),
        "applied": json_value(field.applied),
        "declared_at": str(at.place) if at else None,
    }
    return (
        document
        | ({"declared_via": at.via} if at and at.via else {})
        | ({"note": field.note} if field.note else {})
    )


def _resource_document(resource: ShowResource) -> Mapping[str, Any]:
    return {
        "kind": resource.address.kind,
        "name": resource.address.name,
        "id": resource.id,
        "protect": resource.protect,
        "active_session": json_value(resource.session and with_secret_urls(resource.session)),
        "fields": [_field_document(field) for field in resource.fields],
    }


def show_json(resources: Sequence[ShowResource]) -> str:
    """The same as JSON text; ``declared_at`` is null where a field is not declared, and ``note`` says what it is then."""
    return json_text(
        {
            "format_version": FORMAT_VERSION,
            "resources": [_resource_document(resource) for resource in resources],
        }
    )
