"""A watch deletes only what two looks in a row agree on, counts its limits over an hour, and minds no held lock."""

from pathlib import Path

import pytest

from reconciler.core.plan_model import Outcome, Plan
from reconciler.engine.watch_limits import Agreement, removals
from reconciler.state.backends.local import LocalState
from tests.commands.words import MANIFESTS, room, rooms
from tests.unit.core.test_plan import plan
from tests.unit.core.worlds import applied, live


def watched(reconciler, *flags, rounds=1):
    return reconciler(
        "watch", MANIFESTS, "--interval", "1", "--rounds", str(rounds), "--apply", *flags
    )


def test_a_deletion_waits_for_the_next_look(apply, declare, reconciler, space):
    apply(*rooms("a", "b", "c", layout="3x3"))
    declare(*rooms("a", "b", layout="3x3"), room("d", layout="5x5"))
    first = watched(reconciler)
    assert (first.code, space.names()) == (0, {"Room/a", "Room/b", "Room/c", "Room/d"})
    assert "held back until the next look agrees: 1 deletion" in first.err
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
    assert (ran.code, "not looked at: the state is locked" in ran.out) == (0, True)
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
    from tests.unit.core.worlds import desired, ident  # noqa: PLC0415

    assert removals(plan([desired("Room", "a")], [record], [there])) == {("streams", ident(2))}


@pytest.mark.parametrize(
    ("status", "counted"), [("done", 1), ("unknown", 1), ("failed", 0), ("skipped", 0)]
)
def test_deletions_count_for_an_hour(status, counted):
    now = [0.0]
    agreement = Agreement(lambda: now[0])
    (action,) = gone(1).actions
    agreement.note([Outcome(action, status)])
    assert dict(agreement.lately) == ({"Room": 1} if counted else {})
    now[0] = 3601.0
    assert dict(agreement.lately) == {}


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
