from dataclasses import replace

from reconciler.core.plan_model import REPLACED, Action
from reconciler.core.resources import Address, Secret
from reconciler.reports.grouping import Group, Rest, grouped
from tests.unit.reports.cases import CREATE, DELETE, change

LAYOUT, SIZE = change("layout", "3x3", "5x5"), change("size", "small", "large")


def update(name, *changes, kind="Conference", **more):
    return Action("update", Address(kind, name), name, changes, **more)


def test_what_three_have_in_common_is_said_once():
    actions = tuple(update(name, LAYOUT, SIZE) for name in "abc")
    assert grouped(actions) == ((Group("Conference", (LAYOUT, SIZE), actions),), ())


def test_what_differs_stays_with_its_own():
    actions = (update("a", LAYOUT, SIZE), update("b", LAYOUT), update("c", LAYOUT))
    folding = grouped(actions)
    assert folding.folds == (Group("Conference", (LAYOUT,), actions),)
    assert folding.rest == (Rest(update("a", SIZE), 1),)


def test_the_largest_group_comes_first():
    actions = tuple(update(name, LAYOUT, *((SIZE,) if name < "d" else ())) for name in "abcde")
    assert [len(fold.actions) for fold in grouped(actions).folds] == [5, 3]


def test_two_are_no_group_and_another_kind_or_cause_is_not_the_same():
    for third in (
        update("c", LAYOUT, kind="Room"),
        update("c", replace(LAYOUT, origin="drift")),
        update("c", change("layout", "4x4", "5x5")),
    ):
        actions = (update("a", LAYOUT), update("b", LAYOUT), third)
        assert grouped(actions) == ((), tuple(Rest(action, 0) for action in actions))


def test_true_is_not_one():
    actions = (
        update("a", change("x", 1, 2)),
        update("b", change("x", True, 2)),
        update("c", change("x", 1.0, 2)),
    )
    assert grouped(actions).folds == ()


def test_secrets_and_sub_resources_are_never_alike():
    secret = change("pin", None, Secret("1"))
    child = change("streams[0]", None, {"width": 1}, child="streams")
    for one in (secret, child):
        actions = tuple(update(name, one) for name in "abc")
        assert grouped(actions) == ((), tuple(Rest(action, 0) for action in actions))


def test_only_updates_are_folded_and_what_has_a_reason_stays_seen():
    again = tuple(update(name, LAYOUT, reason=REPLACED) for name in "abc")
    assert [one.action.address.name for one in grouped(again).rest] == ["a", "b", "c"]
    assert [one.shared for one in grouped(again).rest] == [1, 1, 1]
    several = (CREATE, CREATE, CREATE, DELETE)
    assert grouped(several) == ((), tuple(Rest(action, 0) for action in several))
