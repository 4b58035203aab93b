"""A room that two kinds show: its second face, made and removed with the first one."""

from reconciler.core.kinds import Kind, Kinds
from reconciler.localspace.http import Call
from reconciler.localspace.names import suffixed
from reconciler.localspace.serializers import inner_id
from reconciler.localspace.store import Record


def add_other_faces(kinds: Kinds, kind: Kind, record: Record, call: Call) -> None:
    """Show a new record as resources of other kinds as well, by the setting ``one_room``.

    Call it while writing. A face has the id that the record names, and goes with the record.
    """
    if call.knobs.one_room == "apart":
        return
    for other_name, field in kind.same_as.items():
        other, name = kinds[other_name], record.name or ""
        if call.knobs.one_room == "suffixed" or call.store.named(other_name, name) is not None:
            name = suffixed(call, name)
        attributes = {
            attribute: record.attributes.get(attribute, other.initial(attribute, name))
            for attribute in other.attributes
        }
        call.store.insert(
            other_name,
            inner_id(record, field),
            attributes,
            now=call.now,
            owner=record.id,
            name=name,
        )


def first_face(kind: Kind, record: Record) -> str:
    """The id of the record that a deletion of this one removes: its wrapper's if it has one."""
    return record.owner if kind.type == "resource" and record.owner else record.id
