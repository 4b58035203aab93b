"""What surrounds the writing: the Space's time, what may still come about, words said once, and files of one run."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from reconciler.cli.book import SKEW, UNKNOWN_SKEW, space_time
from reconciler.core.errors import Refused
from reconciler.core.intents import LONGEST_UNSEEN
from reconciler.state import Entry
from tests.simulation.histories import History
from tests.simulation.wire import PLAIN, Trouble

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
    moment = space_time(SimpleNamespace(server_date=told), lambda: WALL)
    assert (moment.now(), moment.skew) == (datetime.fromtimestamp(WALL, UTC) + timedelta(seconds=ahead), skew)


def test_the_next_run_waits_until_a_lost_stream_cannot_come_about_any_more():
    history = History.of("stream", "merge")
    world = history.world
    world.wire.trouble = lambda method, _: PLAIN if method == "GET" else Trouble(commits=False, reply="reset")
    first = history.apply()
    assert [one["status"] for one in first.outcomes] == ["unknown"]
    world.clock.now = first.ended + 10
    second = history.apply()
    waited = (LONGEST_UNSEEN + SKEW).total_seconds() - 10
    assert (second.code, second.ended - second.began) == (0, pytest.approx(waited, abs=1.5))
    assert f"Waiting {waited:.0f} s: an earlier run sent something whose answer it never saw" in second.err
    assert world.recorded().intents == {}


def test_nobody_waits_for_what_is_not_to_be_made_again():
    history = History.of("stream", "merge")
    world = history.world
    world.wire.trouble = lambda method, _: PLAIN if method == "GET" else Trouble(late=20.0, reply="hang")
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
    assert (ran.code, (ran.out + ran.err).count("was not made by this tool")) == (Refused.exit_code, 1)
    assert "refused for safety, nothing was written" in ran.err
    assert "--adopt" in ran.err


def test_a_failure_gives_its_reason_once():
    history = History.of("two", "merge")
    history.world.wire.trouble = lambda method, _: Trouble(commits=False, reply="reset") if method == "POST" else PLAIN
    ran = text_run(history)
    assert (ran.code, (ran.out + ran.err).count("the connection to local was cut")) == (4, 1)
    assert "create outcome unknown\n" in ran.err


def test_a_run_that_is_refused_leaves_what_was_recorded():
    history = History.of("two", "merge")
    before = history.world.recorded()
    assert history.world.by_hand("POST", "/rooms", {"name": "b"}) < 300
    text_run(history)
    assert history.world.recorded() == before.after(*(Entry(one) for one in before.resources.values()))
