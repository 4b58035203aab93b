"""Rooms, members, recordings, playbacks and streams in the form that the vendor's SDK reads."""

from collections.abc import Mapping
from typing import Any

from reconciler.calls.room.model import Member, Room, Show
from reconciler.calls.room.seating import current_positions, layers


def _member(room: Room, member: Member, positions: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": member.id,
        "room_id": room.id,
        "room_session_id": room.session_id,
        "name": member.name,
        "type": member.type,
        "parent_id": member.parent_id,
        "visible": not member.video_muted,
        "audio_muted": member.audio_muted,
        "video_muted": member.video_muted,
        "deaf": member.deaf,
        "input_volume": member.input_volume,
        "output_volume": member.output_volume,
        "input_sensitivity": member.input_sensitivity,
        "requested_position": member.requested_position,
        "current_position": positions.get(member.id, "off-canvas"),
        "handraised": member.raised > 0,
        "talking": member.talking,
        "meta": dict(member.meta),
        "scope_id": room.session_id,
    }


def member_fields(room: Room, member: Member) -> dict[str, Any]:
    """A member as others see it."""
    return _member(room, member, current_positions(room))


def members_list(room: Room) -> list[dict[str, Any]]:
    """All members but the audience."""
    positions = current_positions(room)
    return [_member(room, member, positions) for member in room.shown]


def elapsed(show: Show, now: float) -> float:
    """The seconds that it has run, without pauses."""
    return max(show.played + (now - show.since if show.since is not None else 0.0), 0.0)


def show_fields(family: str, show: Show, now: float | None = None) -> dict[str, Any]:
    """A recording, playback or stream; times are whole Unix seconds."""
    moment = now if now is not None else show.ended_at or show.started_at
    fields: dict[str, Any] = {
        "id": show.id,
        "state": show.state,
        "started_at": int(show.started_at),
    }
    if show.ended_at is not None:
        fields |= {"ended_at": int(show.ended_at), "duration": int(elapsed(show, show.ended_at))}
    if family == "playback":
        position = int(1000 * elapsed(show, moment))
        fields |= {"url": show.url, "volume": show.volume, "position": position, "seekable": True}
    if family == "stream":
        fields["url"] = show.url
    return fields


def settings(room: Room) -> dict[str, Any]:
    """The fields of ``room.updated``: the settings of the room, without its members."""
    return {
        "locked": room.locked,
        "recording": any(show.state != "completed" for show in room.recordings),
        "streaming": any(show.state != "completed" for show in room.streams),
        "hide_video_muted": room.hide_video_muted,
        "prioritize_handraise": room.prioritize_handraise,
        "meta": dict(room.meta),
    }


def room_fields(room: Room) -> dict[str, Any]:
    """The room with its members and objects, in the form of
    ``video.room.subscribed`` and ``video.room.get``.
    """
    return {
        "id": room.session_id,
        "room_session_id": room.session_id,
        "room_id": room.id,
        "event_channel": f"room.{room.session_id}",
        "name": room.name,
        "display_name": room.display_name,
        "layout_name": room.layout,
        **settings(room),
        "logos_visible": True,
        "blind_mode": False,
        "silent_mode": False,
        "meeting_mode": False,
        "preview_url": room.preview_url,
        "audience_count": len(room.audience),
        "members": members_list(room),
        "recordings": [show_fields("recording", show) for show in room.recordings],
        "playbacks": [show_fields("playback", show) for show in room.playbacks],
        "streams": [show_fields("stream", show) for show in room.streams],
    }


def layout_fields(room: Room) -> dict[str, Any]:
    """The layout as ``layout.changed`` has it."""
    return {
        "name": room.layout,
        "id": f"{room.session_id}-{room.layout}",
        "room_id": room.id,
        "room_session_id": room.session_id,
        "layers": layers(room),
    }
