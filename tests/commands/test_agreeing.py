"""A watch deletes only what two looks in a row agree on, counts its limits over an hour, and minds no held lock."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.core.consent import Consent
from reconciler.core.guard import refusals
from reconciler.core.mass_changes import Limits, RecentChanges
from reconciler.core.plan_model import Outcome, Plan
from reconciler.engine.watch_limits import Agreement, removals
from reconciler.state.backends.local import LocalState
from tests.commands.words import MANIFESTS, room, rooms
from tests.unit.core.test_plan import plan
from tests.unit.core.worlds import applied, desired, ident, live


def watched(reconciler, *flags, rounds=1):
    return reconciler(
        "watch", MANIFESTS, "--interval", "1", "--rounds", str(rounds), "--apply", *flags
    )


def test_a_deletion_waits_for_the_next_look(apply, declare, reconciler, space):
    apply(*rooms("a", "b", "c", layout="3x3"))
    declare(*rooms("a", "b", layout="3x3"), room("d", layout="5x5"))
    first = watched(reconciler)
    assert (first.code, space.names()) == (0, {"Room/a", "Room/b", "Room/c", "Room/d"})
    assert "held back until the next run confirms it: 1 deletion" in first.err
    assert watched(reconciler, rounds=2).code == 0
    assert space.names() == {"Room/a", "Room/b", "Room/d"}


def test_a_manifest_that_is_read_while_it_is_written_loses_nothing(
    apply, declare, reconciler, space
):
    apply(*rooms("a", "b", "c", layout="3x3"))
    whole = Path(MANIFESTS).read_text(encoding="utf-8")
    space.change("Room", "a", layout="5x5")

    def looks(number, clock=space.space._clock):
        """The file is cut for the first look and whole for the second."""
        if len(space.writes) > 4:
            Path(MANIFESTS).write_text(whole, encoding="utf-8")
        return clock()

    space.space._clock = lambda: looks(0)
    Path(MANIFESTS).write_text(whole.rpartition("---")[0], encoding="utf-8")
    assert watched(reconciler, rounds=3).code == 0
    assert space.names() == {"Room/a", "Room/b", "Room/c"}


def test_what_looks_like_a_rename_is_refused_at_the_first_look(apply, declare, reconciler, space):
    apply(room("corner", description="weekly"), room("other"))
    declare(room("huddle", description="weekly"), room("other"))
    ran = watched(reconciler, rounds=2)
    assert (ran.code, space.names()) == (1, {"Room/corner", "Room/other"})
    assert "look like one rename" in ran.out + ran.err


def test_a_held_lock_is_no_failure(apply, reconciler, space):
    apply(room("a"))
    path = next(Path(".reconciler").glob("*.state.json"))
    store = LocalState(path, space=path.name, project="p")
    with store.lock(reason="apply", since="now"):
        ran = watched(reconciler, "--metrics", "metrics.prom")
    assert (ran.code, "skipped: the state is locked" in ran.out) == (0, True)
    assert "reconciler_up 1" in Path("metrics.prom").read_text(encoding="utf-8").replace(
        '{space="",env=""}', ""
    )


def gone(*numbers):
    known = [applied("Room", f"r{number}", number) for number in range(6)]
    there = [live("Room", f"r{number}", number) for number in range(6)]
    return plan([], [known[number] for number in numbers], [there[number] for number in numbers])


def test_looks_agree_on_what_both_would_delete():
    agreement, kept = Agreement(lambda: 0.0), Plan("", "", (), 0, ())
    for asked, expected in (
        ((1, 2), kept),
        ((1, 2), None),
        ((1, 3), kept),
        ((), None),
        ((1,), kept),
        ((1,), None),
    ):
        seen = gone(*asked)
        agreement.begin()
        assert agreement.held(seen, lambda: kept)[0] == (expected or seen)
        assert agreement.held(seen, lambda: kept)[0] == (
            expected or seen
        )  # the look after an apply is of the same mind


def test_a_look_without_a_plan_agrees_with_nothing():
    agreement, kept, seen = Agreement(lambda: 0.0), Plan("", "", (), 0, ()), gone(1)
    agreement.begin()
    agreement.held(seen, lambda: kept)
    agreement.begin()
    agreement.begin()
    assert agreement.held(seen, lambda: kept) == (kept, 1)


def test_removed_streams_count_too():
    record = applied("Room", "a", 1, streams=((2, "rtmp://a.example/k"),))
    there = live("Room", "a", 1, streams=((2, "rtmp://a.example/k"),))
    assert removals(plan([desired("Room", "a")], [record], [there])) == {("streams", ident(2))}


@pytest.mark.parametrize(
    ("status", "counted"), [("done", 1), ("unknown", 1), ("failed", 0), ("skipped", 0)]
)
def test_deletions_count_for_an_hour(status, counted):
    now = [0.0]
    agreement = Agreement(lambda: now[0])
    (action,) = gone(1).actions
    agreement.note([Outcome(action, status)])
    assert dict(agreement.recent.deleted) == ({"Room": 1} if counted else {})
    now[0] = 3601.0
    assert dict(agreement.recent.deleted) == {}


def updates(*numbers):
    known = [applied("Room", f"r{number}", number, layout="3x3") for number in range(6)]
    there = [live("Room", f"r{number}", number, layout="3x3") for number in range(6)]
    wanted = [desired("Room", f"r{number}", layout="5x5") for number in numbers]
    return plan(
        wanted, [known[number] for number in numbers], [there[number] for number in numbers]
    )


@pytest.mark.parametrize(
    ("status", "counted"),
    [("done", True), ("unknown", True), ("failed", False), ("skipped", False)],
)
def test_updates_count_for_an_hour_each_resource_once(status, counted):
    now = [0.0]
    agreement = Agreement(lambda: now[0])
    first, second = updates(1, 2).actions
    agreement.note([Outcome(first, status)])
    now[0] = 1800.0
    agreement.note([Outcome(first, status), Outcome(second, status)])
    assert agreement.recent.updated == (
        {("Room", ident(1)), ("Room", ident(2))} if counted else frozenset()
    )
    assert dict(agreement.recent.deleted) == {}
    now[0] = 3601.0
    assert len(agreement.recent.updated) == (2 if counted else 0)  # counted from the last time
    now[0] = 5401.0
    assert agreement.recent.updated == frozenset()


@pytest.mark.parametrize(
    ("limits", "lately", "said"),
    [
        (Limits(max_update_count=3), (), ""),
        (Limits(max_update_count=3), (3,), ""),
        (Limits(max_update_count=3), (1, 2), ""),  # the same again
        (
            Limits(max_update_count=3),
            (3, 4),
            "4 Rooms would be updated, 2 of them in the last hour, more than the 3 that the safety limits allow",
        ),
        (Limits(max_update_share=0.5), (), ""),
        (
            Limits(max_update_share=0.5),
            (3, 4),
            "4 of 6 managed Rooms would be updated, 2 of them in the last hour, more than the share of 50% that the safety limits allow",
        ),
        (Limits(), (7, 8, 9, 10, 11, 12), ""),  # all are allowed, also where some of them are gone
    ],
)
def test_what_was_updated_in_the_last_hour_counts_for_the_limits(limits, lately, said):
    made = replace(updates(1, 2), managed={"Room": 6})
    allowed = replace(
        limits, recent=RecentChanges({}, frozenset(("Room", ident(number)) for number in lately))
    )
    assert [refusal.reason for refusal in refusals(made, allowed, Consent())] == (
        [said] if said else []
    )


@pytest.mark.long
def test_the_limits_of_a_watch_are_those_of_an_hour(apply, declare, reconciler, space):
    """One at a time is no way round them: half of the rooms go, and no more."""
    names = "abcdefgh"
    apply(*rooms(*names, layout="3x3"))
    clock = space.space._clock
    left = list(names)

    def now():
        deleted = sum(method == "DELETE" for method, _ in space.writes)
        declared = names[: max(1, len(names) - deleted - 1)]
        declare(*rooms(*declared, layout="3x3"))
        return clock()

    space.space._clock = now
    ran = watched(reconciler, rounds=14)
    space.space._clock = clock
    assert len(space.names()) == len(left) - 4
    assert "in the last hour" in ran.out


@pytest.mark.long
def test_updates_of_a_watch_count_over_an_hour(apply, declare, reconciler, space):
    """One room at a time is no way round the limit: after four of eight rooms a watch stops."""
    Path("reconciler.yaml").write_text("safety: {max_update_count: 4}\n", encoding="utf-8")
    names = "abcdefgh"
    apply(*rooms(*names, layout="3x3"))
    clock, before = space.space._clock, len(space.writes)

    def now():
        """With each look one more room is declared otherwise."""
        changed = sum(method == "PUT" for method, _ in space.writes[before:]) + 1
        declare(*rooms(*names[:changed], layout="5x5"), *rooms(*names[changed:], layout="3x3"))
        return clock()

    space.space._clock = now
    ran = watched(reconciler, rounds=8)
    space.space._clock = clock
    assert sum(method == "PUT" for method, _ in space.writes[before:]) == 4
    assert "5 Rooms would be updated, 4 of them in the last hour" in ran.out
