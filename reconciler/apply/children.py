"""Write the sub-resources of one resource: one request for each that is new, changed or gone."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from reconciler.apply.results import unknown_outcome
from reconciler.core.canon import sealed
from reconciler.core.errors import ApiError, NotFound
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.model import Applied, AppliedChild, FieldChange
from reconciler.space import Writer, as_live, expand


def _write(writer: Writer, parent: Kind, child: Kind, change: FieldChange, *, parent_id: str) -> str | None:
    """Carry out one change; the id of the sub-resource that is there now, or None."""
    if change.after is None:
        with contextlib.suppress(NotFound):
            writer.delete(expand(child.item, id=change.child_id or ""))
        return None
    if change.before is None:
        path = expand(child.parents[parent.name], id=parent_id)
        return as_live(child, writer.post(path, change.after), request=f"POST {path}").id
    writer.put(expand(child.item, id=change.child_id or ""), change.after)
    return change.child_id


def _known(record: Applied, field: str, *, without: str | None, plus: AppliedChild | None) -> Applied:
    kept = tuple(one for one in record.children.get(field, ()) if one.id and one.id != without)
    return replace(record, children={**record.children, field: (*kept, plus) if plus else kept})


def write_children(
    writer: Writer, kinds: Kinds, changes: Sequence[FieldChange], *, record: Applied, before: Applied | None, key: bytes
) -> tuple[Applied, ApiError | None]:
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
    record = replace(record, children=known)
    for change in changes:
        if change.child is None:
            continue
        child = kinds[parent.children[change.child]]
        try:
            made = _repeated(writer, parent, child, change, parent_id=record.id)
        except ApiError as error:
            return record, error
        plus = AppliedChild(made, sealed(change.after, key)) if made else None
        record = _known(record, change.child, without=change.child_id, plus=plus)
    return record, None


def _repeated(writer: Writer, parent: Kind, child: Kind, change: FieldChange, *, parent_id: str) -> str | None:
    try:
        return _write(writer, parent, child, change, parent_id=parent_id)
    except ApiError as error:
        if change.before is None or not unknown_outcome(error):
            raise
        return _write(writer, parent, child, change, parent_id=parent_id)
