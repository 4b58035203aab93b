"""Admission rules: the limits of a room and of a token, and the member that a token's
claims describe.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reconciler.calls.room.model import MediaWay, Member, MemberType, Refused, Room
from reconciler.core.deferred_dataclass import replace

_CHILD_NEEDS: Mapping[MemberType, str] = {
    "screen": "room.self.screenshare",
    "device": "room.self.additional_source",
}


def _moment(value: Any) -> float | None:
    """A time in Unix seconds, from a token's Unix seconds or a room's RFC 3339."""
    if value is None or isinstance(value, int | float):
        return value
    return datetime.fromisoformat(value).timestamp()


def _moments(
    settings: Mapping[str, Any], claims: Mapping[str, Any], field: str, claim: str
) -> list[float]:
    both = (_moment(settings.get(field)), _moment(claims.get(claim)))
    return [moment for moment in both if moment is not None]


def check_entry(
    room: Room | None, settings: Mapping[str, Any], claims: Mapping[str, Any], now: float
) -> None:
    """Refused if the room or the token does not allow joining now; ``room`` is None if there is no
    session.
    """
    early = any(now < moment for moment in _moments(settings, claims, "join_from", "jf"))
    late = any(now >= moment for moment in _moments(settings, claims, "join_until", "ju"))
    over = any(now >= moment for moment in _moments(settings, claims, "remove_at", "rat"))
    if early or late or over:
        raise Refused("403", "Unauthorized")
    if room is None:
        return
    if room.locked:
        raise Refused("403", "Unauthorized: the room is locked")
    people = sum(member.type == "member" for member in room.shown)
    most = settings.get("max_members")
    if claims.get("ja") != "audience" and most is not None and people >= most:
        raise Refused("403", "Unauthorized: the room is full")


def media_ways(claims: Mapping[str, Any]) -> tuple[MediaWay, MediaWay]:
    """The media that a token allows to send and receive."""
    allowed = claims.get("media_allowed") or "all"
    way: MediaWay = "receive" if claims.get("ja") == "audience" else "both"
    return ("none" if allowed == "video-only" else way), (
        "none" if allowed == "audio-only" else way
    )


def newcomer(
    id_: str, settings: Mapping[str, Any], claims: Mapping[str, Any], now: float
) -> Member:
    """The new member with these claims."""
    stays = [
        seconds
        for seconds in (settings.get("remove_after_seconds_elapsed"), claims.get("rse"))
        if seconds
    ]
    ends = [*_moments(settings, claims, "remove_at", "rat"), *(now + seconds for seconds in stays)]
    audio, video = media_ways(claims)
    dark = (
        settings.get("room_join_video_off")
        or settings.get("user_join_video_off")
        or claims.get("join_video_muted")
    )
    return Member(
        id_,
        str(claims.get("u") or ""),
        audience=claims.get("ja") == "audience",
        scopes=tuple(claims.get("s") or ()),
        audio=audio,
        video=video,
        audio_muted=bool(claims.get("join_audio_muted")),
        video_muted=bool(dark),
        meta=claims.get("meta") or {},
        remove_at=min(ends, default=None),
        ends_room=bool(claims.get("end_room_session_on_leave")),
    )


def added(room: Room, parent_id: str, id_: str, type_: MemberType) -> Member:
    """A screen or device that a member adds. Refused if the member may not."""
    parent = room.member(parent_id)
    if parent is None or parent.audience or _CHILD_NEEDS[type_] not in parent.scopes:
        raise Refused("403", "Unauthorized")
    return Member(id_, parent.name, type=type_, parent_id=parent_id, scopes=parent.scopes)


def kept_promise(member: Member) -> Member:
    """The member in its promised role: the effect of a promotion or demotion at the next
    call.
    """
    return replace(member, audience=member.promised == "audience", promised=None)
