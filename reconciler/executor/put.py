"""Sends a PUT, drops refused fields that are not declared, and reports unrequested changes."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.core.errors import ApiError, Invalid
from reconciler.core.kinds import Kind
from reconciler.core.normalize import canonical, same
from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import Live
from reconciler.executor.context import ExecutionContext
from reconciler.space.observe import fetch
from reconciler.space.response_json import Document

_INSIDE = re.compile(r"[.\[]")


def _refused_fields(error: Invalid) -> set[str]:
    """Return the top-level fields the Space complains about; '' for a complaint without a field."""
    return {_INSIDE.split(attribute, maxsplit=1)[0].strip() for attribute in error.attributes}


def send_put(
    context: ExecutionContext,
    kind: Kind,
    fields: Mapping[str, Any],
    look: Callable[[], Mapping[str, Any]],
    *,
    path: str,
) -> Document | None:
    """Send the body from ``look``: ``fields`` and, as just read, all others (none in a PATCH).

    If the Space refuses only undeclared fields, retry without them: a value that the Space has but
    does not accept must not block a declared one.
    """
    send = context.writer.patch if kind.update == "PATCH" else context.writer.put
    left_out: set[str] = set()
    whole: Mapping[str, Any] = {}

    def body() -> Mapping[str, Any]:
        nonlocal whole
        whole = look()
        return {field: value for field, value in whole.items() if field not in left_out}

    while True:
        try:
            answer = send(path, body)
        except Invalid as error:
            echoed = (
                whole.keys() - fields.keys() - {*kind.required, *kind.required_on_update, kind.key}
            )
            refused = _refused_fields(error)
            if not refused or not refused <= echoed - left_out:
                raise
            left_out |= refused
        else:
            break
    if left_out:
        named = ", ".join(field for field in whole if field in left_out)
        context.findings.notes.append(
            f"the Space does not accept its own value of {named}, which is not declared: the update left it out"
        )
    return answer


def _unasked_changes(
    kind: Kind, before: Live, after: Live, *, asked: Mapping[str, Any]
) -> Iterator[FieldChange]:
    for field, old in before.attributes.items():
        new = after.attributes.get(field)
        if (
            field in asked
            or field in kind.volatile
            or field in ("id", kind.key)
            or field not in after.attributes
            or same(old, new)
        ):
            continue
        if old is None and field in kind.required_on_update:
            continue  # the update had to set it
        was = canonical(kind, field, old, name=before.address.name)
        now = canonical(kind, field, new, name=after.address.name)
        if not same(was, now):
            yield FieldChange(field, was, now, "drift")


def unasked_changes(
    context: ExecutionContext, kind: Kind, before: Live, after: Live, *, asked: Mapping[str, Any]
) -> list[FieldChange]:
    """Compare all fields before and after a PUT of ``asked``; return the unrequested changes.

    Fields missing from the answer are read again: absent is not empty.
    """
    lacking = [
        field
        for field, value in before.attributes.items()
        if value is not None and field not in after.attributes
    ]
    if lacking:
        try:
            after = (
                fetch(context.writer, kind, after.id, context.kinds, with_children=False) or after
            )
        except ApiError:
            context.findings.notes.append(
                f"it is unknown whether the update changed {', '.join(lacking)}, which its answer lacks"
            )
    return list(_unasked_changes(kind, before, after, asked=asked))


def compare_after_put(
    context: ExecutionContext, kind: Kind, before: Live, after: Live, *, asked: Mapping[str, Any]
) -> None:
    """Record the changes of a PUT of ``asked`` that it did not request."""
    moved = unasked_changes(context, kind, before, after, asked=asked)
    if moved:
        context.findings.moved += moved
        context.findings.kinds.add(kind.name)
