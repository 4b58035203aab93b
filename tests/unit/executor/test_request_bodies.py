from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.plan import make_plan
from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import Secret
from reconciler.executor.request_bodies import (
    changed_body,
    create_body,
    late_fields,
    unsettled,
    update_body,
)
from tests.unit.core.worlds import KEY, KINDS, desired, live

ROOM, HALL = KINDS["Room"], KINDS["Conference"]


def created(wanted):
    (action,) = make_plan([wanted], {}, [], kinds=KINDS, key=KEY).actions
    return KINDS[wanted.address.kind], action


def test_a_create_has_the_name_and_what_is_declared():
    wanted = desired(
        "Room", "lobby", layout="3x3", join_from="2027-01-01", meta={"b": 1, "a": [1.0]}
    )
    assert create_body(*created(wanted)) == {
        "name": "lobby",
        "layout": "3x3",
        "join_from": "2027-01-01T00:00:00Z",
        "meta": {"a": [1], "b": 1},
    }


def test_a_create_leaves_out_what_is_declared_as_not_set():
    assert create_body(*created(desired("Room", "lobby", description=None, meta=None))) == {
        "name": "lobby"
    }


def test_what_is_written_on_update_only_comes_late():
    kind, action = created(
        desired(
            "Conference",
            "hall",
            display_name="Hall",
            tone_on_entry_and_exit=True,
            user_join_video_off=False,
        )
    )
    assert create_body(kind, action) == {"name": "hall", "display_name": "Hall"}
    assert late_fields(kind, action) == {
        "tone_on_entry_and_exit": True,
        "user_join_video_off": False,
    }


def test_an_update_mentions_every_field_that_can_be_set_as_it_was_read():
    there = live("Room", "lobby", 1, description="as it is", fps=30, layout="5x5")
    assert update_body(ROOM, there, {"layout": "3x3"}) == {
        "display_name": "lobby",
        "description": "as it is",
        "max_members": 20,
        "quality": "720p",
        "layout": "3x3",
        "record_on_start": False,
        "enable_room_previews": False,
    }


def test_an_update_mentions_null_only_where_it_unsets():
    there = live("Room", "lobby", 1, join_from="2027-01-01T00:00:00Z", join_until=None)
    body = update_body(ROOM, there, {"join_from": None})
    assert (body["join_from"], "join_until" in body, "remove_at" in body) == (None, False, False)


@pytest.mark.parametrize(("shown", "sent"), [("Hall", "Hall"), (None, "hall")])
def test_what_is_required_is_always_there(shown, sent):
    assert (
        update_body(HALL, live("Conference", "hall", 1, display_name=shown), {"layout": "3x3"})[
            "display_name"
        ]
        == sent
    )


def test_a_rename_is_a_name_in_the_update_and_nothing_else_has_one():
    there = live("Room", "lobby", 1)
    assert update_body(ROOM, there, {}, name="foyer")["name"] == "foyer"
    assert "name" not in update_body(ROOM, there, {"layout": "3x3"})


def test_what_the_answer_spells_differently_has_settled():
    answer = live(
        "Conference",
        "hall",
        1,
        dark_primary="#aabbcc",
        join_from="2027-01-01T02:00:00+02:00",
        description="",
        join_until=None,
    )
    asked = {
        "dark_primary": "#AABBCC",
        "join_from": "2027-01-01T00:00:00Z",
        "description": None,
        "join_until": None,
    }
    assert unsettled(HALL, asked, answer) == ()


def test_what_the_answer_does_not_take_has_not_settled():
    answer = live("Room", "lobby", 1, layout="grid-responsive", max_members=20)
    assert unsettled(ROOM, {"layout": "3x3", "max_members": 20}, answer) == (
        FieldChange("layout", "grid-responsive", "3x3", "conflict"),
    )


@pytest.mark.parametrize(
    ("asked", "answered"),
    [(1, True), (0, False), (True, 1), (False, 0), ("1", 1), (20, "20"), (True, "true")],
)
def test_an_answer_of_another_type_has_not_settled(asked, answered):
    answer = live("Room", "lobby", 1, max_members=answered)
    assert unsettled(ROOM, {"max_members": asked}, answer) == (
        FieldChange("max_members", answered, asked, "conflict"),
    )


FIELDS = [(kind, field) for kind in KINDS.values() for field in sorted(kind.attributes)]
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from([0.0, 1.0, 2.5, float("nan")])
    | st.sampled_from(["", "1", "A", "a", "#AAA"])
)


@given(st.sampled_from(FIELDS), PLAIN | st.lists(PLAIN, max_size=2), st.data())
def test_what_is_alike_letter_by_letter_has_settled(where, asked, data):
    kind, field = where
    answered = data.draw(st.just(asked) | PLAIN)
    answer = live(kind.name, "lobby", 1, **{field: answered})
    found = unsettled(kind, {field: asked}, answer)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("reconciler.executor.request_bodies._PLAIN", frozenset())
        assert repr(found) == repr(unsettled(kind, {field: asked}, answer))


STRICT = replace(
    ROOM,
    required=("display_name",),
    required_on_create={"quality": "720p", "max_members": 5},
    required_on_update={"quality": "1080p"},
    create_only=frozenset({"layout"}),
)


def test_what_a_creation_must_have_is_added_where_it_is_not_declared():
    (action,) = make_plan(
        [desired("Room", "lobby", max_members=9)], {}, [], kinds=KINDS, key=KEY
    ).actions
    assert create_body(STRICT, action) == {"name": "lobby", "max_members": 9, "quality": "720p"}


def test_what_only_a_creation_takes_is_in_no_update():
    there = live("Room", "lobby", 1, layout="3x3", quality=None)
    body = update_body(STRICT, there, {"layout": "5x5", "max_members": 3})
    assert ("layout" in body, body["max_members"], body["quality"]) == (False, 3, "1080p")


def test_a_patch_has_what_changes_and_what_it_must_have():
    kind = replace(STRICT, update="PATCH")
    there = live("Room", "lobby", 1, quality="480p", description="as it is")
    assert update_body(kind, there, {"max_members": 3}) == {
        "quality": "480p",
        "max_members": 3,
        "display_name": "lobby",
    }
    titled = live("Room", "lobby", 1, quality=None, display_name="Lobby")
    assert update_body(kind, titled, {}) == {"display_name": "Lobby", "quality": "1080p"}


@pytest.mark.parametrize("name", [None, "foyer"])
def test_where_omitted_fields_are_kept_only_changes_and_required_ones_are_sent(name):
    there = live("Room", "lobby", 1, quality="480p", description="as it is", display_name="L")
    expected = {"max_members": 3, "display_name": "L", "quality": "480p"}
    assert changed_body(STRICT, there, {"max_members": 3}, name=name) == expected | (
        {"name": name} if name else {}
    )


def test_a_secret_that_was_read_back_hidden_has_settled():
    answer = live("Room", "lobby", 1, description="x", layout="3x3")
    assert unsettled(ROOM, {"description": Secret("x")}, answer) == ()
    asked = Secret("y")
    assert unsettled(ROOM, {"description": asked}, answer) != ()
