"""Methods on the room: layout, positions, lock, hidden tiles, meta, and
queries.
"""

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.calls.room.model import Command, Refused, Room, Step
from reconciler.calls.room.of_members import Handler, changed, less_keys, position, read_meta
from reconciler.calls.room.spelling import members_list, room_fields
from reconciler.core.deferred_dataclass import replace
from reconciler.reports.html.wireframes import is_layout, layout_names

_SELF = "self"


def _seated(room: Room, command: Command) -> Room:
    """The room with the positions of the command, by member id or ``self``."""
    asked = command.params.get("positions")
    if not isinstance(asked, dict):
        raise Refused("422", "positions is an object of positions by member id")
    for named, wanted in asked.items():
        member = room.member(command.actor if named == _SELF else named)
        if member is None:
            raise Refused("404", "Member not found")
        room = changed(room, replace(member, requested_position=position(wanted)))
    return room


def _set_layout(room: Room, command: Command) -> Step:
    name = command.params.get("name")
    if not is_layout(name):
        raise Refused("422", "there is no layout of this name")
    room = replace(room, layout=str(name))
    return Step(_seated(room, command) if command.params.get("positions") else room)


def _set_position(room: Room, command: Command) -> Step:
    return Step(_seated(room, command))


def _setting(**fields: Any) -> Handler:
    return lambda room, _command: Step(replace(room, **fields))


def _meta(change: Callable[[Room, Command], Mapping[str, Any]]) -> Handler:
    return lambda room, command: Step(replace(room, meta=change(room, command)))


HANDLERS: Mapping[str, Handler] = {
    "members.get": lambda room, _command: Step(room, {"members": members_list(room)}),
    "room.get": lambda room, _command: Step(room, {"room": room_fields(room)}),
    "list_available_layouts": lambda room, _command: Step(room, {"layouts": list(layout_names())}),
    "set_layout": _set_layout,
    "set_position": _set_position,
    "lock": _setting(locked=True),
    "unlock": _setting(locked=False),
    "hide_video_muted": _setting(hide_video_muted=True),
    "show_video_muted": _setting(hide_video_muted=False),
    "prioritize_handraise": lambda room, command: Step(
        replace(room, prioritize_handraise=command.params.get("enable", True) is True)
    ),
    "get_meta": lambda room, _command: Step(room, {"meta": dict(room.meta)}),
    "set_meta": _meta(lambda _room, command: read_meta(command.params)),
    "update_meta": _meta(lambda room, command: {**room.meta, **read_meta(command.params)}),
    "delete_meta": _meta(lambda room, command: less_keys(room.meta, command.params)),
}
