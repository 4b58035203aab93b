"""One notion of equal: what is planned, drifted, pulled and checked after a write is compared in one way, and prints two sides."""

from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.core.drift import drifted_part
from reconciler.core.normalize import canonical, same
from reconciler.core.plan import make_plan
from reconciler.core.value_diff import differences
from reconciler.core.value_text import is_secret, json_text, json_value, value_text
from reconciler.executor.request_bodies import unsettled, update_body
from tests.unit.core.worlds import KEY, KINDS, applied, desired, live, records

ROOM = KINDS["Room"]
ATOM = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from(
        [1.0, 0.5, "", "1", "null", "not set", "Cafe\u0301", "Caf\u00e9", "\\n", "\n"]
    )
)
JSON = st.recursive(
    ATOM,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
)
META = st.none() | st.dictionaries(st.sampled_from(["a", "b", "a.b", "x"]), JSON, max_size=3)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "meta": META,
        "description": st.sampled_from([None, "", "x", "Cafe\u0301"]),
        "display_name": st.sampled_from([None, "", "a", "Caf\u00e9"]),
        "max_members": st.sampled_from([None, 1, 1.0, 20]),
        "join_from": st.sampled_from([None, "2027-01-01", "2027-01-01T01:00:00+01:00", "soon"]),
        "sync_audio_video": st.sampled_from([None, True, False]),
        "tone_on_entry_and_exit": st.sampled_from([None, True, False]),
        "layout": st.sampled_from([None, "3x3", "from a newer API", ["a", None]]),
    },
)


def _plan(wanted, known, there):
    return make_plan(
        [] if wanted is None else [desired("Room", "a", **wanted)],
        {} if known is None else records(applied("Room", "a", 1, **known)),
        [] if there is None else [live("Room", "a", 1, **there)],
        kinds=KINDS,
        key=KEY,
    )


def _changes(plan):
    return [change for action in plan.actions for change in action.changes]


@example([{"a": [True, True]}, True], [{"a": [True, 1]}, True])
@given(JSON, JSON)
def test_what_differs_is_found_and_what_is_the_same_is_not(left, right):
    one, other = ({"v": value} for value in (left, right))
    before, after = (canonical(ROOM, "meta", value, name="a") for value in (one, other))

    assert (differences(before, after) == ()) == same(before, after)


@given(st.none() | FIELDS, st.none() | FIELDS, st.none() | FIELDS)
def test_a_change_whose_two_sides_print_alike_does_not_exist(wanted, known, there):
    plan = _plan(wanted, known, there)

    for change in _changes(plan):
        assert is_secret(change.before) or value_text(change.before) != value_text(change.after), (
            change
        )
        sides = [json_text({"value": json_value(side)}) for side in (change.before, change.after)]
        assert sides[0] != sides[1], change
        assert not same(change.before, change.after), change


def _with_nulls(value):
    """The same value as a Space may give it back that keeps a null for every key it knows."""
    if isinstance(value, dict):
        return {key: _with_nulls(inner) for key, inner in value.items()} | {"unheard": None}
    return [_with_nulls(item) for item in value] if isinstance(value, list) else value


def _without_nulls(value):
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


@given(FIELDS, st.sampled_from([_with_nulls, _without_nulls]))
def test_a_space_that_keeps_or_drops_inner_nulls_shows_no_drift_and_no_plan(fields, answered):
    there = {field: answered(value) for field, value in fields.items()}
    plan = _plan(fields, fields, there)

    assert (plan.actions, drifted_part(plan).actions) == ((), ())
    assert unsettled(ROOM, fields, live("Room", "a", 1, **there)) == ()


@given(FIELDS, st.none() | FIELDS, FIELDS)
def test_what_is_sent_settles_what_was_shown(wanted, known, there):
    plan = _plan(wanted, known, there)
    for action in plan.actions:
        before = live("Room", "a", 1, **there)
        sent = update_body(ROOM, before, action.body)
        after = live(
            "Room", "a", 1, **{**there, **{field: sent.get(field) for field in action.body}}
        )
        assert unsettled(ROOM, action.body, after) == ()
        left = make_plan(
            [desired("Room", "a", **wanted)], records(action.record), [after], kinds=KINDS, key=KEY
        )
        assert _changes(left) == []
