"""The interface of a studio, and the studio without pictures and sound."""

import re
from collections.abc import Callable
from typing import Protocol

from reconciler.calls.room.model import Room
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex

Talking = Callable[[str, str, bool], None]


class Source(NamedTuple):
    """A call for the studio: its session, its member, and whether it sends and receives
    media.
    """

    call_id: str
    session_id: str
    member_id: str
    sends: bool
    receives: bool


class Studio(Protocol):
    """Answers offers, and makes one picture of each session and one mix for each member. Only
    ``answer`` blocks.
    """

    most_senders: int | None

    def answer(self, source: Source, offer: str) -> str:
        """The SDP answer to an offer. ValueError if the offer is not valid."""

    def hang_up(self, call_id: str) -> None:
        """End the media of a call."""

    def show(self, room: Room) -> None:
        """Update the session."""

    def forget(self, session_id: str) -> None:
        """End the session."""

    def picture(self, session_id: str) -> bytes | None:
        """The animated WebP of a session, if there is one yet."""

    def listen(self, talking: Talking) -> None:
        """Set the function to call when a member of a session begins or stops to talk."""

    def close(self) -> None:
        """End everything."""


_MEDIA = regex(r"^m=(\S+) \S+ (\S+) (.*)$", re.MULTILINE)
_MID = regex(r"^a=mid:(\S+)", re.MULTILINE)


def refusing_answer(offer: str) -> str:
    """An answer that refuses every section of the offer, audio before video."""
    sections = ["m=" + part for part in re.split(r"^m=", offer, flags=re.MULTILINE)[1:]]
    refused = []
    for section in sections:
        media, mid = _MEDIA.match(section), _MID.search(section)
        if media is None or mid is None:
            raise ValueError("the offer cannot be read")
        kind, protocol, formats = media.groups()
        lines = [
            f"m={kind} 0 {protocol} {formats.strip()}",
            "c=IN IP4 127.0.0.1",
            f"a=mid:{mid[1]}",
            "a=inactive",
        ]
        refused.append((kind != "audio", "\r\n".join(lines)))
    if not refused:
        raise ValueError("the offer has no media")
    head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    return "\r\n".join(
        [*head, *(lines for _, lines in sorted(refused, key=lambda one: one[0])), ""]
    )


class Silence:
    """The studio without the extra for media: calls join without pictures and
    sound.
    """

    most_senders: int | None = None

    def answer(self, source: Source, offer: str) -> str:  # noqa: ARG002  # as the protocol has it
        """Refuse all media."""
        return refusing_answer(offer)

    def hang_up(self, call_id: str) -> None:
        """Do nothing."""

    def show(self, room: Room) -> None:
        """Do nothing."""

    def forget(self, session_id: str) -> None:
        """Do nothing."""

    def picture(self, session_id: str) -> bytes | None:  # noqa: ARG002
        """None: the Space draws its own preview."""
        return None

    def listen(self, talking: Talking) -> None:
        """Do nothing: no talk is detected."""

    def close(self) -> None:
        """Do nothing."""
