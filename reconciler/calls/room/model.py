"""The values of a call: room, member, recording, playback and stream; a command to the room, its
refusal, an event.
"""

from collections.abc import Mapping
from typing import Any, Literal

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.named_tuple import NamedTuple

MemberType = Literal["member", "screen", "device"]
MediaWay = Literal["both", "receive", "none"]
AUTO, OFF_CANVAS = "auto", "off-canvas"


class Refused(Exception):
    """A method is refused: the page's promise rejects with this code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Member:
    """One source in a room: a person, or a screen or device that a person adds (``parent_id``).
    Audience is not shown to others.

    ``audio``, ``video``: the allowed media; ``promised``: the role from the member's next call on
    (promotion,
    demotion). ``raised`` counts raised hands, so that the first one is first. ``remove_at`` is in
    Unix seconds.
    """

    id: str
    name: str
    type: MemberType = "member"
    parent_id: str | None = None
    audience: bool = False
    promised: Literal["member", "audience"] | None = None
    scopes: tuple[str, ...] = ()
    audio: MediaWay = "both"
    video: MediaWay = "both"
    audio_muted: bool = False
    video_muted: bool = False
    deaf: bool = False
    input_volume: int = 0
    output_volume: int = 0
    input_sensitivity: int = 44
    requested_position: str = AUTO
    raised: int = 0
    talking: bool = False
    meta: Mapping[str, Any] = field(default_factory=dict)
    remove_at: float | None = None
    ends_room: bool = False


@dataclass(frozen=True, slots=True)
class Show:
    """A recording, a playback or a stream. ``played`` are the seconds before ``since``; both times
    are in Unix seconds.
    """

    id: str
    state: str
    started_at: float
    ended_at: float | None = None
    played: float = 0.0
    since: float | None = None
    url: str | None = None
    volume: float = 0.0


@dataclass(frozen=True, slots=True)
class Room:
    """A session and all that is in it; ``members`` are in the order of joining,
    audience included.
    """

    id: str
    session_id: str
    name: str
    display_name: str
    layout: str = "grid-responsive"
    locked: bool = False
    hide_video_muted: bool = False
    prioritize_handraise: bool = False
    meta: Mapping[str, Any] = field(default_factory=dict)
    preview_url: str | None = None
    members: tuple[Member, ...] = ()
    recordings: tuple[Show, ...] = ()
    playbacks: tuple[Show, ...] = ()
    streams: tuple[Show, ...] = ()
    hands: int = 0

    def member(self, id_: str | None) -> Member | None:
        """The member of this id."""
        return next((member for member in self.members if member.id == id_), None)

    @property
    def shown(self) -> tuple[Member, ...]:
        """The listed members: all except the audience."""
        return tuple(member for member in self.members if not member.audience)

    @property
    def audience(self) -> tuple[Member, ...]:
        """The audience."""
        return tuple(member for member in self.members if member.audience)


@dataclass(frozen=True, slots=True)
class Command:
    """A method that ``actor`` calls; ``fresh`` is an id for a new object. Without an actor it
    comes from the server-side SDK, which may do everything.
    """

    method: str
    params: Mapping[str, Any]
    actor: str | None
    now: float
    fresh: str


class Event(NamedTuple):
    """An event for the clients of a room; ``to`` is the recipient if there is only one."""

    type: str
    params: Mapping[str, Any]
    to: str | None = None


class Step(NamedTuple):
    """The result of a command: the next room, the fields of the answer, and events beyond those
    of the difference.
    """

    room: Room
    answer: Mapping[str, Any] = {}
    events: tuple[Event, ...] = ()
    code: str = "200"
