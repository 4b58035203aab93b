"""Every method of a room with the permissions that it needs, and the function that carries out
a command.
"""

from collections.abc import Callable, Mapping

from reconciler.calls.room import of_members, of_rooms, of_shows
from reconciler.calls.room.changes import events
from reconciler.calls.room.model import Command, Member, Refused, Room, Step
from reconciler.calls.room.of_members import Handler, target_of
from reconciler.core.named_tuple import NamedTuple

_Needs = Callable[[Room, Command], tuple[tuple[str, ...], ...]]


class _Method(NamedTuple):
    """The function of a method, and its permissions: one of each group is needed."""

    handler: Handler
    needs: _Needs


def _nothing(_room: Room, _command: Command) -> tuple[tuple[str, ...], ...]:
    return ()


def _always(*words: str) -> _Needs:
    return lambda _room, _command: (words,)


def _is_own(room: Room, actor: str | None, target: str | None) -> bool:
    """Whether the target is the actor, or something that the actor added."""
    member = room.member(target)
    return target == actor or (
        member is not None and actor is not None and member.parent_id == actor
    )


def _on_member(word: str) -> _Needs:
    def needs(room: Room, command: Command) -> tuple[tuple[str, ...], ...]:
        whose = "self" if _is_own(room, command.actor, target_of(command)) else "member"
        return ((f"room.{whose}.{word}",),)

    return needs


def _layout(_room: Room, command: Command) -> tuple[tuple[str, ...], ...]:
    return (
        ("room.set_layout",),
        *([("room.set_position",)] if command.params.get("positions") else []),
    )


_META = {"set_meta", "update_meta", "delete_meta"}
_ALWAYS_OTHERS = {"remove", "promote", "demote"}
_SEEKS = {"playback.seek_absolute", "playback.seek_relative"}


def _member_needs(name: str) -> _Needs:
    if name in _ALWAYS_OTHERS:
        return _always(f"room.member.{name}")
    return _nothing if name == "get_meta" else _on_member("set_meta" if name in _META else name)


def _room_needs(name: str) -> _Needs:
    if name in ("members.get", "room.get", "get_meta"):
        return _nothing
    if name == "set_layout":
        return _layout
    return _always("room.set_meta" if name in _META else f"room.{name}")


def _show_needs(name: str) -> _Needs:
    if name.startswith("stream."):
        return _always("room.stream", f"room.{name}")
    return _always("room.playback_seek" if name in _SEEKS else f"room.{name.partition('.')[0]}")


METHODS: Mapping[str, _Method] = {
    **{
        f"video.member.{name}": _Method(handler, _member_needs(name))
        for name, handler in of_members.HANDLERS.items()
    },
    **{
        f"video.{name}": _Method(handler, _room_needs(name))
        for name, handler in of_rooms.HANDLERS.items()
    },
    **{
        f"video.{name}": _Method(handler, _show_needs(name))
        for name, handler in of_shows.HANDLERS.items()
    },
}


def _check(room: Room, command: Command, actor: Member, method: _Method) -> None:
    for group in method.needs(room, command):
        if not set(group) & set(actor.scopes):
            raise Refused("403", "Unauthorized")


def perform(room: Room, command: Command) -> Step:
    """The room after the command, with the answer's fields and all events. Refused holds the reason
    if it is not done.
    """
    method = METHODS.get(command.method)
    if method is None:
        raise Refused("501", f"{command.method} is not a method of this server")
    if command.actor is not None:
        actor = room.member(command.actor)
        if actor is None:
            raise Refused("403", "Unauthorized")
        _check(room, command, actor, method)
    step = method.handler(room, command)
    return step._replace(events=(*events(room, step.room), *step.events))
