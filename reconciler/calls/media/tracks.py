"""The tracks to a browser: the session's picture as encoded packets, and a member's mix as
frames.
"""

import asyncio
from fractions import Fraction

import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame
from numpy.typing import NDArray

from reconciler.calls.media.encoder import Packet
from reconciler.calls.media.sound import RATE, SAMPLES

_MOST_WAITING = 10


class _Fed(MediaStreamTrack):
    """A track with a queue; if the browser is slow, the oldest entries are
    dropped.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pieces: asyncio.Queue[Packet | AudioFrame | None] = asyncio.Queue(_MOST_WAITING)

    def put(self, piece: Packet | AudioFrame) -> None:
        """Send this next."""
        if self._pieces.full():
            self._pieces.get_nowait()
        self._pieces.put_nowait(piece)

    async def recv(self) -> Packet | AudioFrame:
        """The next piece."""
        if self.readyState != "live":
            raise MediaStreamError
        piece = await self._pieces.get()
        if piece is None:
            raise MediaStreamError
        return piece


class PictureTrack(_Fed):
    """The video track to one browser."""

    kind = "video"


class MixTrack(_Fed):
    """The audio track to one browser."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._sent = 0

    def put_sound(self, sound: NDArray[np.int16]) -> None:
        """Send this piece next."""
        frame = AudioFrame.from_ndarray(sound.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sent, Fraction(1, RATE)
        self._sent += SAMPLES
        self.put(frame)
