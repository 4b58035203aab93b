"""Values for scratch resources: valid by the schema and different from the present ones."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from reconciler.core.kinds import Kind, types_of
from reconciler.engine.probe.scratch import mark_text

# Far ahead: until then a scratch room that was left behind can be joined by no one.
_MOMENT = "{year}-03-01T09:30:00Z"
_COLOUR = "#aAbB{number:02d}"  # both cases, to see which one comes back


def _number(schema: Mapping[str, Any], current: Any) -> int:
    least, most = schema.get("minimum", 1), schema.get("maximum", 1_000)
    value = (current if isinstance(current, int) else least) + 7
    return int(value if value <= most else least)


def _text(schema: Mapping[str, Any], mark: str) -> str | None:
    """Return a text that ``schema`` allows; None if it must have a form that is not known here."""
    if schema.get("format") == "uri":
        return f"https://reconciler-probe.invalid/{mark}"
    return None if {"pattern", "format"} & schema.keys() else mark_text(mark)


def _list(schema: Mapping[str, Any], current: Any, mark: str) -> list[Any] | None:
    """Return a list of one element that differs from ``current``; None if none can be made."""
    items = schema.get("items", {})
    text = _text(items, mark) if "string" in types_of(items) else None
    elements = items.get("enum", [text] if text else [])
    return next(([one] for one in elements if one is not None and [one] != current), None)


def _value(kind: Kind, field: str, current: Any, mark: str) -> Any:
    """Return a valid value that differs from ``current``; None if none can be made."""
    schema, spelling = kind.fields[field], kind.spellings[field]
    position = kind.attributes.index(field)
    if "enum" in schema:
        return next((one for one in schema["enum"] if one not in (current, None)), None)
    made: dict[str, Callable[[], Any]] = {
        "boolean": lambda: not current,
        "integer": lambda: _number(schema, current),
        "instant": lambda: _MOMENT.format(year=2050 + position),
        "colour": lambda: _COLOUR.format(number=position % 100),
        "object": lambda: None if "properties" in schema else {"reconciler-probe": mark},
        "array": lambda: _list(schema, current, mark),
        "text": lambda: _text(schema, mark),
    }
    if spelling == "text" and "number" in types_of(schema):
        return _number(schema, current)
    return made[spelling]() if spelling in made else None


def valid_value(kind: Kind, field: str, mark: str) -> Any:
    """Return a valid value of ``field``; None if none can be made."""
    if field not in kind.attributes:
        return None
    return _value(kind, field, None, mark)


def other_values(
    kind: Kind, current: Mapping[str, Any], mark: str, *, leave_out: Collection[str]
) -> dict[str, Any]:
    """Return for every field a value that differs from ``current``, secrets and some left out."""
    values = {
        field: _value(kind, field, current.get(field), mark)
        for field in kind.attributes
        if field not in leave_out and field not in kind.secret
    }
    return {field: value for field, value in values.items() if value is not None}


def clearable_fields(kind: Kind) -> tuple[str, ...]:
    """Return the fields that only null could unset: optional ones without an empty value."""
    return tuple(
        field
        for field in kind.attributes
        if not kind.is_documented(field)
        and field not in (*kind.required, *kind.create_only, *kind.null_means)
        and "null" in types_of(kind.fields[field])
    )
