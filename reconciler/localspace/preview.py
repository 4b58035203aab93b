"""Preview pictures: members as tiles, one of them speaking, a new picture every 15 seconds."""

import hashlib
import math
from functools import lru_cache

from reconciler.localspace.webp import Colour, animated_webp

_WIDTH, _HEIGHT = 320, 180
SECONDS_PER_PICTURE = 15
_FRAMES = 4
_MILLISECONDS = 400
_MOST_TILES = 9
_BACKGROUND, _FRAME, _SKIN, _BAR = 0, 1, 2, 3
_FIRST_TILE = 4
_FIXED: tuple[Colour, ...] = ((18, 20, 28), (255, 196, 0), (246, 224, 205), (4, 78, 244))

_Canvas = list[bytearray]


def _palette(session_id: str) -> list[Colour]:
    """The fixed colours, and one for each tile, derived from the session id."""
    digest = hashlib.sha256(session_id.encode()).digest()
    tiles = [
        (48 + digest[3 * n] % 112, 48 + digest[3 * n + 1] % 112, 64 + digest[3 * n + 2] % 112)
        for n in range(_MOST_TILES)
    ]
    return [*_FIXED, *tiles]


def _fill(canvas: _Canvas, colour: int, *, left: int, top: int, width: int, height: int) -> None:
    for row in canvas[max(top, 0) : max(top + height, 0)]:
        end = min(left + width, len(row))
        row[max(left, 0) : end] = bytes([colour]) * (end - max(left, 0))


def _person(canvas: _Canvas, *, left: int, top: int, width: int, height: int) -> None:
    """Draws a head and shoulders in a tile."""
    head = height // 5
    middle = left + width // 2
    for line in range(-head, head + 1):
        half = int(math.sqrt(head * head - line * line))
        _fill(
            canvas,
            _SKIN,
            left=middle - half,
            top=top + height * 2 // 5 + line,
            width=2 * half,
            height=1,
        )
    _fill(
        canvas,
        _SKIN,
        left=middle - 2 * head,
        top=top + height * 7 // 10,
        width=4 * head,
        height=height * 3 // 10,
    )


def _picture(people: int, picture: int, frame: int) -> _Canvas:
    canvas = [bytearray(_WIDTH) for _ in range(_HEIGHT)]
    columns = math.ceil(math.sqrt(people)) or 1
    rows = math.ceil(people / columns) or 1
    width, height = _WIDTH // columns, (_HEIGHT - 6) // rows
    for tile in range(people):
        left, top = tile % columns * width, tile // columns * height
        speaks = tile == picture % people
        if speaks:
            _fill(canvas, _FRAME, left=left + 1, top=top + 1, width=width - 2, height=height - 2)
        _fill(
            canvas,
            _FIRST_TILE + tile,
            left=left + 4,
            top=top + 4,
            width=width - 8,
            height=height - 8,
        )
        nod = (0, 1, 2, 1)[frame] if speaks else 0
        _person(canvas, left=left + 4, top=top + 4 + nod, width=width - 8, height=height - 8 - nod)
    _fill(
        canvas, _BAR, left=(picture * 37 + frame * 8) % _WIDTH, top=_HEIGHT - 5, width=48, height=4
    )
    return canvas


@lru_cache(maxsize=64)
def preview(session_id: str, people: int, picture: int) -> bytes:
    """The animated WebP of a session. ``picture`` is its number, one more in each period."""
    shown = min(people, _MOST_TILES)
    frames = [[bytes(row) for row in _picture(shown, picture, frame)] for frame in range(_FRAMES)]
    return animated_webp(frames, _palette(session_id), milliseconds=_MILLISECONDS)
