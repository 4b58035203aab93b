from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from reconciler.core.intents import (
    LONGEST_CALL,
    LONGEST_UNSEEN,
    Intent,
    created_in_window,
    creation_time,
    matches_intent,
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


def test_there_is_one_intent_for_each_resource_and_each_of_its_lists():
    assert (LOBBY.key, LOBBY._replace(child="streams").key) == (
        (LOBBY.address, ""),
        (LOBBY.address, "streams"),
    )


@pytest.mark.parametrize(
    ("child", "moment", "since", "until"),
    [
        ("", THEN, "2027-01-01T11:59:55Z", "2027-01-01T12:03:05Z"),
        ("streams", THEN, "2027-01-01T11:59:55Z", "2027-01-01T12:01:35Z"),
        (
            "",
            THEN.replace(microsecond=250_000),
            "2027-01-01T11:59:55.25Z",
            "2027-01-01T12:03:05.25Z",
        ),
        (
            "",
            THEN.astimezone(timezone(timedelta(hours=2))),
            "2027-01-01T11:59:55Z",
            "2027-01-01T12:03:05Z",
        ),
    ],
)
def test_the_window_of_an_intent(child, moment, since, until):
    intent = LOBBY._replace(child=child)
    assert with_times(intent, moment, skew=SKEW) == intent._replace(since=since, until=until)


@pytest.mark.parametrize(
    ("fields", "minutes", "reaches_back"),
    [
        ({"layout": "3x3"}, 1, True),
        ({"layout": "3x3"}, 600, True),
        # Without fields only the time tells: an earlier one counts while it may still come.
        ({}, 1, True),
        ({}, 4, False),
    ],
)
def test_a_window_reaches_back_to_an_equal_intent_that_may_still_come(
    fields, minutes, reaches_back
):
    intent = LOBBY._replace(attributes=fields)
    earlier = with_times(intent, THEN, skew=SKEW)
    later = with_times(intent, THEN + timedelta(minutes=minutes), skew=SKEW, earlier=earlier)
    assert (later.since == earlier.since) is reaches_back


ROOM = KINDS["Room"]
WITHOUT_TIME = replace(
    ROOM, answers={name: one for name, one in ROOM.answers.items() if name != "created_at"}
)
TEXT_TIME = replace(ROOM, spellings=dict(ROOM.spellings) | {"created_at": "text"})


@pytest.mark.parametrize(
    ("kind", "told", "time"),
    [
        (ROOM, "2027-01-01T13:00:00+01:00", THEN),
        (ROOM, "2027-01-01T12:00:00Z", THEN),
        (ROOM, "2027-13-01T12:00:00Z", None),
        (ROOM, None, None),
        (ROOM, 1_798_804_800, None),
        (WITHOUT_TIME, "2027-01-01T12:00:00Z", None),
        (TEXT_TIME, "2027-01-01T12:00:00Z", None),
    ],
)
def test_when_a_resource_was_created(kind, told, time):
    assert creation_time(kind, live("Room", "lobby", 1, created_at=told)) == time


@pytest.mark.parametrize(
    ("since", "until", "told", "answer"),
    [
        ("2027-01-01T12:00:00Z", "2027-01-01T12:00:01Z", "2027-01-01T12:00:00Z", True),
        ("2027-01-01T12:00:00Z", "2027-01-01T12:00:01Z", "2027-01-01T12:00:01Z", True),
        ("2027-01-01T12:00:00Z", "2027-01-01T12:00:01Z", "2027-01-01T12:00:01.1Z", False),
        ("2027-01-01T12:00:00Z", "2027-01-01T12:00:01Z", "2027-01-01T11:59:59.9Z", False),
        ("2027-01-01T12:00:00Z", "2027-01-01T12:00:01Z", None, None),
        ("", "2027-01-01T12:00:01Z", "2027-01-01T12:00:00Z", None),
        ("2027-01-01T12:00:00Z", "", "2027-01-01T12:00:00Z", None),
    ],
)
def test_whether_a_resource_was_created_in_a_window(since, until, told, answer):
    intent = LOBBY._replace(since=since, until=until)
    assert created_in_window(ROOM, intent, live("Room", "lobby", 1, created_at=told)) is answer


@pytest.mark.parametrize(("minutes", "ours"), [(9, True), (10, True), (11, False)])
def test_without_fields_only_a_short_window_proves_whose_it_is(minutes, ours):
    until = (THEN + timedelta(minutes=minutes)).isoformat()
    bare = LOBBY._replace(attributes={}, since=THEN.isoformat(), until=until)
    there = live("Room", "lobby", 1, created_at="2027-01-01T12:00:07Z")
    assert matches_intent(ROOM, bare, there, key=KEY) is ours


def test_each_intent_finds_its_own_resource():
    intents = [
        LOBBY,
        LOBBY._replace(address=Address("Room", "foyer")),
        LOBBY._replace(address=Address("Conference", "hall")),
    ]
    there = [
        live("Conference", "hall", 3, layout="3x3"),
        live("Room", "lobby", 1, layout="3x3"),
        live("Room", "foyer", 2, layout="5x5"),
    ]
    assert recovered(intents, {}, there, kinds=KINDS, key=KEY) == (
        Applied(LOBBY.address, there[1].id, LOBBY.attributes),
        Applied(there[0].address, there[0].id, LOBBY.attributes),
    )
