"""Positions: the tiles of the room's layout with their members, in percent of the
picture.
"""

from collections.abc import Mapping
from typing import Any

from reconciler.calls.room.model import AUTO, OFF_CANVAS, Member, Room
from reconciler.core.named_tuple import NamedTuple
from reconciler.reports.html.wireframes import HEIGHT, WIDTH, Tile, layout_tiles


class Seat(NamedTuple):
    """A tile in percent of the picture, its position's name, and its member (None: empty)."""

    x: float
    y: float
    width: float
    height: float
    position: str
    member: Member | None


def _has_tile(room: Room, member: Member) -> bool:
    """Whether the member's picture is in the composite."""
    hidden = room.hide_video_muted and member.video_muted
    silent = member.type == "device" and member.video == "none"
    return not (member.audience or hidden or silent or member.requested_position == OFF_CANVAS)


def _in_order(room: Room) -> list[Member]:
    """Members in the order of tiles: screens, then raised hands if the room prefers them, then
    by joining.
    """
    wanted = [member for member in room.members if _has_tile(room, member)]

    def rank(member: Member) -> tuple[bool, bool, int]:
        raised = room.prioritize_handraise and member.raised > 0
        return (member.type != "screen", not raised, member.raised if raised else 0)

    return sorted(wanted, key=rank)


def _positions(tiles: tuple[Tile, ...]) -> list[str]:
    """The names of the tiles: the highlighted one is reserved, the others are numbered."""
    names, standard, reserved = [], 0, 0
    for tile in tiles:
        reserved += tile.role == "lead"
        standard += tile.role != "lead"
        names.append(f"reserved-{reserved}" if tile.role == "lead" else f"standard-{standard}")
    return names


def seats(room: Room) -> tuple[Seat, ...]:
    """Every tile of the layout. Members without a tile are off the canvas."""
    waiting = _in_order(room)
    tiles = layout_tiles(room.layout, len(waiting))
    names = _positions(tiles)
    taken: dict[str, Member] = {}
    for member in list(waiting):
        position = member.requested_position
        if position != AUTO and position in names and position not in taken:
            taken[position] = member
            waiting.remove(member)
    for name in names:
        if name not in taken and waiting:
            taken[name] = waiting.pop(0)
    return tuple(
        Seat(
            100 * tile.x / WIDTH,
            100 * tile.y / HEIGHT,
            100 * tile.width / WIDTH,
            100 * tile.height / HEIGHT,
            name,
            taken.get(name),
        )
        for tile, name in zip(tiles, names, strict=True)
    )


def current_positions(room: Room) -> Mapping[str, str]:
    """Where each member is now, by id."""
    found = {seat.member.id: seat.position for seat in seats(room) if seat.member}
    return {member.id: found.get(member.id, OFF_CANVAS) for member in room.shown}


def layers(room: Room) -> list[dict[str, Any]]:
    """The tiles as ``layout.changed`` has them."""
    found = []
    for number, seat in enumerate(seats(room)):
        layer = {
            "x": round(seat.x, 3),
            "y": round(seat.y, 3),
            "width": round(seat.width, 3),
            "height": round(seat.height, 3),
            "layer_index": number,
            "z_index": 0,
            "reservation": seat.position if seat.position.startswith("reserved") else None,
            "position": seat.position,
            "playing_file": False,
            "visible": seat.member is not None,
        }
        found.append({**layer, "member_id": seat.member.id} if seat.member else layer)
    return found
