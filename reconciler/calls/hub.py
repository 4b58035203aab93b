"""The live rooms: members who join and leave, the events for clients, and the reports to the
Space.
"""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.calls.clients import Client, Leg, authorization
from reconciler.calls.room import changes
from reconciler.calls.room.methods import perform
from reconciler.calls.room.model import Command, Event, Member, Refused, Room, Step
from reconciler.calls.room.of_members import changed, without
from reconciler.calls.room.spelling import room_fields
from reconciler.calls.studio import Source, Studio
from reconciler.calls.written import write_down
from reconciler.core.deferred_dataclass import replace
from reconciler.localspace.attendance import Attendance

GRACE_SECONDS = 12.0
MOST_CLIENTS = 500
_ROOMS_CHANNEL = "video.rooms"
_ABOUT_MEMBER = ("video.member.promoted", "video.member.demoted")


def _awaits(client: Client, member_id: str) -> bool:
    """Whether the client waits for the answer to the call of this member, its own
    screen or device.
    """
    return any(leg.member_id == member_id and not leg.active for leg in client.legs.values())


class Hub:
    """All live rooms and all clients. Every method needs ``lock`` to be
    held.
    """

    def __init__(self, attendance: Attendance, studio: Studio) -> None:
        self.lock = threading.RLock()
        self.attendance = attendance
        self.studio = studio
        self.clients: dict[str, Client] = {}
        self.rooms: dict[str, Room] = {}

    # What is told.

    def _present(self, session_id: str) -> list[tuple[Client, Leg]]:
        found: list[tuple[Client, Leg]] = []
        for client in self.clients.values():
            legs = client.legs.values()
            found += [(client, leg) for leg in legs if leg.session_id == session_id]
        return found

    def _listeners(self, event: Event, room: Room) -> Iterable[Client]:
        own = f"room.{room.session_id}"
        inside = {client.protocol for client, leg in self._present(room.session_id) if leg.active}
        for client in self.clients.values():
            if event.type == "video.member.joined" and _awaits(
                client, event.params["member"]["id"]
            ):
                continue  # it is told once its own call has been answered
            wanted = client.channels.get(_ROOMS_CHANNEL, frozenset()) | client.channels.get(
                own, frozenset()
            )
            if client.protocol in inside or event.type in wanted:
                yield client

    def tell(self, room: Room, event: Event) -> None:
        """Send an event of the room to its members and listeners, or to its one
        recipient.
        """
        if event.to is None:
            for client in self._listeners(event, room):
                client.tell(event)
            return
        member = room.member(event.to)
        for client, leg in self._present(room.session_id):
            if leg.member_id == event.to:
                told = {**event.params, "room_id": room.id, "room_session_id": room.session_id}
                if event.type in _ABOUT_MEMBER:
                    told["authorization"] = authorization(client, room_fields(room), member)
                client.tell(event._replace(params=told))
                return

    # What becomes of a room.

    def become(self, after: Room, events: Iterable[Event]) -> None:
        """Replace the room by ``after``: send events, update the studio and the Space, and end
        the calls of members who left.
        """
        before = self.rooms[after.session_id]
        gone = [member for member in before.members if after.member(member.id) is None]
        if any(member.ends_room for member in gone) and after.members:
            emptied = replace(after, members=())
            self.become(emptied, changes.events(before, emptied))
            return
        self.rooms[after.session_id] = after
        for member in gone:
            self._dismiss(after.session_id, member)
        for event in events:
            self.tell(after, event)
        write_down(self.attendance, before, after)
        if any(member.type == "member" for member in after.members):
            self.studio.show(after)
        else:
            self._end(after)

    def _dismiss(self, session_id: str, member: Member) -> None:
        """End the calls of a client that is no longer a member."""
        for client, leg in self._present(session_id):
            if leg.member_id == member.id:
                del client.legs[leg.call_id]
                self.studio.hang_up(leg.call_id)
                client.call(
                    "verto.bye",
                    {"callID": leg.call_id, "cause": "NORMAL_CLEARING", "causeCode": "16"},
                )

    def _end(self, room: Room) -> None:
        del self.rooms[room.session_id]
        self.studio.forget(room.session_id)
        self.tell(room, changes.room_event("ended", room))
        self.attendance.end(room.session_id)

    def live(self, place_id: str) -> Room | None:
        """The session in progress in this room or conference."""
        return next((room for room in self.rooms.values() if room.id == place_id), None)

    # Who is answered.

    def activate(self, client: Client, leg: Leg, sdp: str) -> None:
        """Confirm that the call is answered; a person's call also gets the state of
        the room.
        """
        room = self.rooms.get(leg.session_id)
        if room is None or client.legs.get(leg.call_id) is not leg:
            return
        leg.active = True
        client.call("verto.answer", {"callID": leg.call_id, "sdp": sdp})
        if leg.child:
            client.tell(changes.joined(room, leg.member_id))
            return
        client.tell(changes.subscribed(room, leg.member_id, leg.call_id))
        member = room.member(leg.member_id)
        if member is not None and not member.audience:
            client.tell(changes.joined(room, leg.member_id))
        client.tell(changes.layout_changed(room))
        client.tell(changes.audience_count(room))

    def source(self, leg: Leg) -> Source:
        """The call in the form that the studio takes."""
        room = self.rooms.get(leg.session_id)
        member = room.member(leg.member_id) if room is not None else None
        if member is None:
            raise Refused("404", "The call is over")
        sends = not member.audience and "both" in (member.audio, member.video)
        return Source(
            leg.call_id, leg.session_id, leg.member_id, sends=sends, receives=not leg.child
        )

    # Who does something, and who goes.

    def perform(self, client: Client, method: str, params: Mapping[str, Any]) -> Step:
        """Carry out a method that a client calls. Refused holds the reason if it is not done."""
        session_id = str(params.get("room_session_id") or "")
        own = client.own_leg(session_id)
        room = self.rooms.get(session_id)
        if client.claims is not None and own is None:
            raise Refused("403", "Unauthorized")
        if room is None:
            raise Refused("404", "There is no such session")
        actor = own.member_id if own is not None else None
        step = perform(
            room, Command(method, params, actor, self.attendance.now(), self.attendance.fresh())
        )
        self.become(step.room, step.events)
        return step

    def leave(self, client: Client, call_id: str, *, all_of_them: bool = False) -> None:
        """End a call. A member without calls leaves; if it may end the session, all members
        leave.
        """
        leg = client.legs.pop(call_id, None)
        if leg is None:
            return
        self.studio.hang_up(call_id)
        room = self.rooms.get(leg.session_id)
        member = room.member(leg.member_id) if room is not None else None
        if (
            room is None
            or member is None
            or any(other.member_id == member.id for other in client.legs.values())
        ):
            return
        everybody = all_of_them and "room.member.remove" in member.scopes
        after = replace(room, members=()) if everybody else without(room, member.id)
        self.become(after, changes.events(room, after))

    def talking(self, session_id: str, member_id: str, talks: bool) -> None:  # noqa: FBT001
        """Handle that a member begins or stops to talk."""
        with self.lock:
            room = self.rooms.get(session_id)
            member = room.member(member_id) if room is not None else None
            if room is not None and member is not None and member.talking != talks:
                after = changed(room, replace(member, talking=talks))
                self.become(after, changes.events(room, after))

    def drop(self, client: Client) -> None:
        """Remove a client that does not reconnect."""
        for call_id in list(client.legs):
            self.leave(client, call_id)
        self.clients.pop(client.protocol, None)

    def tick(self) -> None:
        """Handle timed events: a member's time limit, a socket that stays closed, a session
        ended by request.
        """
        now = self.attendance.now()
        for client in list(self.clients.values()):
            if client.closed_at is not None and now - client.closed_at >= GRACE_SECONDS:
                self.drop(client)
        live = self.attendance.live(self.rooms) if self.rooms else set()
        for room in list(self.rooms.values()):
            over = [
                member.id
                for member in room.members
                if member.remove_at is not None and member.remove_at <= now
            ]
            after = without(room, *over) if room.session_id in live else replace(room, members=())
            if after != room:
                self.become(after, changes.events(room, after))
