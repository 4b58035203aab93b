import struct

from reconciler.localspace.preview import preview
from reconciler.localspace.webp import animated_webp

# libwebp decodes this to two frames of 5 by 3 pixels.
TINY = (
    "524946466801000057454250565038580a00000002000000040000020000414e494d06000000000000ff0000414e4d469a0000000000000000000400"
    "00020000900100025650384c810000002f048000007f0001000000e4fc21000000809c3f0400000090f39ffff80700f88f00e81f01d03f02a07f0440"
    "ff0880fe1100fd2300fa4700f48f00e81f01d03f02a07f0440ff0880fe1100fd23008204000000900000000000000000000000000000000000000000"
    "000000000000000000f8ffffffffff8f88404002784544040f00414e4d469a000000000000000000040000020000900100025650384c810000002f04"
    "8000007f0001000000e4fc21000000809c3f0400000090f39ffff80700f88f00e81f01d03f02a07f0440ff0880fe1100fd2300fa4700f48f00e81f01"
    "d03f02a07f0440ff0880fe1100fd23008204000000900000000000000000000000000000000000000000000000000000000000f8ffffffffff8f8820"
    "2282474002780500"
)


def test_a_tiny_animation_byte_by_byte():
    picture = [bytes([0, 1, 2, 1, 0]), bytes([0, 1, 2, 1, 0]), bytes([2, 2, 2, 2, 15])]
    palette = [(number * 16, 255 - number, number) for number in range(16)]
    assert animated_webp([picture, picture[::-1]], palette, milliseconds=400).hex() == TINY


def chunks(content):
    """The names and contents of a RIFF file's chunks."""
    found = []
    while content:
        name, length = content[:4], struct.unpack("<I", content[4:8])[0]
        found.append((name, content[8 : 8 + length]))
        content = content[8 + length + length % 2 :]
    return found


def test_a_preview_is_an_animation_of_four_frames():
    [(riff, content)] = chunks(preview("a-session", 3, 5))
    parts = chunks(content[4:])
    assert (riff, content[:4], [name for name, _ in parts]) == (
        b"RIFF",
        b"WEBP",
        [b"VP8X", b"ANIM", *[b"ANMF"] * 4],
    )
    assert parts[0][1] == bytes([2, 0, 0, 0]) + (319).to_bytes(3, "little") + (179).to_bytes(
        3, "little"
    )
    assert len({frame for name, frame in parts if name == b"ANMF"}) > 1


def test_previews_differ_by_session_people_and_time():
    previews = [
        preview("a", 3, 5),
        preview("b", 3, 5),
        preview("a", 4, 5),
        preview("a", 3, 6),
        preview("a", 0, 5),
        preview("a", 99, 5),
    ]
    assert len(set(previews)) == 6
    assert preview("a", 3, 5) == previews[0]
