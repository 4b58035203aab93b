"""What makes pictures and sound, as the calls know it, and the one that makes neither."""

import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

from reconciler.calls.room.model import Room

Talking = Callable[[str, str, bool], None]


class Source(NamedTuple):
    """A call as the studio knows it: in which session, of which member; whether it sends, and
    whether it is sent the mix.
    """

    call_id: str
    session_id: str
    member_id: str
    sends: bool
    receives: bool


class Studio(Protocol):
    """Answers offers, and makes of each session one picture and for each member a mix. No call but
    ``answer`` waits.
    """

    most_senders: int | None

    def answer(self, source: Source, offer: str) -> str:
        """The SDP that answers an offer. ValueError where it cannot be read."""

    def hang_up(self, call_id: str) -> None:
        """End the media of a call."""

    def show(self, room: Room) -> None:
        """The session is like this from now on."""

    def forget(self, session_id: str) -> None:
        """The session is over."""

    def picture(self, session_id: str) -> bytes | None:
        """The animated WebP of a session, if there is one yet."""

    def listen(self, talking: Talking) -> None:
        """Call this where a member of a session begins or ceases to talk."""

    def close(self) -> None:
        """End everything."""


_MEDIA = re.compile(r"^m=(\S+) \S+ (\S+) (.*)$", re.MULTILINE)
_MID = re.compile(r"^a=mid:(\S+)", re.MULTILINE)


def refusing_answer(offer: str) -> str:
    """An answer that refuses every section of the offer, sound before pictures."""
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
    """The studio where the extra for media is not installed: calls join, and neither
    see nor hear.
    """

    most_senders: int | None = None

    def answer(self, source: Source, offer: str) -> str:  # noqa: ARG002  # as the protocol has it
        """Refuse all media."""
        return refusing_answer(offer)

    def hang_up(self, call_id: str) -> None:
        """There is nothing to end."""

    def show(self, room: Room) -> None:
        """There is nothing to draw."""

    def forget(self, session_id: str) -> None:
        """There is nothing to forget."""

    def picture(self, session_id: str) -> bytes | None:  # noqa: ARG002
        """None: the Space draws its own."""
        return None

    def listen(self, talking: Talking) -> None:
        """Nobody is heard."""

    def close(self) -> None:
        """There is nothing to end."""
