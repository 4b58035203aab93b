"""Lossless animated WebP with at most sixteen colours, in plain Python.

Each frame is one VP8L image: a palette, two pixels in a byte, and rows equal to the one above as
copies, so that a frame of flat areas takes a few kilobytes.
"""

import struct
from collections.abc import Sequence

Colour = tuple[int, int, int]
_Picture = Sequence[bytes]  # Rows of palette indices, one byte for each pixel.

_COLOURS = 16
_LONGEST_COPY = 4096
_LITERALS = 256
_SHORT_SYMBOLS = 232  # With 48 symbols of 9 bits, these of 8 bits make a complete code of 280.


class _Bits:
    """Bits in VP8L order: least significant first."""

    def __init__(self) -> None:
        self._value = 0
        self._count = 0

    def put(self, value: int, width: int) -> None:
        self._value |= value << self._count
        self._count += width

    def put_code(self, code: int, width: int) -> None:
        """Append a prefix code, which is read from its most significant bit."""
        self.put(int(f"{code:0{width}b}"[::-1], 2), width)

    def packed(self) -> bytes:
        return self._value.to_bytes((self._count + 7) // 8, "little")


def _declare_single(bits: _Bits) -> None:
    """A code with the single symbol 0, which takes no bits to read."""
    bits.put(0b0001, 4)


def _declare_bytes(bits: _Bits) -> None:
    """A code of 8 bits for each of 256 symbols."""
    bits.put(0, 1)
    bits.put(8, 4)  # 12 lengths follow in VP8L's order; that of 8 bits is the last.
    bits.put(1 << 33, 36)
    bits.put(1, 1)
    bits.put(3, 3)
    bits.put(_LITERALS - 2, 8)


def _declare_alpha(bits: _Bits) -> None:
    """A code of one bit: 0 for no difference, 1 for 255."""
    bits.put(0b011, 3)
    bits.put(0, 1)
    bits.put(255, 8)


def _declare_pixels(bits: _Bits) -> None:
    """The code of packed pixels and copy lengths: 8 bits for the first symbols, 9 for the rest."""
    bits.put(0, 1)
    bits.put(9, 4)  # 13 lengths follow; those of 8 and 9 bits are the last.
    bits.put(1 << 33 | 1 << 36, 39)
    bits.put(0, 1)
    bits.put(0, _SHORT_SYMBOLS)
    bits.put((1 << 48) - 1, 48)


def _put_pixel_symbol(bits: _Bits, symbol: int) -> None:
    if symbol < _SHORT_SYMBOLS:
        bits.put_code(symbol, 8)
    else:
        bits.put_code(2 * _SHORT_SYMBOLS + symbol - _SHORT_SYMBOLS, 9)


def _put_palette(bits: _Bits, palette: Sequence[Colour]) -> None:
    """The colour index transform: a row of colours, each as the difference to the one before."""
    bits.put(0b111, 3)
    bits.put(_COLOURS - 1, 8)
    bits.put(0, 1)
    for _ in range(3):
        _declare_bytes(bits)
    _declare_alpha(bits)
    _declare_single(bits)
    before: Colour = (0, 0, 0)
    for place in range(_COLOURS):
        colour = palette[place] if place < len(palette) else before
        for channel in (1, 0, 2):
            bits.put_code((colour[channel] - before[channel]) % 256, 8)
        bits.put(place == 0, 1)
        before = colour


def _put_copy(bits: _Bits, length: int) -> None:
    """Copies ``length`` pixels from the row above, in lengths that VP8L allows."""
    while length:
        piece = min(length, _LONGEST_COPY)
        rest = piece - 1
        if rest < 4:
            _put_pixel_symbol(bits, _LITERALS + rest)
        else:
            high = rest.bit_length() - 1
            width = high - 1
            _put_pixel_symbol(bits, _LITERALS + 2 * high + (rest >> width & 1))
            bits.put(rest & ((1 << width) - 1), width)
        length -= piece


def _packed_row(row: bytes) -> bytes:
    even = row if len(row) % 2 == 0 else row + b"\0"
    return bytes(low | high << 4 for low, high in zip(even[::2], even[1::2], strict=True))


def _put_rows(bits: _Bits, picture: _Picture) -> None:
    above: bytes | None = None
    copied = 0
    for row in picture:
        packed = _packed_row(row)
        if packed == above:
            copied += len(packed)
            continue
        _put_copy(bits, copied)
        copied = 0
        for pixel in packed:
            _put_pixel_symbol(bits, pixel)
        above = packed
    _put_copy(bits, copied)


def _vp8l(picture: _Picture, palette: Sequence[Colour]) -> bytes:
    bits = _Bits()
    bits.put(0x2F, 8)
    bits.put(len(picture[0]) - 1, 14)
    bits.put(len(picture) - 1, 14)
    bits.put(0, 4)
    _put_palette(bits, palette)
    bits.put(0b000, 3)  # No further transform, no colour cache, one set of codes.
    _declare_pixels(bits)
    for _ in range(4):
        # Red, blue and alpha are not used, and copies come from the row above only.
        _declare_single(bits)
    _put_rows(bits, picture)
    return bits.packed()


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def animated_webp(
    pictures: Sequence[_Picture], palette: Sequence[Colour], *, milliseconds: int
) -> bytes:
    """A WebP that shows ``pictures`` in an endless loop, each for ``milliseconds``.

    All pictures have one size and at most 16 colours.
    """
    size = _three(len(pictures[0][0]) - 1) + _three(len(pictures[0]) - 1)
    head = _chunk(b"VP8X", b"\x02\0\0\0" + size) + _chunk(b"ANIM", b"\0\0\0\xff" + b"\0\0")
    place = _three(0) + _three(0) + size + _three(milliseconds) + b"\x02"
    frames = [
        _chunk(b"ANMF", place + _chunk(b"VP8L", _vp8l(picture, palette))) for picture in pictures
    ]
    return _chunk(b"RIFF", b"WEBP" + head + b"".join(frames))
