"""Pictures and sound without a browser: the composite's pixels, the mix's samples, previews, and
what stays on this machine.
"""

import io
import socket
from dataclasses import replace

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed")
av = pytest.importorskip("av", reason="av is not installed")
pytest.importorskip("aiortc", reason="aiortc is not installed")
Image = pytest.importorskip("PIL.Image", reason="pillow is not installed")

from reconciler.calls.media import canvas, network, sound  # noqa: E402
from reconciler.calls.media.encoder import CLOCK, Encoder  # noqa: E402
from reconciler.calls.media.stage import _image  # noqa: E402
from reconciler.calls.media.studio import MediaStudio  # noqa: E402
from reconciler.calls.room.model import Member, Room  # noqa: E402
from reconciler.calls.room.seating import seats  # noqa: E402
from reconciler.calls.studio import Source, refusing_answer  # noqa: E402
from reconciler.reports.html.wireframes import layout_names  # noqa: E402

ANN, BOB = Member("a", "Ann"), Member("b", "Bob")
ROOM = Room("r", "s", "lobby", "Lobby", members=(ANN, BOB))
SIZES = [(640, 360), (640, 480), (360, 640), (1920, 1080), (17, 13)]


def frame(colour, width=640, height=360):
    """A picture of one colour, as a camera of this size sends it."""
    return av.VideoFrame.from_image(Image.new("RGB", (width, height), colour)).reformat(
        format="yuv420p"
    )


def middles(room, frames):
    """The colour in the middle of each member's tile."""
    picture = canvas.compose(room, frames)
    whole = av.VideoFrame.from_ndarray(picture.whole, format="yuv420p").to_ndarray(format="rgb24")
    found = {}
    for seat in seats(room):
        box = canvas.box_of(seat)
        if seat.member:
            found[seat.member.id] = whole[box.y + box.height // 2, box.x + box.width // 2]
    return found


def near(found, wanted):
    return all(abs(int(level) - other) < 12 for level, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("layout", layout_names())
@pytest.mark.sampled(6)
def test_everybody_is_seen_in_his_tile_whatever_the_layout_and_the_camera(layout, size):
    room = replace(ROOM, layout=layout, members=(ANN, BOB) if layout != "1x1" else (ANN,))
    frames = {"a": frame((200, 30, 30), *size), "b": frame((30, 30, 200), *size)}
    found = middles(room, frames)
    assert near(found["a"], (200, 30, 30))
    assert layout == "1x1" or near(found["b"], (30, 30, 200))


def test_a_mute_blanks_the_tile_and_a_missing_picture_too():
    frames = {"a": frame((200, 30, 30)), "b": frame((30, 30, 200))}
    muted = replace(ROOM, members=(ANN, replace(BOB, video_muted=True)))
    assert near(middles(muted, frames)["a"], (200, 30, 30))
    assert not near(middles(muted, frames)["b"], (30, 30, 200))
    assert np.array_equal(middles(muted, frames)["b"], middles(ROOM, {"a": frames["a"]})["b"])


def test_a_tile_is_filled_to_its_edges_and_not_beyond():
    red = {"a": frame((200, 30, 30), 640, 480)}
    alone = replace(ROOM, members=(replace(ANN, name=""),))
    picture = canvas.compose(alone, red)
    (seat,) = seats(alone)
    x, y, width, height = canvas.box_of(seat)
    inside = picture.y[y : y + height, x : x + width]
    assert inside.min() > 60
    outside = picture.y.copy()
    outside[y : y + height, x : x + width] = 24
    assert set(np.unique(outside)) == {24}


def test_who_talks_has_a_frame_and_everybody_a_name():
    quiet = canvas.compose(ROOM, {})
    talks = canvas.compose(replace(ROOM, members=(replace(ANN, talking=True), BOB)), {})
    box = canvas.box_of(seats(ROOM)[0])
    assert (
        talks.y[box.y + 1, box.x + box.width // 2]
        > quiet.y[box.y + 1, box.x + box.width // 2] + 100
    )
    assert (
        quiet.y[box.y + box.height - 20 : box.y + box.height - 4, box.x + 4 : box.x + 40].max()
        > 200
    )
    odd = replace(
        ROOM,
        members=(replace(ANN, name="\x1b[2J\u202e" + "long " * 200), replace(BOB, name="名前🙂")),
    )
    assert canvas.compose(odd, {}).y.shape == (360, 640)


def test_a_picture_is_encoded_and_a_whole_one_when_asked():
    encoder, picture = Encoder(), canvas.compose(ROOM, {"a": frame((200, 30, 30))})
    packets = [
        encoder.encode(picture, number * CLOCK // 10, whole=number == 3) for number in range(5)
    ]
    assert [packet.is_keyframe for (packet,) in packets] == [True, False, False, True, False]
    decoder = av.CodecContext.create("libvpx", "r")
    (decoded,) = decoder.decode(packets[0][0])
    assert (decoded.width, decoded.height) == (640, 360)


def test_the_colours_of_a_preview_are_those_of_the_picture():
    picture = _image(canvas.compose(ROOM, {"a": frame((200, 30, 30)), "b": frame((30, 30, 200))}))
    assert picture.size == (320, 180)
    assert near(picture.getpixel((80, 90)), (200, 30, 30))
    assert near(picture.getpixel((240, 90)), (30, 30, 200))


def tone(level):
    return np.full(sound.SAMPLES * 2, level, np.int32)


def test_everybody_hears_all_but_himself():
    cay = Member("c", "Cay")
    room = replace(ROOM, members=(ANN, BOB, cay, Member("w", "Wim", audience=True)))
    whole, parts = sound.mixed(room, {"a": tone(1), "b": tone(10), "c": tone(100), "w": tone(1000)})
    heard = {
        id_: int(sound.heard_by(room, id_, whole, parts)[0])
        for id_ in ("a", "b", "c", "w", "nobody")
    }
    assert heard == {"a": 110, "b": 101, "c": 11, "w": 111, "nobody": 0}


@pytest.mark.parametrize(
    ("ann", "bob", "heard"),
    [
        ({}, {}, 1000),
        ({"audio_muted": True}, {}, 0),
        ({}, {"deaf": True}, 0),
        ({}, {"audio": "none"}, 0),
        ({"input_volume": -50}, {}, 0),
        ({"input_volume": 40}, {}, 10000),
        ({"input_volume": 50}, {"output_volume": 50}, 32767),
        ({}, {"output_volume": -40}, 100),
    ],
)
def test_mutes_and_volumes(ann, bob, heard):
    room = replace(ROOM, members=(replace(ANN, **ann), replace(BOB, **bob)))
    whole, parts = sound.mixed(room, {"a": tone(1000)})
    assert int(sound.heard_by(room, "b", whole, parts)[0]) == heard


def test_the_sound_of_ones_own_screen_is_not_heard_again():
    room = replace(ROOM, members=(ANN, BOB, Member("s", "Ann", type="screen", parent_id="a")))
    whole, parts = sound.mixed(room, {"s": tone(7)})
    assert [int(sound.heard_by(room, id_, whole, parts)[0]) for id_ in ("a", "b")] == [0, 7]


def piece(level):
    made = av.AudioFrame.from_ndarray(
        np.full((1, sound.SAMPLES * 2), level, np.int16), format="s16", layout="stereo"
    )
    made.sample_rate = sound.RATE
    return made


def test_a_voice_waits_for_a_second_piece_and_never_grows_old():
    voice = sound.Voice()
    assert voice.take() is None
    voice.put(piece(1))
    assert voice.take() is None
    for level in range(2, 20):
        voice.put(piece(level))
    assert [int(voice.take()[0]) for _ in range(8)] == list(range(12, 20))
    assert voice.take() is None


def test_who_talks_is_told_by_the_level_and_lasts_through_a_breath():
    voice = sound.Voice()
    said = [voice.judge(tone(5000), 44) for _ in range(3)] + [
        voice.judge(None, 44) for _ in range(30)
    ]
    assert said == [False, False, True] + [True] * 29 + [False]
    assert not any(voice.judge(tone(100), 0) for _ in range(50))
    assert any(voice.judge(tone(100), 100) for _ in range(5))


OFFER = """v=0\r
o=- 1 2 IN IP4 127.0.0.1\r
s=-\r
t=0 0\r
m=video 9 UDP/TLS/RTP/SAVPF 96\r
c=IN IP4 0.0.0.0\r
a=mid:1\r
a=candidate:1 1 udp 2113937151 127.0.0.1 50000 typ host\r
a=candidate:2 1 udp 2113937151 192.0.2.1 50001 typ host\r
a=candidate:3 1 udp 2113937151 4ab5e3d4.local 50002 typ host\r
a=candidate:4 1 tcp 1518280447 127.0.0.1 9 typ host tcptype active\r
a=candidate:5 1 udp 1677729535 203.0.113.7 50003 typ srflx raddr 0.0.0.0 rport 0\r
m=audio 9 UDP/TLS/RTP/SAVPF 111\r
c=IN IP4 0.0.0.0\r
a=mid:0\r
"""


def test_addresses_of_other_machines_are_cut_out_of_an_offer():
    kept = network.local_offer(OFFER)
    assert [line.split()[4] for line in kept.splitlines() if line.startswith("a=candidate")] == [
        "127.0.0.1"
    ]
    assert kept.count("m=") == 2


def test_an_answer_has_its_sound_first_and_limits():
    answer = network.sound_first(OFFER)
    assert answer.index("m=audio") < answer.index("m=video")
    assert answer.count("b=AS:") == 2
    assert refusing_answer(OFFER).index("m=audio 0") < refusing_answer(OFFER).index("m=video 0")


@pytest.fixture
def studio():
    made = MediaStudio()
    yield made
    made.close()


@pytest.mark.parametrize(
    "offer", ["", "nonsense", "v=0\r\n", OFFER, OFFER.replace("m=audio", "m=data")]
)
def test_an_offer_that_cannot_be_answered_is_told_and_leaves_nothing(studio, offer):
    studio.show(ROOM)
    with pytest.raises(ValueError, match="offer"):
        studio.answer(Source("call", "s", "a", sends=True, receives=True), offer)
    with pytest.raises(ValueError, match="over"):
        studio.answer(Source("call", "none", "a", sends=True, receives=True), offer)
    assert studio._peers == {}
    assert studio.picture("s") is None


def test_a_socket_on_loopback_reaches_no_other_machine():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind((network.LOOPBACK, 0))
        with pytest.raises(OSError, match=r"."):
            bound.sendto(b"x", ("192.0.2.1", 9))


def test_a_preview_is_animated_webp():
    pictures = [_image(canvas.compose(ROOM, {"a": frame((level, 30, 30))})) for level in (50, 200)]
    content = io.BytesIO()
    pictures[0].save(
        content, "WEBP", save_all=True, append_images=pictures[1:], duration=400, loop=0
    )
    assert Image.open(content).n_frames == 2
