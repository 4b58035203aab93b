"""The events for the clients of a room that changed, from the difference of two
rooms.
"""

from collections.abc import Iterator
from typing import Any

from reconciler.calls.room.model import Event, Room, Show
from reconciler.calls.room.spelling import (
    layout_fields,
    member_fields,
    room_fields,
    settings,
    show_fields,
)

_OF_THE_LAYOUT = ("current_position", "talking")


def _about(of: Room, /, **more: Any) -> dict[str, Any]:
    return {"room_id": of.id, "room_session_id": of.session_id, **more}


def joined(room: Room, member_id: str) -> Event:
    """The event that a member has joined."""
    member = next(member for member in room.members if member.id == member_id)
    return Event("video.member.joined", _about(room, member=member_fields(room, member)))


def layout_changed(room: Room) -> Event:
    """The event with the present layout."""
    return Event("video.layout.changed", _about(room, layout=layout_fields(room)))


def audience_count(room: Room) -> Event:
    """The event with the size of the audience."""
    return Event("video.room.audience_count", _about(room, total=len(room.audience)))


def subscribed(room: Room, member_id: str, call_id: str) -> Event:
    """The event by which ``join`` resolves in the page of this member."""
    about = {
        "call_id": call_id,
        "member_id": member_id,
        "room_session": room_fields(room),
        "room": room_fields(room),
    }
    return Event("video.room.subscribed", about, member_id)


def room_event(name: str, room: Room) -> Event:
    """``started`` or ``ended``."""
    return Event(
        f"video.room.{name}", _about(room, room_session=room_fields(room), room=room_fields(room))
    )


def _members(before: Room, after: Room) -> Iterator[Event]:
    old = {member.id: member for member in before.shown}
    new = {member.id: member for member in after.shown}
    for id_ in old.keys() - new.keys():
        yield Event("video.member.left", _about(after, member=member_fields(before, old[id_])))
    for id_, member in new.items():
        if id_ not in old:
            yield joined(after, id_)
            continue
        fields, past = member_fields(after, member), member_fields(before, old[id_])
        changed = {
            name: value
            for name, value in fields.items()
            if value != past[name] and name not in _OF_THE_LAYOUT
        }
        if changed:
            told = {"id": id_, **_about(after), "updated": sorted(changed), **changed}
            yield Event("video.member.updated", _about(after, member=told))
        if member.talking != old[id_].talking:
            yield Event(
                "video.member.talking",
                _about(after, member={"id": id_, **_about(after), "talking": member.talking}),
            )


def _shows(
    family: str, before: tuple[Show, ...], after: tuple[Show, ...], room: Room
) -> Iterator[Event]:
    old = {show.id: show for show in before}
    for show in after:
        past = old.get(show.id)
        if past == show:
            continue
        name, moment = "updated", show.since
        if past is None:
            name = "started"
        elif show.state == "completed":
            name, moment = "ended", show.ended_at
        yield Event(
            f"video.{family}.{name}", _about(room, **{family: show_fields(family, show, moment)})
        )


def _room(before: Room, after: Room) -> Iterator[Event]:
    past, fields = settings(before), settings(after)
    changed = {name: value for name, value in fields.items() if value != past[name]}
    if changed:
        told = {
            "id": after.session_id,
            **_about(after),
            "event_channel": f"room.{after.session_id}",
            "name": after.name,
        }
        told |= {"updated": sorted(changed), **changed}
        yield Event(
            "video.room.updated", _about(after, room_session=told, room={**told, "id": after.id})
        )


def events(before: Room, after: Room) -> tuple[Event, ...]:
    """All events for a change from ``before`` to ``after``, in order."""
    found = [*_members(before, after)]
    for family in ("recording", "playback", "stream"):
        found += _shows(family, getattr(before, f"{family}s"), getattr(after, f"{family}s"), after)
    found += _room(before, after)
    if layout_fields(before) != layout_fields(after):
        found.append(layout_changed(after))
    if len(before.audience) != len(after.audience):
        found.append(audience_count(after))
    return tuple(found)
