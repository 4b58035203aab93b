"""The picture of a session in YUV 4:2:0: the tiles of its layout with members, blank tiles,
names, and a frame around a member who talks.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from reconciler.calls.room.model import Member, Room
from reconciler.calls.room.seating import Seat, seats
from reconciler.core.named_tuple import NamedTuple

WIDTH, HEIGHT = 640, 360
_Plane = NDArray[np.uint8]
_BACKGROUND, _EMPTY, _TALKS = (24, 128, 128), (44, 130, 126), (210, 60, 150)
_FRAME = 4
_LABEL_HEIGHT, _FONT_SIZE = 16, 12
_LONGEST_NAME = 40


class _Box(NamedTuple):
    """A tile in pixels; all numbers are even, since colours have half the resolution."""

    x: int
    y: int
    width: int
    height: int


class Canvas(NamedTuple):
    """One picture and the views of its planes."""

    whole: _Plane
    y: _Plane
    u: _Plane
    v: _Plane


def _blank() -> Canvas:
    """A picture of background."""
    whole = np.empty((HEIGHT * 3 // 2, WIDTH), np.uint8)
    flat, size = whole.reshape(-1), WIDTH * HEIGHT
    planes = (
        flat[:size].reshape(HEIGHT, WIDTH),
        flat[size : size * 5 // 4].reshape(HEIGHT // 2, WIDTH // 2),
        flat[size * 5 // 4 :].reshape(HEIGHT // 2, WIDTH // 2),
    )
    for plane, level in zip(planes, _BACKGROUND, strict=True):
        plane[:] = level
    return Canvas(whole, *planes)


def box_of(seat: Seat) -> _Box:
    """Where a tile is in the picture."""
    x, y = (round(WIDTH * seat.x / 200) * 2, round(HEIGHT * seat.y / 200) * 2)
    return _Box(
        x,
        y,
        max(round(WIDTH * seat.width / 200) * 2, 2),
        max(round(HEIGHT * seat.height / 200) * 2, 2),
    )


def _fill(canvas: Canvas, box: _Box, colour: tuple[int, int, int]) -> None:
    x, y, width, height = box
    canvas.y[y : y + height, x : x + width] = colour[0]
    for plane, level in ((canvas.u, colour[1]), (canvas.v, colour[2])):
        plane[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2] = level


def _blank_colour(member_id: str) -> tuple[int, int, int]:
    """The colour of a member's tile without a picture: dark, and constant."""
    digest = hashlib.sha256(member_id.encode()).digest()
    return 70, 96 + digest[0] % 64, 96 + digest[1] % 64


def _plane(frame: VideoFrame, number: int, width: int, height: int) -> _Plane:
    plane = frame.planes[number]
    pixels: _Plane = np.frombuffer(memoryview(plane), np.uint8)
    return pixels.reshape(-1, plane.line_size)[:height, :width]


def _paste(canvas: Canvas, box: _Box, frame: VideoFrame) -> None:
    """The frame, large enough to fill the tile, cut at its edges."""
    scale = max(box.width / frame.width, box.height / frame.height)
    width, height = (
        max(round(side * scale / 2) * 2, least)
        for side, least in ((frame.width, box.width), (frame.height, box.height))
    )
    scaled = frame.reformat(
        width=width, height=height, format="yuv420p", interpolation="FAST_BILINEAR"
    )
    left, top = (width - box.width) // 4 * 2, (height - box.height) // 4 * 2
    for number, target in enumerate((canvas.y, canvas.u, canvas.v)):
        part = 1 if number == 0 else 2
        x, y, wide, high = (side // part for side in box)
        source = _plane(scaled, number, width // part, height // part)
        target[y : y + high, x : x + wide] = source[
            top // part : top // part + high, left // part : left // part + wide
        ]


@lru_cache(maxsize=256)
def _label(name: str, widest: int) -> _Plane:
    """The name in light letters on dark, as brightness values."""
    font = ImageFont.load_default(_FONT_SIZE)
    width = min(int(font.getlength(name)) + 10, widest) // 2 * 2
    picture = Image.new("L", (max(width, 2), _LABEL_HEIGHT), 30)
    ImageDraw.Draw(picture).text((5, 0), name, fill=230, font=font)
    return np.asarray(picture)


def _name(canvas: Canvas, box: _Box, member: Member) -> None:
    name = "".join(letter for letter in member.name if letter.isprintable())[:_LONGEST_NAME]
    if not name or box.height < 3 * _LABEL_HEIGHT:
        return
    label = _label(name, box.width - 2 * _FRAME)
    height, width = label.shape
    x, y = box.x + _FRAME, box.y + box.height - _FRAME - height
    _fill(canvas, _Box(x, y, width, height), _BACKGROUND)
    canvas.y[y : y + height, x : x + width] = label


def _frame(canvas: Canvas, box: _Box) -> None:
    x, y, width, height = box
    for edge in (
        _Box(x, y, width, _FRAME),
        _Box(x, y + height - _FRAME, width, _FRAME),
        _Box(x, y, _FRAME, height),
        _Box(x + width - _FRAME, y, _FRAME, height),
    ):
        _fill(canvas, edge, _TALKS)


def compose(room: Room, frames: Mapping[str, VideoFrame]) -> Canvas:
    """The picture of the room; ``frames`` are the newest of its members, by id."""
    canvas = _blank()
    for seat in seats(room):
        box, member = box_of(seat), seat.member
        if member is None:
            _fill(canvas, box, _EMPTY)
            continue
        frame = None if member.video_muted else frames.get(member.id)
        if frame is None:
            _fill(canvas, box, _blank_colour(member.id))
        else:
            _paste(canvas, box, frame)
        if member.talking and min(box.width, box.height) > 4 * _FRAME:
            _frame(canvas, box)
        _name(canvas, box, member)
    return canvas
