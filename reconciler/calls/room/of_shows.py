"""Methods on recordings, playbacks and streams. They are only state: nothing is recorded,
fetched or sent.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from reconciler.calls.room.model import Command, Refused, Room, Show, Step
from reconciler.calls.room.of_members import Handler, number
from reconciler.calls.room.spelling import elapsed, show_fields
from reconciler.core.deferred_dataclass import replace

_RUNNING = {"recording": "recording", "playback": "playing", "stream": "streaming"}
_SCHEMES = {"playback": ("http", "https"), "stream": ("rtmp", "rtmps")}
_LONGEST_POSITION = 24 * 3600 * 1000

_Change = Callable[[str, Show, Command], Show]


def _shows(room: Room, family: str) -> tuple[Show, ...]:
    shows: tuple[Show, ...] = getattr(room, f"{family}s")
    return shows


def _with(room: Room, family: str, shows: tuple[Show, ...]) -> Room:
    changed: Any = {f"{family}s": shows}
    return replace(room, **changed)


def _list(family: str) -> Handler:
    def handler(room: Room, command: Command) -> Step:
        return Step(
            room,
            {
                f"{family}s": [
                    show_fields(family, show, command.now) for show in _shows(room, family)
                ]
            },
        )

    return handler


def _url(family: str, command: Command) -> str | None:
    if family not in _SCHEMES:
        return None
    url = command.params.get("url")
    if not isinstance(url, str) or urlsplit(url).scheme not in _SCHEMES[family]:
        raise Refused("422", f"url is a URL of {' or '.join(_SCHEMES[family])}")
    return url


def begun(family: str, id_: str, now: float, url: str | None = None) -> Show:
    """A new recording, playback or stream."""
    return Show(id_, _RUNNING[family], now, since=now, url=url)


def _start(family: str) -> Handler:
    def handler(room: Room, command: Command) -> Step:
        show = begun(family, command.fresh, command.now, _url(family, command))
        if family == "playback":
            show = replace(
                show,
                volume=number({"volume": 0, **command.params}, "volume", -50, 50),
                played=number(
                    {"seek_position": 0, **command.params}, "seek_position", 0, _LONGEST_POSITION
                )
                / 1000,
            )
        room = _with(room, family, (*_shows(room, family), show))
        return Step(room, {family: show_fields(family, show, command.now)})

    return handler


def _change(family: str, change: _Change) -> Handler:
    def handler(room: Room, command: Command) -> Step:
        id_ = command.params.get(f"{family}_id")
        show = next(
            (show for show in _shows(room, family) if show.id == id_ and show.state != "completed"),
            None,
        )
        if show is None:
            raise Refused("404", f"There is no {family} of this id")
        after = change(family, show, command)
        return Step(
            _with(
                room, family, tuple(after if one.id == id_ else one for one in _shows(room, family))
            )
        )

    return handler


def _pause(_family: str, show: Show, command: Command) -> Show:
    return replace(show, state="paused", played=elapsed(show, command.now), since=None)


def _resume(family: str, show: Show, command: Command) -> Show:
    return replace(
        show, state=_RUNNING[family], since=show.since if show.since is not None else command.now
    )


def _stop(_family: str, show: Show, command: Command) -> Show:
    return replace(
        show, state="completed", played=elapsed(show, command.now), since=None, ended_at=command.now
    )


def _at(show: Show, command: Command, seconds: float) -> Show:
    return replace(
        show, played=max(seconds, 0.0), since=command.now if show.since is not None else None
    )


def _seek(_family: str, show: Show, command: Command) -> Show:
    return _at(show, command, number(command.params, "position", 0, _LONGEST_POSITION) / 1000)


def _step(_family: str, show: Show, command: Command) -> Show:
    by = number(command.params, "position", -_LONGEST_POSITION, _LONGEST_POSITION) / 1000
    return _at(show, command, elapsed(show, command.now) + by)


def _volume(_family: str, show: Show, command: Command) -> Show:
    return replace(show, volume=number(command.params, "volume", -50, 50))


_CHANGES: Mapping[str, Mapping[str, _Change]] = {
    "recording": {"pause": _pause, "resume": _resume, "stop": _stop},
    "playback": {
        "pause": _pause,
        "resume": _resume,
        "stop": _stop,
        "set_volume": _volume,
        "seek_absolute": _seek,
        "seek_relative": _step,
    },
    "stream": {"stop": _stop},
}
HANDLERS: Mapping[str, Handler] = {
    f"{family}.{name}": handler
    for family, changes in _CHANGES.items()
    for name, handler in {
        "list": _list(family),
        "start": _start(family),
        **{word: _change(family, change) for word, change in changes.items()},
    }.items()
}
