"""The shared encoder of a session's picture."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from reconciler.calls.media.canvas import HEIGHT, WIDTH, Canvas

if TYPE_CHECKING:  # a generic class for the types, and none when it runs
    from av.packet import Packet as _Packet

    Packet: TypeAlias = _Packet[Any]
else:
    Packet = av.Packet
CLOCK = 90_000
FRAMES_PER_SECOND = 10
_BITS_PER_SECOND = 900_000
_FRAMES_TO_A_WHOLE_ONE = 10 * FRAMES_PER_SECOND


class Encoder:
    """VP8 of a session's pictures. A frame is a key frame if a receiver asks for one; the others
    have only the changes.
    """

    def __init__(self) -> None:
        codec = av.CodecContext.create("libvpx", "w")
        assert isinstance(codec, VideoCodecContext)
        codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        codec.bit_rate = _BITS_PER_SECOND
        codec.time_base, codec.framerate = Fraction(1, CLOCK), Fraction(FRAMES_PER_SECOND)
        codec.gop_size = _FRAMES_TO_A_WHOLE_ONE
        codec.thread_count = 1
        codec.options = {
            "deadline": "realtime",
            "cpu-used": "-8",
            "lag-in-frames": "0",
            "static-thresh": "100",
            "error-resilient": "1",
        }
        self._codec = codec

    def encode(self, canvas: Canvas, pts: int, *, whole: bool) -> list[Packet]:
        """The packets of one picture, ``pts`` in ticks of the clock."""
        frame = av.VideoFrame.from_ndarray(canvas.whole, format="yuv420p")
        frame.pts, frame.time_base = pts, Fraction(1, CLOCK)
        if whole:
            frame.pict_type = PictureType.I
        packets = self._codec.encode(frame)
        for packet in packets:
            packet.pts, packet.time_base = pts, Fraction(1, CLOCK)
        return packets
