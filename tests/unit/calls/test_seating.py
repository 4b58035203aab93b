"""Tiles: the geometry of the reports' drawings, and who sits where."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from reconciler.calls.room.model import Member, Room
from reconciler.calls.room.seating import current_positions, layers, seats
from reconciler.reports.html.wireframes import layout_names, layout_tiles, wireframe


def room(people, layout="grid-responsive", **more):
    return Room(
        "r",
        "s",
        "lobby",
        "Lobby",
        layout=layout,
        members=tuple(Member(str(n), f"m{n}") for n in range(people)),
        **more,
    )


@pytest.mark.parametrize("name", [name for name in layout_names() if "responsive" not in name])
def test_a_layout_has_the_tiles_that_the_reports_draw(name):
    drawn = re.findall(
        r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', str(wireframe(name))
    )[1:]
    assert [tuple(round(side, 2) for side in tile[:4]) for tile in layout_tiles(name, 3)] == [
        tuple(float(side) for side in box) for box in drawn
    ]


@pytest.mark.parametrize("name", layout_names())
@pytest.mark.parametrize("people", [0, 1, 2, 3, 4, 5, 9, 10, 30, 100, 300])
def test_tiles_lie_in_the_picture_and_apart(name, people):
    tiles = layout_tiles(name, people)
    for tile in tiles:
        assert tile.x >= 0 <= tile.y
        assert tile.width > 0 < tile.height
        assert tile.x + tile.width <= 160.001
        assert tile.y + tile.height <= 90.001
    for one, other in pairwise(tiles):
        assert (
            one.x + one.width <= other.x
            or one.y + one.height <= other.y
            or other.x + other.width <= one.x
        )


def test_growing_layouts_have_a_tile_for_everybody():
    assert [len(layout_tiles("grid-responsive", people)) for people in (0, 1, 2, 4, 7)] == [
        1,
        1,
        2,
        4,
        7,
    ]
    assert [tile.role for tile in layout_tiles("highlight-1-responsive", 3)] == [
        "lead",
        "",
        "",
        "",
        "",
    ]


def test_who_has_no_tile_is_off_the_canvas():
    assert current_positions(room(3, "2x1")) == {
        "0": "standard-1",
        "1": "standard-2",
        "2": "off-canvas",
    }


def test_positions_are_given_to_the_first_who_asks_and_screens_come_first():
    seated = room(3, "highlight-1-responsive")
    zero, one, two = seated.members
    screen = Member("screen", "m0", type="screen", parent_id="0")
    seated = replace(
        seated,
        members=(
            zero,
            replace(one, requested_position="standard-1"),
            replace(two, requested_position="standard-1"),
            screen,
        ),
    )
    assert current_positions(seated) == {
        "screen": "reserved-1",
        "1": "standard-1",
        "0": "standard-2",
        "2": "standard-3",
    }


def test_audience_and_who_wants_to_be_off_canvas_have_no_tile():
    seated = room(2)
    seated = replace(
        seated,
        members=(
            *seated.members,
            Member("w", "Wim", audience=True),
            Member("o", "O", requested_position="off-canvas"),
        ),
    )
    assert [seat.member.id for seat in seats(seated)] == ["0", "1"]


def test_layers_say_in_percent_where_a_tile_is():
    (layer,) = layers(room(1))
    place = {
        "x": 2.5,
        "y": 4.444,
        "width": 95.0,
        "height": 91.111,
        "layer_index": 0,
        "z_index": 0,
        "position": "standard-1",
    }
    assert layer == {
        **place,
        "reservation": None,
        "playing_file": False,
        "visible": True,
        "member_id": "0",
    }
