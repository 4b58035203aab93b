"""Methods on a member: mutes, volumes, hands, positions, meta, removal, promotion and demotion."""

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.calls.room.model import (
    AUTO,
    OFF_CANVAS,
    Command,
    Event,
    Member,
    Refused,
    Room,
    Step,
)
from reconciler.core.deferred_dataclass import replace
from reconciler.core.regex import regex

_EVERYBODY = "all"
_LONGEST_META = 2000
_POSITION = regex(rf"{AUTO}|{OFF_CANVAS}|(standard|reserved)-[1-9][0-9]{{0,2}}")

_Change = Callable[[Room, Member, Mapping[str, Any]], Member]
Handler = Callable[[Room, Command], Step]


def changed(room: Room, member: Member) -> Room:
    """The room with the member of this id replaced."""
    return replace(
        room, members=tuple(member if one.id == member.id else one for one in room.members)
    )


def without(room: Room, *gone: str) -> Room:
    """The room without these members and the screens and devices that they added."""
    return replace(
        room,
        members=tuple(
            one for one in room.members if one.id not in gone and one.parent_id not in gone
        ),
    )


def target_of(command: Command) -> str | None:
    """The id of the command's target: the caller if none is named."""
    named = command.params.get("member_id")
    return str(named) if named else command.actor


def _found(room: Room, command: Command) -> Member:
    """The command's target. Refused with 404 if there is none."""
    member = room.member(target_of(command))
    if member is None:
        raise Refused("404", "Member not found")
    return member


def number(params: Mapping[str, Any], name: str, least: int, most: int) -> int:
    """A whole number of the command. Refused with 422 for anything else."""
    value = params.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise Refused("422", f"{name} is a number from {least} to {most}")
    return int(value)


def position(value: Any) -> str:
    """The name of a position. Refused with 422 if it is not one."""
    if not isinstance(value, str) or not _POSITION.fullmatch(value):
        raise Refused("422", "a position is auto, off-canvas, standard-N or reserved-N")
    return value


def read_meta(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object of a command. Refused with 422 if it is not one, or too long."""
    meta = params.get("meta")
    if not isinstance(meta, dict) or len(str(meta)) > _LONGEST_META:
        raise Refused("422", f"meta is an object of at most {_LONGEST_META} characters")
    return meta


def less_keys(meta: Mapping[str, Any], params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object without the keys that the command names."""
    keys = params.get("keys")
    if not isinstance(keys, list):
        raise Refused("422", "keys is a list of names")
    return {name: value for name, value in meta.items() if name not in keys}


def _change(change: _Change) -> Handler:
    """A method that changes one member and has an empty answer."""

    def handler(room: Room, command: Command) -> Step:
        member = _found(room, command)
        after = change(room, member, command.params)
        return Step(replace(changed(room, after), hands=max(room.hands, after.raised)))

    return handler


def _get_meta(room: Room, command: Command) -> Step:
    return Step(room, {"meta": dict(_found(room, command).meta)})


def _remove(room: Room, command: Command) -> Step:
    if command.params.get("member_id") == _EVERYBODY:
        return Step(replace(room, members=()))
    return Step(without(room, _found(room, command).id))


def _promote(room: Room, command: Command) -> Step:
    member, params = room.member(target_of(command)), command.params
    if member is None or not member.audience:
        return Step(room, code="202")
    allowed = params.get("media_allowed", "all")
    scopes = params.get("permissions") or ()
    if not isinstance(scopes, list | tuple):
        raise Refused("422", "permissions is a list of names")
    after = replace(
        member,
        promised="member",
        scopes=tuple(str(word) for word in scopes),
        meta=read_meta(params) if "meta" in params else member.meta,
        audio="both" if allowed != "video-only" else "none",
        video="both" if allowed != "audio-only" else "none",
        audio_muted=bool(params.get("join_audio_muted")),
        video_muted=bool(params.get("join_video_muted")),
    )
    return Step(
        changed(room, after),
        events=(Event("video.member.promoted", {"member_id": member.id}, member.id),),
    )


def _demote(room: Room, command: Command) -> Step:
    member = room.member(target_of(command))
    if member is None or member.audience:
        return Step(room, code="202")
    allowed = command.params.get("media_allowed", "all")
    after = replace(
        member,
        promised="audience",
        scopes=(),
        audio="receive" if allowed != "video-only" else "none",
        video="receive" if allowed != "audio-only" else "none",
    )
    return Step(
        changed(room, after),
        events=(Event("video.member.demoted", {"member_id": member.id}, member.id),),
    )


_CHANGES: Mapping[str, _Change] = {
    "audio_mute": lambda _room, member, _params: replace(member, audio_muted=True),
    "audio_unmute": lambda _room, member, _params: replace(member, audio_muted=False),
    "video_mute": lambda _room, member, _params: replace(member, video_muted=True),
    "video_unmute": lambda _room, member, _params: replace(member, video_muted=False),
    "deaf": lambda _room, member, _params: replace(member, deaf=True, audio_muted=True),
    "undeaf": lambda _room, member, _params: replace(member, deaf=False, audio_muted=False),
    "set_input_volume": lambda _room, member, params: replace(
        member, input_volume=number(params, "volume", -50, 50)
    ),
    "set_output_volume": lambda _room, member, params: replace(
        member, output_volume=number(params, "volume", -50, 50)
    ),
    "set_input_sensitivity": lambda _room, member, params: replace(
        member, input_sensitivity=number(params, "value", 0, 100)
    ),
    "raisehand": lambda room, member, _params: replace(
        member, raised=member.raised or room.hands + 1
    ),
    "lowerhand": lambda _room, member, _params: replace(member, raised=0),
    "set_position": lambda _room, member, params: replace(
        member, requested_position=position(params.get("position"))
    ),
    "set_meta": lambda _room, member, params: replace(member, meta=read_meta(params)),
    "update_meta": lambda _room, member, params: replace(
        member, meta={**member.meta, **read_meta(params)}
    ),
    "delete_meta": lambda _room, member, params: replace(
        member, meta=less_keys(member.meta, params)
    ),
}
HANDLERS: Mapping[str, Handler] = {
    **{name: _change(change) for name, change in _CHANGES.items()},
    "get_meta": _get_meta,
    "remove": _remove,
    "promote": _promote,
    "demote": _demote,
}
