from reconciler.core.resources import Address, Desired, Origin, Place
from reconciler.manifest.compose.provenance import Origins, find_positions


class Counted:
    """A search for the positions of one resource, which is counted."""

    def __init__(self, line):
        self.line = line
        self.times = 0

    def __call__(self):
        self.times += 1
        return {"layout": Origin(Place("rooms.yaml", self.line, 11))}


def resource(number, find):
    return Desired(Address("Room", f"room-{number}"), {"layout": "2x2"}, Origins(find))


def test_positions_are_searched_for_at_the_first_access_and_once():
    find = Counted(4)
    origins = Origins(find)
    assert find.times == 0
    assert [origins["layout"].place.line, len(origins), *origins] == [4, 1, "layout"]
    assert find.times == 1


def test_positions_are_found_ahead_for_exactly_these_resources():
    finds = [Counted(line) for line in (3, 9, 12)]
    resources = [resource(number, find) for number, find in enumerate(finds)]
    find_positions(resources[:2], lambda: False)
    assert [find.times for find in finds] == [1, 1, 0]
    assert resources[1].origins["layout"].place.line == 9
    assert finds[1].times == 1


def test_the_search_ahead_ends_when_there_is_no_time_left():
    finds = [Counted(line) for line in (3, 9, 12)]
    resources = [resource(number, find) for number, find in enumerate(finds)]
    find_positions(resources, lambda: finds[1].times == 1)
    assert [find.times for find in finds] == [1, 1, 0]
