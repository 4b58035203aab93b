"""What is sent: request bodies that end in the same place whether PUT keeps or resets what it does not mention."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.kinds import Kind
from reconciler.core.normalize import canonical, same
from reconciler.core.plan_model import Action, FieldChange
from reconciler.core.redacted_values import redacted_like
from reconciler.core.resources import Live

_PLAIN = frozenset((str, int, bool, float))


def create_body(kind: Kind, action: Action) -> dict[str, Any]:
    """The POST for a new resource: its name and what is declared, without what the API takes on update only."""
    fields = {
        field: value
        for field, value in action.body.items()
        if field not in kind.update_only and value is not None
    }
    return {kind.key: action.address.name, **fields}


def late_fields(kind: Kind, action: Action) -> dict[str, Any]:
    """What is declared and can be written only after the POST."""
    return {field: value for field, value in action.body.items() if field in kind.update_only}


def update_body(
    kind: Kind, live: Live, fields: Mapping[str, Any], *, name: str | None = None
) -> dict[str, Any]:
    """The PUT: every field that can be updated as it was just read, and ``fields`` over it; ``name`` where it is a rename.

    The API's guide says that PUT keeps what is not mentioned and its document gives some fields a default on update, so
    everything is mentioned. A null that was read is not: it is what an absent field is under both meanings.
    """
    kept = {
        field: live.attributes[field]
        for field in kind.attributes
        if field not in kind.create_only and live.attributes.get(field) is not None
    }
    body = kept | {field: value for field, value in fields.items() if field not in kind.create_only}
    for field in kind.required:
        body.setdefault(field, live.attributes.get(field) or live.address.name)
    return body if name is None else body | {kind.key: name}


def unsettled(kind: Kind, asked: Mapping[str, Any], answer: Live) -> tuple[FieldChange, ...]:
    """The fields whose answer is not what was asked: ``before`` is what the Space says, ``after`` what was asked."""
    found = []
    for field, value in asked.items():
        answered = answer.attributes.get(field)
        if type(value) in _PLAIN and type(answered) is type(value) and answered == value:
            continue  # letter by letter, as nearly all are
        want = canonical(kind, field, value, name=answer.address.name)
        have = redacted_like(canonical(kind, field, answered, name=answer.address.name), want)
        if not same(want, have):
            found.append(FieldChange(field, have, value, "conflict"))
    return tuple(found)
