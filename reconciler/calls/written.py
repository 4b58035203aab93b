"""The reports of a live room to the Space: its members, lock, layout and
recordings.
"""

from reconciler.calls.room.model import Room
from reconciler.localspace.attendance import Attendance


def write_down(attendance: Attendance, before: Room, after: Room) -> None:
    """Report the difference from ``before`` to ``after`` to the Space. Audience counts as members,
    a screen or device does not.
    """
    old = {member.id for member in before.members if member.type == "member"}
    new = {member.id: member for member in after.members if member.type == "member"}
    for id_ in old - new.keys():
        attendance.leave(after.session_id, id_)
    for id_, member in new.items():
        if id_ not in old:
            attendance.join(after.session_id, id_, member.name)
    if (before.locked, before.layout) != (after.locked, after.layout):
        attendance.note(after.session_id, {"locked": after.locked, "layout": after.layout})
    past = {show.id: show.state for show in before.recordings}
    for show in after.recordings:
        if past.get(show.id) != show.state:
            attendance.record(after.session_id, show.id, show.state)
