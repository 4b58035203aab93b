"""Request bodies that mean the same whether PUT keeps or resets omitted fields."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.kinds import Kind
from reconciler.core.normalize import canonical, same
from reconciler.core.plan_model import Action, FieldChange
from reconciler.core.redacted_values import redacted_like
from reconciler.core.resources import Live

_PLAIN = frozenset((str, int, bool, float))


def completed(fields: Mapping[str, Any], needed: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``fields``, and what the request must have beside them with the value to send."""
    return {**fields, **{name: value for name, value in needed.items() if name not in fields}}


def create_body(kind: Kind, action: Action) -> dict[str, Any]:
    """Return the POST body: name, declared and required fields, without update-only ones."""
    fields = {field: value for field, value in action.body.items() if field not in kind.update_only}
    return completed({kind.key: action.address.name, **fields}, kind.required_on_create)


def late_fields(kind: Kind, action: Action) -> dict[str, Any]:
    """Return the declared fields that can be written only after the POST."""
    return {field: value for field, value in action.body.items() if field in kind.update_only}


def update_body(
    kind: Kind, live: Live, fields: Mapping[str, Any], *, name: str | None = None
) -> dict[str, Any]:
    """Return the PUT body: every updatable field as just read, with ``fields`` over it.

    ``name`` is the new name of a rename. The API's guide says that PUT keeps omitted fields, but
    its specification gives some a default on update, so all are sent. A null is omitted: it means
    the same under both readings. A PATCH keeps what it omits, so only required fields are added.
    """
    added = kind.attributes if kind.update == "PUT" else tuple(kind.required_on_update)
    current = {
        field: live.attributes[field]
        for field in added
        if field not in kind.create_only and live.attributes.get(field) is not None
    }
    body = current | {
        field: value for field, value in fields.items() if field not in kind.create_only
    }
    for field in kind.required:
        body.setdefault(field, live.attributes.get(field) or live.address.name)
    body = completed(body, kind.required_on_update)
    return body if name is None else body | {kind.key: name}


def changed_body(
    kind: Kind, live: Live, fields: Mapping[str, Any], *, name: str | None = None
) -> dict[str, Any]:
    """Return the PUT body for a Space that is known to keep omitted fields.

    It holds the changed fields and those that every update must have.
    """
    whole = update_body(kind, live, fields, name=name)
    needed = (*kind.required, *kind.required_on_update)
    named = (*fields, *needed, *((kind.key,) if name is not None else ()))
    return {field: value for field, value in whole.items() if field in named}


def unsettled(kind: Kind, asked: Mapping[str, Any], answer: Live) -> tuple[FieldChange, ...]:
    """Return the fields whose answer (``before``) differs from the request (``after``)."""
    changes = []
    for field, value in asked.items():
        answered = answer.attributes.get(field)
        if type(value) in _PLAIN and type(answered) is type(value) and answered == value:
            continue  # the usual case, without canonicalising
        requested = canonical(kind, field, value, name=answer.address.name)
        current = redacted_like(
            canonical(kind, field, answered, name=answer.address.name), requested
        )
        if not same(requested, current):
            changes.append(FieldChange(field, current, value, "conflict"))
    return tuple(changes)
