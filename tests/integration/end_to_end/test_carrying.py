"""What surrounds the writing: the Space's time, what may still take effect, words said once, and files of one run."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from reconciler.core.errors import Refused
from reconciler.core.intents import LONGEST_UNSEEN
from reconciler.engine.clock import SKEW, UNKNOWN_SKEW, server_clock
from reconciler.state.record import Entry
from tests.faults.simulation.histories import History
from tests.faults.simulation.wire import PLAIN, Trouble
from tests.integration.end_to_end.driver import room

WALL = datetime(2027, 1, 1, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("told", "ahead", "skew"),
    [
        ("Fri, 01 Jan 2027 12:00:00 GMT", 0, SKEW),
        ("Sat, 02 Jan 2027 12:00:00 GMT", 86400, SKEW),
        ("Fri, 01 Jan 2027 11:59:00 -0000", -60, SKEW),
        ("", 0, UNKNOWN_SKEW),
        ("yesterday", 0, UNKNOWN_SKEW),
        ("Sat, 02 Jan 2027 12:00:01 GMT", 0, UNKNOWN_SKEW),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0, UNKNOWN_SKEW),
        ("Mon, 01 Jan 0001 00:00:00 +2300", 0, UNKNOWN_SKEW),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 0, UNKNOWN_SKEW),
        ("Fri, 01 Jan 2027 12:00:00 +99999999999999999", 0, UNKNOWN_SKEW),
    ],
)
def test_the_spaces_time_is_told_by_its_answers(told, ahead, skew):
    moment = server_clock(SimpleNamespace(server_date=told), lambda: WALL)
    assert (moment.now(), moment.skew) == (
        datetime.fromtimestamp(WALL, UTC) + timedelta(seconds=ahead),
        skew,
    )


def test_a_lost_stream_holds_up_itself_and_nothing_else():
    """The rest is done and the lock given back; once it cannot come about any more, it is made."""
    history = History.of("stream", "merge")
    world = history.world
    world.wire.trouble = lambda method, _: (
        PLAIN if method == "GET" else Trouble(commits=False, reply="reset")
    )
    first = history.apply()
    assert [one["status"] for one in first.outcomes] == ["unknown"]
    world.clock.now = first.ended + 10
    second = world.run(history.ready.scenario.after + room("other", "layout: 3x3"))
    assert (second.code, second.ended - second.began) == (4, 0.0)
    assert {one["name"]: one["status"] for one in second.outcomes} == {
        "a": "skipped",
        "other": "done",
    }
    assert "may still take effect" in second.outcomes[0]["error"]
    assert len(world.recorded().intents) == 1
    world.clock.now = first.ended + (LONGEST_UNSEEN + SKEW).total_seconds() + 1
    third = world.run(history.ready.scenario.after + room("other", "layout: 3x3"))
    assert (third.code, third.ended - third.began) == (0, 0.0)
    assert world.recorded().intents == {}


def test_nobody_waits_for_what_is_not_to_be_made_again():
    history = History.of("stream", "merge")
    world = history.world
    world.wire.trouble = lambda method, _: (
        PLAIN if method == "GET" else Trouble(late=20.0, reply="hang")
    )
    history.apply()
    second = history.apply()
    assert (second.code, second.ended - second.began, second.ledger) == (0, 0.0, [])


def text_run(history):
    return history.world.run(history.ready.scenario.after, form="text")


def test_a_refusal_gives_its_reasons_once():
    history = History.of("two", "merge")
    world = history.world
    assert world.by_hand("POST", "/rooms", {"name": "b"}) < 300
    ran = text_run(history)
    assert (ran.code, (ran.out + ran.err).count("was not created by this tool")) == (
        Refused.exit_code,
        1,
    )
    assert "refused for safety, nothing was written" in ran.err
    assert "--adopt" in ran.err


def test_a_failure_gives_its_reason_once():
    history = History.of("two", "merge")
    history.world.wire.trouble = lambda method, _: (
        Trouble(commits=False, reply="reset") if method == "POST" else PLAIN
    )
    ran = text_run(history)
    assert (ran.code, (ran.out + ran.err).count("the connection to local was closed")) == (4, 1)
    assert "create outcome unknown\n" in ran.err


def test_a_run_that_is_refused_leaves_what_was_recorded():
    history = History.of("two", "merge")
    before = history.world.recorded()
    assert history.world.by_hand("POST", "/rooms", {"name": "b"}) < 300
    text_run(history)
    assert history.world.recorded() == before.with_entries(
        *(Entry(one) for one in before.resources.values())
    )
