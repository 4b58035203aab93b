"""The sound of a session: the mix for each member, with mutes and volumes, and the detection of
talk.
"""

from collections import deque
from collections.abc import Mapping

import numpy as np
from av import AudioFrame
from numpy.typing import NDArray

from reconciler.calls.room.model import Room

RATE = 48_000
SAMPLES = 960
SECONDS = SAMPLES / RATE
_CHANNELS = 2
_MOST_WAITING = 8
# In frames of 20 ms. People pause between words: without it the speaker would flicker.
_HANGOVER = 30
_AFTER = 3
_Sound = NDArray[np.int32]


def _silence() -> _Sound:
    """A frame of silence."""
    return np.zeros(SAMPLES * _CHANNELS, np.int32)


def _gain(volume: int) -> float:
    """The factor of a volume from -50 to 50: half a decibel for each step, and silence at
    -50.
    """
    return 0.0 if volume <= -50 else float(10 ** (volume / 40))


def _threshold(sensitivity: int) -> float:
    """The level from which a member counts as talking; lower if the sensitivity is higher."""
    return 40 + 20.0 * (100 - sensitivity)


class Voice:
    """The sound that one member sends: a short queue of frames, and whether the member talks."""

    def __init__(self) -> None:
        self._waiting: deque[_Sound] = deque(maxlen=_MOST_WAITING)
        self._left = np.zeros(0, np.int16)
        self._started = False
        self._loud = 0
        self._quiet = _HANGOVER
        self.talks = False

    def put(self, frame: AudioFrame) -> None:
        """Add a decoded frame: 48 kHz, interleaved stereo."""
        samples = np.concatenate([self._left, frame.to_ndarray().reshape(-1).astype(np.int16)])
        size = SAMPLES * _CHANNELS
        whole = len(samples) // size
        for piece in range(whole):
            self._waiting.append(samples[piece * size : (piece + 1) * size].astype(np.int32))
        self._left = samples[whole * size :]

    def take(self) -> _Sound | None:
        """The next frame, if at least two are queued, so that a late packet causes no gap; else
        None.
        """
        self._started = (self._started and bool(self._waiting)) or len(self._waiting) >= 2
        return self._waiting.popleft() if self._started and self._waiting else None

    def judge(self, piece: _Sound | None, sensitivity: int) -> bool:
        """Whether the member talks after this frame: a few loud frames start it, more than half
        a second of quiet ones ends it.
        """
        level = (
            0.0 if piece is None else float(np.sqrt(np.mean(np.square(piece.astype(np.float32)))))
        )
        loud = level > _threshold(sensitivity)
        self._loud = self._loud + 1 if loud else 0
        self._quiet = 0 if loud else self._quiet + 1
        self.talks = self._loud >= _AFTER or (self.talks and self._quiet < _HANGOVER)
        return self.talks


def mixed(room: Room, pieces: Mapping[str, _Sound]) -> tuple[_Sound, Mapping[str, _Sound]]:
    """The sum of all sound, and each member's part in it. A muted member has none, even if its
    page still sends sound.
    """
    whole, parts = _silence(), {}
    for member in room.members:
        piece = pieces.get(member.id)
        if piece is None or member.audio_muted or member.audience:
            continue
        part = (
            piece
            if member.input_volume == 0
            else (piece * _gain(member.input_volume)).astype(np.int32)
        )
        parts[member.id] = part
        whole = whole + part
    return whole, parts


def heard_by(
    room: Room, member_id: str, whole: _Sound, parts: Mapping[str, _Sound]
) -> NDArray[np.int16]:
    """The mix for a member: all sound except its own, its screen's and its devices'; silence if
    the member is deafened.
    """
    member = room.member(member_id)
    if member is None or member.deaf or member.audio == "none":
        return np.zeros(SAMPLES * _CHANNELS, np.int16)
    heard = whole
    for other in room.members:
        if other.id in parts and member_id in (other.id, other.parent_id):
            heard = heard - parts[other.id]
    if member.output_volume:
        heard = (heard * _gain(member.output_volume)).astype(np.int32)
    return np.clip(heard, -32768, 32767).astype(np.int16)
