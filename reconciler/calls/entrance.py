"""Admission: a call becomes a member of a room, or is refused."""

from collections.abc import Mapping
from typing import Any

from reconciler.calls.clients import Client, Leg
from reconciler.calls.hub import Hub
from reconciler.calls.room import changes, entering, of_shows
from reconciler.calls.room.model import Member, Refused, Room
from reconciler.calls.room.of_members import changed, without
from reconciler.core.deferred_dataclass import replace
from reconciler.localspace.attendance import Hosted, Place


def _check_senders(hub: Hub, member: Member) -> None:
    most = hub.studio.most_senders
    if most is None or not _sends(member):
        return
    sending = 0
    for room in hub.rooms.values():
        sending += sum(map(_sends, room.members))
    if sending >= most:
        raise Refused(
            "503", f"this local Space takes {most} senders at once; others can join as audience"
        )


def _sends(member: Member) -> bool:
    return "both" in (member.audio, member.video)


def _admit(hub: Hub, room: Room, member: Member) -> None:
    after = replace(room, members=(*room.members, member))
    hub.become(after, changes.events(room, after))


def _enter_child(hub: Hub, client: Client, call_id: str, *, screen: bool) -> Leg:
    own = client.own_leg()
    if own is None:
        raise Refused("403", "Unauthorized")
    room = hub.rooms[own.session_id]
    member = entering.added(
        room, own.member_id, hub.attendance.fresh(), "screen" if screen else "device"
    )
    _check_senders(hub, member)
    leg = client.legs[call_id] = Leg(call_id, room.session_id, member.id, child=True)
    _admit(hub, room, member)
    return leg


def _enter_again(hub: Hub, client: Client, call_id: str) -> Leg | None:
    """The new call of a promoted or demoted member: the same member in another role."""
    own = client.own_leg()
    room = hub.rooms[own.session_id] if own is not None else None
    member = room.member(own.member_id) if room is not None and own is not None else None
    if room is None or member is None:
        return None
    if member.promised is None:  # its bye was lost: the old call makes room for this one
        hub.leave(client, own.call_id if own is not None else "")
        return None
    after = changed(room, entering.kept_promise(member))
    if member.promised == "audience":
        children = (child.id for child in room.members if child.parent_id == member.id)
        after = without(after, *children)
    hub.become(after, changes.events(room, after))
    return Leg(call_id, room.session_id, member.id)


def _open(hub: Hub, place: Place, client: Client, now: float) -> Room:
    try:
        hosted: Hosted = hub.attendance.begin(place)
    except LookupError as error:
        raise Refused("404", "There is no such room") from error
    recordings = (of_shows.begun("recording", hosted.recording, now),) if hosted.recording else ()
    room = Room(
        place.id,
        hosted.id,
        place.name,
        hosted.display_name,
        layout=hosted.layout,
        prioritize_handraise=hosted.prioritize_handraise,
        meta=(client.claims or {}).get("room_meta") or place.attributes.get("meta") or {},
        preview_url=f"{client.root}/previews/{hosted.id}.webp" if hosted.previewed else None,
        recordings=recordings,
    )
    hub.rooms[room.session_id] = room
    hub.tell(room, changes.room_event("started", room))
    return room


def _enter_new(hub: Hub, client: Client, call_id: str) -> Leg:
    claims = client.claims or {}
    now = hub.attendance.now()
    entering.check_entry(
        None, {}, claims, now
    )  # before a room is made that its maker could not enter
    place = hub.attendance.place(claims)
    if place is None:
        raise Refused("404", "There is no such room")
    entering.check_entry(hub.live(place.id), place.attributes, claims, now)
    member = entering.newcomer(hub.attendance.fresh(), place.attributes, claims, now)
    _check_senders(hub, member)
    room = hub.live(place.id) or _open(hub, place, client, now)
    _admit(hub, room, member)
    return Leg(call_id, room.session_id, member.id)


def enter(hub: Hub, client: Client, dialog: Mapping[str, Any]) -> Leg:
    """The leg of an incoming call: a known one, a screen or device, a promoted member, a new
    member. Refused holds the reason.
    """
    call_id = str(dialog.get("callID") or "")
    known = client.legs.get(call_id)
    if known is not None:
        known.active = False
        hub.studio.hang_up(call_id)
        return known
    if not call_id or any(call_id in other.legs for other in hub.clients.values()):
        raise Refused("403", "Unauthorized")
    if dialog.get("screenShare") or dialog.get("additionalDevice"):
        leg = _enter_child(hub, client, call_id, screen=bool(dialog.get("screenShare")))
    else:
        leg = _enter_again(hub, client, call_id) or _enter_new(hub, client, call_id)
    client.legs[call_id] = leg
    return leg
