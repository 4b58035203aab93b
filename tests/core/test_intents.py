import pytest

from reconciler.core.intents import recognised
from reconciler.core.model import Address, Intent
from tests.core.worlds import KEY, KINDS, applied, live, records

LOBBY = Intent(Address("Room", "lobby"), {"layout": "3x3"})


def found(there, known=(), intent=LOBBY):
    return recognised([intent], records(*known), there, kinds=KINDS, key=KEY)


def test_what_was_about_to_be_made_is_recognised():
    assert found([live("Room", "lobby", 1, layout="3x3")]) == (applied("Room", "lobby", 1, layout="3x3"),)


@pytest.mark.parametrize(
    "there",
    [
        [],
        [live("Room", "foyer", 1, layout="3x3")],
        [live("Conference", "lobby", 1, layout="3x3")],
        [live("Room", "lobby", 1, layout="5x5")],
        [live("Room", "lobby", 1, layout="3x3", max_members=7)],
    ],
)
def test_what_is_anything_else_stays_theirs(there):
    assert found(there) == ()


def test_what_is_recorded_is_not_recognised_twice():
    assert found([live("Room", "lobby", 1, layout="3x3")], [applied("Room", "lobby", 1)]) == ()
    assert found([live("Room", "lobby", 1, layout="3x3")], [applied("Room", "foyer", 1)]) == ()
