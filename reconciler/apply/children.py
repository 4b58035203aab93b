"""Write the sub-resources of one resource: one request for each that is new, changed or gone."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from reconciler.apply.results import Conflict, unknown_outcome
from reconciler.core.canon import canonical_attributes, same, sealed
from reconciler.core.errors import ApiError, NotFound, ProtocolError, ReconcilerError
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.model import Applied, AppliedChild, Attributes, FieldChange
from reconciler.space import Document, Writer, as_live, expand, fetch


def _same_fields(child: Kind, left: Attributes, right: Attributes, *, key: bytes) -> bool:
    there = canonical_attributes(child, left, name="")
    return all(same(sealed(there.get(field), key), sealed(value, key)) for field, value in right.items())


def _answered(child: Kind, answer: Document | None, asked: Attributes, *, request: str, key: bytes) -> str:
    """The id of the sub-resource in the answer. ProtocolError where it is not what was asked."""
    live = as_live(child, answer, request=request)
    if not _same_fields(child, live.attributes, asked, key=key):
        raise ProtocolError(
            f"{request}: the answer is not what was asked", hint="whether it was done is not known; plan again", request=request
        )
    return live.id


def _still_there(writer: Writer, kinds: Kinds, child: Kind, change: FieldChange, *, key: bytes) -> bool:
    """Whether the sub-resource is there, just before it is written. Conflict where it is not what the plan saw."""
    live = fetch(writer, child, change.child_id or "", kinds, with_children=False)
    if live is not None and not _same_fields(child, live.attributes, change.before, key=key):
        raise Conflict(f"{change.path} changed since the plan was made", hint="plan again and look at what changed")
    return live is not None


def _write(writer: Writer, kinds: Kinds, parent: Kind, change: FieldChange, *, parent_id: str, key: bytes) -> str | None:
    """Carry out one change; the id of the sub-resource that is there now, or None."""
    child = kinds[parent.children[change.child or ""]]
    if change.before is None:
        path = expand(child.parents[parent.name], id=parent_id)
        return _answered(child, writer.post(path, change.after), change.after, request=f"POST {path}", key=key)
    path = expand(child.item, id=change.child_id or "")
    there = _still_there(writer, kinds, child, change, key=key)
    if change.after is None:
        if there:
            with contextlib.suppress(NotFound):
                writer.delete(path)
        return None
    if not there:
        raise Conflict(f"{change.path} was removed since the plan was made", hint="plan again and look at what changed")
    return _answered(child, writer.put(path, change.after), change.after, request=f"PUT {path}", key=key)


def _known(record: Applied, field: str, *, without: str | None, plus: AppliedChild | None) -> Applied:
    kept = tuple(one for one in record.children.get(field, ()) if one.id and one.id != without)
    return replace(record, children={**record.children, field: tuple(sorted((*kept, plus) if plus else kept, key=lambda one: one.id))})


def _repeated(writer: Writer, kinds: Kinds, parent: Kind, change: FieldChange, *, parent_id: str, key: bytes) -> str | None:
    try:
        return _write(writer, kinds, parent, change, parent_id=parent_id, key=key)
    except ApiError as error:
        if change.before is None or not unknown_outcome(error):
            raise
        return _again(writer, kinds, parent, change, parent_id=parent_id, key=key, lost=error)


def _again(  # what _write takes, and why it is done again
    writer: Writer, kinds: Kinds, parent: Kind, change: FieldChange, *, parent_id: str, key: bytes, lost: ApiError
) -> str | None:
    """A change or removal whose answer was lost, once more, unless it took effect."""
    child = kinds[parent.children[change.child or ""]]
    try:
        live = fetch(writer, child, change.child_id or "", kinds, with_children=False)
    except ApiError:
        raise lost from None
    if change.after is None and live is None:
        return None
    if change.after is not None and live is not None and _same_fields(child, live.attributes, change.after, key=key):
        return live.id
    return _write(writer, kinds, parent, change, parent_id=parent_id, key=key)


def write_children(
    writer: Writer, kinds: Kinds, changes: Sequence[FieldChange], *, record: Applied, before: Applied | None, key: bytes
) -> tuple[Applied, ReconcilerError | None]:
    """Carry out the changes of sub-resources in order, until one fails.

    Returns the record of the parent with exactly the sub-resources that are known to be there (``before`` is what the
    state knew so far), and the error that ended it. A lost answer is repeated for PUT and DELETE, which bear it; a POST is
    never sent twice.
    """
    parent = kinds[record.address.kind]
    pending = {(change.child, change.child_id) for change in changes if change.child_id}
    known = {field: tuple(one for one in ones if one.id and (field, one.id) not in pending) for field, ones in record.children.items()}
    for field, ones in before.children.items() if before else ():
        still = tuple(one for one in ones if (field, one.id) in pending)
        known[field] = (*known.get(field, ()), *still)
    declared = frozenset(record.children)
    record = replace(record, children=known)
    for change in changes:
        if change.child is None:
            continue
        try:
            made = _repeated(writer, kinds, parent, change, parent_id=record.id, key=key)
        except (ApiError, Conflict) as error:
            return record, error
        plus = AppliedChild(made, sealed(change.after, key)) if made else None
        record = _known(record, change.child, without=change.child_id, plus=plus)
    return replace(record, children={field: ones for field, ones in record.children.items() if ones or field in declared}), None
