"""Resources as desired, live and last applied, with the place of each declaration."""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, replace
from reconciler.core.hidden_copies import without_copies
from reconciler.core.normalize import same
from reconciler.core.resources import Address, Attributes, Origin
from reconciler.core.secret_texts import SecretTexts
from reconciler.core.session_urls import with_secret_urls
from reconciler.core.value_text import (
    address_text,
    is_secret,
    json_text,
    json_value,
    masked_text,
    origin_text,
    plain,
    session_text,
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
    span_width,
    widths,
)
from reconciler.reports.text.wrapping import wrapped_lines

_NOTHING = "-"
_TABLE = 120  # columns that five columns of values need
_WIDEST_PATH, _WIDEST_PLACE, _VALUE = 34, 36, 26
_SIDES = ("desired", "live", "applied")
_HEADINGS = ("  field", *_SIDES, "declared at")


@dataclass(frozen=True, slots=True)
class ShowField:
    """A field as desired, live and applied; None is 'not set'.

    ``origin`` is None if the field is not declared; ``note`` then says why it is shown.
    """

    path: str
    desired: Any
    live: Any
    applied: Any
    origin: Origin | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ShowResource:
    """A resource as desired, live and applied. ``id`` is None if it does not exist yet."""

    address: Address
    fields: tuple[ShowField, ...]
    id: str | None = None
    session: Attributes | None = None
    protect: bool = False
    managed: bool = True


def hidden_resource(resource: ShowResource, secrets: SecretTexts) -> ShowResource:
    """Return ``resource`` without secrets that the Space shows where the manifest has none."""
    fields = (
        replace(one, live=without_copies(one.live, one.desired, secrets)) for one in resource.fields
    )
    return replace(resource, fields=tuple(fields))


def _differs(field: ShowField) -> bool:
    """Whether desired and live differ. A secret and a digest of it cannot be compared here."""
    if field.origin is None or (
        is_secret(field.desired)
        and type(field.desired) is not type(field.live)
        and field.live is not None
    ):
        return False
    return not same(field.desired, field.live)


def _value(value: Any, style: Style, *, room: int, look: RenderStyle) -> Cell:
    text = masked_text(value)
    return cell(text if look.verbose else clip(text, room, more=marks(look).more), style)


def _row(resource: ShowResource, field: ShowField, *, room: int, look: RenderStyle) -> list[Cell]:
    declared, different = field.origin is not None, _differs(field)
    quiet: Style = "" if declared else "dim"
    mark = Span(f"{marks(look).update} ", "change") if different else Span("  ")
    desired = live = applied = cell(_NOTHING, "dim")
    if declared:
        desired = _value(field.desired, quiet, room=room, look=look)
    if resource.id:
        live = _value(field.live, "change" if different else quiet, room=room, look=look)
    if field.applied is not None or (declared and field.desired is None):
        applied = _value(field.applied, "dim", room=room, look=look)
    place = origin_text(field.origin) if declared else field.note
    return [(mark, Span(plain(field.path), quiet)), desired, live, applied, cell(place, "dim")]


def _heading(resource: ShowResource, look: RenderStyle) -> list[str]:
    facts = [f"id {plain(resource.id)}" if resource.id else "not there yet"]
    if not resource.managed:
        facts.append("not managed")
    if resource.protect:
        facts.append("protected")
    if resource.session is not None:
        facts.append(session_text(resource.session))
    title = (Span(address_text(resource.address), "bold"),)
    beside = (*title, Span(f"   {', '.join(facts)}", "dim"))
    if not look.lines or span_width(beside) <= look.width:
        return [paint(beside, look)]
    return [paint(title, look), *(paint((Span(f"  {fact}", "dim"),), look) for fact in facts)]


def _value_room(resource: ShowResource, look: RenderStyle) -> int:
    """The columns left for each of the three values beside path and place."""
    rows = [_row(resource, field, room=look.width, look=look) for field in resource.fields]
    sizes = widths(rows, caps={0: _WIDEST_PATH, 4: _WIDEST_PLACE})
    path, place = (sizes[0], sizes[4]) if sizes else (0, 0)
    return max((look.width - path - place - 8) // 3, _VALUE)


def _field_lines(row: Sequence[Cell], look: RenderStyle) -> list[str]:
    """One field as lines: path and place, then each value; equal values share one line."""
    path, sides, place = row[0], row[1:4], row[4]
    where = (Span("   "), *place) if place else ()
    lines = ["  " + paint((*path, *where), look)]
    values: dict[str, Cell] = {}
    texts = set()
    for name, side in zip(_SIDES, sides, strict=True):
        text = "".join(span.text for span in side)
        texts.add(text)
        if text != _NOTHING:
            values[name] = side
    if len(values) == len(_SIDES) and len(texts) == 1:
        values = {"all": sides[0]}
    lines += [f"      {name:<8}" + paint(value, look) for name, value in values.items()]
    return lines


def _list_lines(resource: ShowResource, look: RenderStyle) -> list[str]:
    """The resource as a list of fields, for a narrow terminal."""
    lines = _heading(resource, look)
    for field in resource.fields:
        lines += _field_lines(_row(resource, field, room=look.width - 16, look=look), look)
    return lines


def _resource_lines(resource: ShowResource, look: RenderStyle) -> list[str]:
    if look.lines and look.width < _TABLE:
        return _list_lines(resource, look)
    room = _value_room(resource, look)
    rows = [[cell(word, "dim") for word in _HEADINGS]]
    rows += [_row(resource, field, room=room, look=look) for field in resource.fields]
    sizes = widths(rows, caps={0: _WIDEST_PATH, 1: room, 2: room, 3: room})
    return [*_heading(resource, look), *grid(rows, look, indent=2, sizes=sizes)]


def show_text(resources: Sequence[ShowResource], *, look: RenderStyle = PLAIN) -> str:
    """A table for each resource, or on a terminal below 120 columns a list.

    Differing fields are marked, undeclared live fields are dim.
    """
    lines: list[str] = []
    for resource in resources:
        lines += [*([""] if lines else []), *_resource_lines(resource, look)]
    return finish(wrapped_lines(lines or ["Nothing to show."], look), look)


def _field_document(field: ShowField) -> dict[str, Any]:
    origin = field.origin
    document = {
        "path": field.path,
        "desired": json_value(field.desired),
        "live": json_value(field.live),
        "applied": json_value(field.applied),
        "declared_at": str(origin.place) if origin else None,
    }
    if origin and origin.via:
        document["declared_via"] = origin.via
    if field.note:
        document["note"] = field.note
    return document


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
    """The resources as JSON text. ``declared_at`` is null for fields that are not declared."""
    return json_text(
        {
            "format_version": FORMAT_VERSION,
            "resources": [_resource_document(resource) for resource in resources],
        }
    )
