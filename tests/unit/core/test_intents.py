from datetime import UTC, datetime, timedelta

import pytest

from reconciler.core.intents import (
    LONGEST_CALL,
    LONGEST_UNSEEN,
    Intent,
    may_appear_late,
    recovered,
    with_times,
)
from reconciler.core.resources import Address, Applied
from tests.unit.core.worlds import KEY, KINDS, applied, live, records

LOBBY = Intent(Address("Room", "lobby"), {"layout": "3x3"})


def found(there, known=(), intent=LOBBY):
    return recovered([intent], records(*known), there, kinds=KINDS, key=KEY)


def test_what_was_about_to_be_made_is_recognised():
    assert found([live("Room", "lobby", 1, layout="3x3")]) == (
        applied("Room", "lobby", 1, layout="3x3"),
    )


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


THEN = datetime(2027, 1, 1, 12, tzinfo=UTC)
SKEW = timedelta(seconds=5)
DATED = with_times(LOBBY, THEN, skew=SKEW)


@pytest.mark.parametrize(
    ("made", "ours"),
    [
        ("2027-01-01T12:00:00Z", True),
        ("2027-01-01T11:59:55Z", True),
        ("2027-01-01T11:59:54.9Z", False),
        ("2027-01-01T14:03:05+02:00", True),
        ("2027-01-01T12:03:05.1Z", False),
        ("2026-12-31T12:00:00Z", False),
        ("2027-01-02", False),
        (None, True),
        (5, True),
        ("a while ago", True),
    ],
)
def test_what_was_made_at_another_time_stays_theirs(made, ours):
    assert (
        bool(found([live("Room", "lobby", 1, layout="3x3", created_at=made)], intent=DATED)) == ours
    )


def test_a_name_alone_is_enough_where_the_time_is_known_and_nothing_else_was_sent():
    bare = Intent(Address("Room", "lobby"), {})
    there = [live("Room", "lobby", 1, created_at="2027-01-01T12:00:07Z")]
    assert bool(found(there, intent=with_times(bare, THEN, skew=SKEW)))
    assert not found(there, intent=bare)
    assert not found(
        [live("Room", "lobby", 1, max_members=3, created_at="2027-01-01T12:00:07Z")],
        intent=with_times(bare, THEN, skew=SKEW),
    )
    assert not found(there, intent=with_times(bare, THEN, skew=timedelta(seconds=300)))


def test_an_intent_without_a_time_is_told_by_its_fields_as_ever():
    assert found([live("Room", "lobby", 1, layout="3x3", created_at="2020-01-01T00:00:00Z")])


def test_what_was_sent_twice_may_be_either():
    later = with_times(LOBBY, THEN + timedelta(hours=1), skew=SKEW, earlier=DATED)
    assert (later.since, later.until) == (DATED.since, "2027-01-01T13:03:05Z")
    other = Intent(LOBBY.address, {"layout": "5x5"})
    assert (
        with_times(other, THEN + timedelta(hours=1), skew=SKEW, earlier=DATED).since
        == "2027-01-01T12:59:55Z"
    )


def test_a_sub_resource_is_no_resource_of_the_name():
    assert (
        found([live("Room", "lobby", 1, layout="3x3")], intent=LOBBY._replace(child="streams"))
        == ()
    )


def test_how_long_it_may_still_come_about():
    stream = with_times(LOBBY._replace(child="streams"), THEN, skew=SKEW)
    left = [
        may_appear_late(stream, THEN + timedelta(seconds=seconds))
        for seconds in (0, 90, 96, -86400)
    ]
    assert left == [LONGEST_UNSEEN + SKEW, SKEW, timedelta(), LONGEST_CALL]
    assert may_appear_late(LOBBY, THEN) == timedelta()


def test_what_is_recorded_already_is_not_recovered_again():
    there = [live("Room", "lobby", 1, layout="3x3")]
    known = Applied(LOBBY.address, "another", {})
    assert found(there)
    assert recovered([LOBBY], {known.address: known}, there, kinds=KINDS, key=KEY) == ()
