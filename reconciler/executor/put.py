"""Sends a PUT, drops refused fields that are not declared, and reports unrequested changes."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from reconciler.core.errors import ApiError, Invalid
from reconciler.core.kinds import Kind
from reconciler.core.normalize import canonical, same
from reconciler.core.plan_model import FieldChange
from reconciler.core.regex import regex
from reconciler.core.resources import Live
from reconciler.executor.context import ExecutionContext
from reconciler.space.observe import fetch
from reconciler.space.response_json import Document

_STEPS = regex(r"[.\[\]/]+")


def _refused_fields(error: Invalid, sent: Collection[str]) -> set[str]:
    """Return the fields of the request that the Space complains about; '' for any other.

    A path may begin with the wrapper of the request (``room.size``, ``room[size]``) and lead into a
    field (``meta.owner``).
    """
    refused = set()
    for attribute in error.attributes:
        steps = [step.strip() for step in _STEPS.split(attribute)]
        refused.add(next((step for step in steps if step in sent), ""))
    return refused


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
            refused = _refused_fields(error, whole)
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
    for field in (*before.attributes, *(after.attributes.keys() - before.attributes.keys())):
        old, new = before.attributes.get(field), after.attributes.get(field)
        if (
            field in asked
            or field in kind.volatile
            or field in ("id", kind.key)
            or same(old, new)
            or (old is None and field in kind.required_on_update)  # the update had to set it
        ):
            continue
        was = canonical(kind, field, old, name=before.address.name)
        now = canonical(kind, field, new, name=after.address.name)
        if not same(was, now):
            yield FieldChange(field, was, now, "drift")


def _with_values(live: Live) -> set[str]:
    return {field for field, value in live.attributes.items() if value is not None}


def unasked_changes(
    context: ExecutionContext, kind: Kind, before: Live, after: Live, *, asked: Mapping[str, Any]
) -> list[FieldChange]:
    """Compare all fields before and after a PUT of ``asked``; return the unrequested changes.

    An answer to a PUT may have fewer or more fields than one to a GET, so a field that only one of
    both has is read again. A field that a second GET lacks is lost.
    """
    lacking = _with_values(before) - after.attributes.keys()
    added = _with_values(after) - before.attributes.keys() - asked.keys()
    if lacking or added:
        try:
            read = fetch(context.writer, kind, after.id, context.kinds, with_children=False)
        except ApiError:
            read = None
        if read is not None:
            return list(_unasked_changes(kind, before, read, asked=asked))
        if lacking:
            named = ", ".join(field for field in before.attributes if field in lacking)
            context.findings.notes.append(
                f"it is unknown whether the update changed {named}, which its answer lacks"
            )
    in_both = before.attributes.keys() & after.attributes.keys()
    changes = _unasked_changes(kind, before, after, asked=asked)
    return [change for change in changes if change.path in in_both]


def compare_after_put(
    context: ExecutionContext, kind: Kind, before: Live, after: Live, *, asked: Mapping[str, Any]
) -> None:
    """Record the changes of a PUT of ``asked`` that it did not request."""
    moved = unasked_changes(context, kind, before, after, asked=asked)
    if moved:
        context.findings.moved += moved
        context.findings.kinds.add(kind.name)
