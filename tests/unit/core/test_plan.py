from dataclasses import replace

import pytest

from reconciler.core.errors import UsageError
from reconciler.core.plan import NOT_DECLARED, make_plan
from reconciler.core.plan_model import MISSING, REPLACED, Action, FieldChange
from reconciler.core.resources import Address, Origin, Place, Secret
from tests.unit.core.worlds import KEY, KINDS, applied, bare, desired, ident, live, records


def plan(wanted=(), known=(), there=(), **options):
    return make_plan(wanted, records(*known), there, kinds=KINDS, key=KEY, **options)


def only_action(made):
    (action,) = made.actions
    return bare(action)


def at(line):
    return Origin(Place("m.yaml", line, 3))


ROOM = Address("Room", "lobby")


def test_what_is_not_there_is_created():
    made = plan([desired("Room", "lobby", layout="3x3")])
    assert only_action(made) == Action(
        "create", ROOM, None, (FieldChange("layout", None, "3x3", "manifest", at(5)),)
    )
    assert made.actions[0].body == {"layout": "3x3"}
    assert made.summary == {
        "create": 1,
        "update": 0,
        "rename": 0,
        "adopt": 0,
        "delete": 0,
        "noop": 0,
        "drifted": 0,
        "unmanaged": 0,
    }


@pytest.mark.parametrize(
    ("was", "is_", "origin"),
    [
        ("grid-responsive", "grid-responsive", "manifest"),
        ("3x3", "5x5", "drift"),
        ("4x4", "5x5", "conflict"),
    ],
)
def test_every_change_has_its_origin(was, is_, origin):
    made = plan(
        [desired("Room", "lobby", layout="3x3")],
        [applied("Room", "lobby", 1, layout=was)],
        [live("Room", "lobby", 1, layout=is_)],
    )
    assert made.actions[0].changes == (FieldChange("layout", is_, "3x3", origin, at(5)),)
    assert made.summary["drifted"] == (origin != "manifest")


def test_a_field_that_nobody_declared_is_nobodys_business():
    made = plan(
        [desired("Room", "lobby", layout="3x3")],
        [applied("Room", "lobby", 1, layout="3x3")],
        [live("Room", "lobby", 1, layout="3x3", max_members=7)],
    )
    assert (made.actions, made.noop) == ((), 1)


def test_a_field_declared_no_longer_goes_back_to_its_default():
    made = plan(
        [desired("Room", "lobby")],
        [applied("Room", "lobby", 1, layout="3x3", join_from="2027-01-01")],
        [live("Room", "lobby", 1, layout="3x3", join_from="2027-01-01")],
    )
    assert made.actions[0].changes == (FieldChange("layout", "3x3", "grid-responsive", "released"),)
    assert made.actions[0].body == {"layout": "grid-responsive"}
    assert made.left_as_is == ((Address("Room", "lobby"), "join_from", "2027-01-01T00:00:00Z"),)


def test_what_was_released_and_has_its_default_is_forgotten_without_a_request():
    made = plan(
        [desired("Room", "lobby")],
        [applied("Room", "lobby", 1, layout="3x3")],
        [live("Room", "lobby", 1)],
    )
    assert (made.actions, made.record_updates) == ((), (applied("Room", "lobby", 1),))


def test_inside_meta_each_place_has_its_own_origin():
    made = plan(
        [desired("Room", "lobby", meta={"team": "growth", "floor": 2})],
        [applied("Room", "lobby", 1, meta={"team": "growth", "floor": 1})],
        [live("Room", "lobby", 1, meta={"team": "sales", "floor": 1})],
    )
    assert made.actions[0].changes == (
        FieldChange("meta.floor", 1, 2, "manifest", at(5), steps=("floor",)),
        FieldChange("meta.team", "sales", "growth", "drift", at(5), steps=("team",)),
    )
    assert made.actions[0].body == {"meta": {"floor": 2, "team": "growth"}}


def test_a_resource_deleted_outside_is_a_create_of_origin_drift():
    made = plan(
        [desired("Room", "lobby", layout="3x3")], [applied("Room", "lobby", 1, layout="3x3")]
    )
    assert only_action(made) == Action(
        "create", ROOM, None, (FieldChange("layout", None, "3x3", "drift", at(5)),), reason=MISSING
    )
    assert made.summary["drifted"] == 1


def test_what_we_did_not_make_is_an_adoption():
    made = plan([desired("Room", "lobby", layout="3x3")], [], [live("Room", "lobby", 1)])
    assert (made.actions[0].action, made.actions[0].id, made.unmanaged) == ("adopt", ident(1), ())


def test_the_same_name_with_another_id_is_not_ours():
    made = plan(
        [desired("Room", "lobby")], [applied("Room", "lobby", 1)], [live("Room", "lobby", 2)]
    )
    assert (made.actions[0].action, made.actions[0].id, made.actions[0].reason) == (
        "adopt",
        ident(2),
        REPLACED,
    )


def test_what_somebody_else_made_under_the_name_keeps_what_nobody_declares():
    made = plan(
        [desired("Room", "lobby")],
        [applied("Room", "lobby", 1, layout="2x2")],
        [live("Room", "lobby", 2, layout="2x2")],
    )
    (action,) = made.actions
    assert (action.action, action.changes, action.body, action.record.attributes) == (
        "adopt",
        (),
        {},
        {},
    )


def test_what_is_declared_no_longer_is_deleted_by_its_id():
    made = plan(
        [],
        [applied("Room", "lobby", 1, protect=True)],
        [live("Room", "lobby", 1, session={"id": "s"})],
    )
    assert only_action(made) == Action(
        "delete",
        ROOM,
        ident(1),
        session={"id": "s"},
        protect=True,
        reason=NOT_DECLARED,
        live_name="lobby",
    )


def test_without_pruning_nothing_is_deleted():
    assert (
        plan([], [applied("Room", "lobby", 1)], [live("Room", "lobby", 1)], prune=False).actions
        == ()
    )


def test_what_is_gone_from_both_sides_is_forgotten():
    made = plan([], [applied("Room", "lobby", 1)])
    assert (made.actions, made.record_removals) == ((), (applied("Room", "lobby", 1),))


def test_what_nobody_declared_and_nobody_made_is_counted_and_left_alone():
    made = plan([], [], [live("Room", "theirs", 1)])
    assert (made.actions, made.unmanaged) == ((), (Address("Room", "theirs"),))


def test_only_what_is_asked_for():
    made = plan(
        [desired("Room", "a"), desired("Room", "b")],
        [applied("Room", "c", 3)],
        [live("Room", "c", 3)],
        only={Address("Room", "a")},
    )
    assert [(one.action, str(one.address)) for one in made.actions] == [("create", "Room/a")]


def test_what_needs_the_name_of_an_unselected_rename_cannot_be_planned_alone():
    wanted = [
        desired("Room", "b", renamed_from="a"),
        desired("Room", "c", renamed_from="b"),
        desired("Room", "other"),
    ]
    known = [applied("Room", "a", 1), applied("Room", "b", 2)]
    there = [live("Room", "a", 1), live("Room", "b", 2), live("Room", "other", 3)]
    b, c = Address("Room", "b"), Address("Room", "c")
    with pytest.raises(UsageError) as told:
        plan(wanted, known, there, only={b})
    assert told.value.hint == "select both: add --target Room/c"
    assert "Room/b can have its name only after Room/c is renamed" in told.value.message
    for only in ({b, c}, {c}, {c, Address("Room", "other")}, None):
        assert ("rename", c) in [
            (one.action, one.address) for one in plan(wanted, known, there, only=only).actions
        ]


def renames(made):
    return [(one.action, one.live_name, one.address.name, one.id) for one in made.actions]


def test_a_rename_keeps_the_id():
    made = plan(
        [desired("Room", "new", renamed_from="old")],
        [applied("Room", "old", 1)],
        [live("Room", "old", 1)],
    )
    assert renames(made) == [("rename", "old", "new", ident(1))]
    assert made.actions[0].changes == (
        FieldChange("name", "old", "new", "manifest", Origin(Place("m.yaml", 1, 1))),
    )


def test_a_rename_that_was_done_is_not_done_again():
    made = plan(
        [desired("Room", "new", renamed_from="old")],
        [applied("Room", "new", 1, renamed_from="old")],
        [live("Room", "new", 1)],
    )
    assert (made.actions, made.noop) == ((), 1)


def test_a_spent_rename_does_not_take_a_new_resource_of_the_old_name():
    wanted = [desired("Room", "new", renamed_from="old"), desired("Room", "old")]
    made = plan(wanted, [applied("Room", "new", 1, renamed_from="old")], [live("Room", "new", 1)])
    assert renames(made) == [("create", None, "old", None)]


def test_a_chain_of_renames_frees_each_name_first():
    wanted = [desired("Room", "b", renamed_from="a"), desired("Room", "c", renamed_from="b")]
    made = plan(
        wanted,
        [applied("Room", "a", 1), applied("Room", "b", 2)],
        [live("Room", "a", 1), live("Room", "b", 2)],
    )
    assert renames(made) == [("rename", "b", "c", ident(2)), ("rename", "a", "b", ident(1))]


def test_a_swap_of_names_goes_by_way_of_a_third():
    wanted = [desired("Room", "a", renamed_from="b"), desired("Room", "b", renamed_from="a")]
    made = plan(
        wanted,
        [applied("Room", "a", 1), applied("Room", "b", 2)],
        [live("Room", "a", 1), live("Room", "b", 2)],
    )
    passing = f"b-moving-{ident(2)[:6]}"
    assert renames(made) == [
        ("rename", "b", passing, ident(2)),
        ("rename", "a", "b", ident(1)),
        ("rename", passing, "a", ident(2)),
    ]
    assert made.actions[0].record == replace(applied("Room", passing, 2), rename_target="a")


@pytest.mark.parametrize("done", [1, 2])
def test_a_swap_that_was_cut_off_is_finished(done):
    wanted = [desired("Room", "a", renamed_from="b"), desired("Room", "b", renamed_from="a")]
    passing = f"b-moving-{ident(2)[:6]}"
    aside = replace(applied("Room", passing, 2), rename_target="a")
    known = [
        aside,
        applied("Room", "a", 1) if done == 1 else applied("Room", "b", 1, renamed_from="a"),
    ]
    made = plan(
        wanted, known, [live("Room", passing, 2), live("Room", "a" if done == 1 else "b", 1)]
    )
    rest = [("rename", "a", "b", ident(1)), ("rename", passing, "a", ident(2))]
    assert renames(made) == rest[done - 1 :]


def test_a_rename_onto_one_of_ours_that_goes_is_not_guessed():
    made = plan(
        [desired("Room", "b", renamed_from="a")],
        [applied("Room", "a", 1), applied("Room", "b", 2)],
        [live("Room", "a", 1), live("Room", "b", 2)],
    )
    assert [(one.action, one.address.name, one.renamed_to_by) for one in made.actions] == [
        ("delete", "a", Address("Room", "b"))
    ]


def test_a_deletion_and_a_creation_that_are_alike_are_suggested_as_a_rename():
    fields = {"layout": "3x3", "max_members": 7}
    wanted = [
        desired("Room", "new", display_name="New", **fields),
        desired("Conference", "c", display_name="C", layout="3x3"),
    ]
    made = plan(
        wanted,
        [applied("Room", "old", 1, display_name="Old", **fields)],
        [live("Room", "old", 1, **fields)],
    )
    assert made.suggestions == ((Address("Room", "old"), Address("Room", "new")),)


def test_what_is_not_alike_is_not_suggested():
    made = plan(
        [desired("Room", "new", layout="3x3")],
        [applied("Room", "old", 1, layout="5x5")],
        [live("Room", "old", 1, layout="5x5")],
    )
    assert made.suggestions == ()


def test_a_rename_outside_is_drift():
    made = plan(
        [desired("Room", "lobby")], [applied("Room", "lobby", 1)], [live("Room", "foyer", 1)]
    )
    assert made.actions[0].changes == (
        FieldChange("name", "foyer", "lobby", "drift", Origin(Place("m.yaml", 1, 1))),
    )
    assert renames(made) == [("rename", "foyer", "lobby", ident(1))]


def test_manifests_that_follow_a_rename_outside_need_no_request():
    made = plan(
        [desired("Room", "foyer")], [applied("Room", "lobby", 1)], [live("Room", "foyer", 1)]
    )
    assert (made.actions, made.record_updates, made.record_removals) == (
        (),
        (applied("Room", "foyer", 1),),
        (applied("Room", "lobby", 1),),
    )


def test_renaming_what_is_not_ours_is_an_adoption():
    made = plan([desired("Room", "new", renamed_from="old")], [], [live("Room", "old", 1)])
    assert renames(made) == [("adopt", "old", "new", ident(1))]


A, B, C = (f"rtmp://example.com/live/{key}" for key in "abc")


def stream_changes(wanted, known, there):
    made = plan(
        [desired("Room", "lobby", streams=wanted)],
        [applied("Room", "lobby", 1, streams=known)],
        [live("Room", "lobby", 1, streams=there)],
    )
    return [
        (
            change.path,
            change.before and change.before["url"].value,
            change.after and change.after["url"].value,
            change.origin,
            change.child_id,
        )
        for action in made.actions
        for change in action.changes
    ]


@pytest.mark.parametrize(
    ("wanted", "known", "there", "found"),
    [
        ([A], [], [], [("streams[0]", None, A, "manifest", None)]),
        ([A], [(11, A)], [(11, A)], []),
        ([A, B], [(12, B), (11, A)], [(12, B), (11, A)], []),
        ([A], [(11, A)], [], [("streams[0]", None, A, "drift", None)]),
        ([], [(11, A)], [(11, A)], [("streams[0]", A, None, "manifest", ident(11))]),
        ([A], [(11, A)], [(11, A), (12, B)], [("streams[1]", B, None, "drift", ident(12))]),
        ([B], [(11, A)], [(11, A)], [("streams[0]", A, B, "manifest", ident(11))]),
        ([A], [(11, A)], [(11, B)], [("streams[0]", B, A, "drift", ident(11))]),
        ([C], [(11, A)], [(11, B)], [("streams[0]", B, C, "conflict", ident(11))]),
        ([A, A], [(11, A)], [(11, A)], [("streams[1]", None, A, "manifest", None)]),
    ],
)
def test_streams_are_managed_with_their_parent(wanted, known, there, found):
    assert stream_changes(wanted, known, there) == found


def test_streams_declared_no_longer_give_back_only_what_we_made():
    made = plan(
        [desired("Room", "lobby")],
        [applied("Room", "lobby", 1, streams=[(11, A)])],
        [live("Room", "lobby", 1, streams=[(11, A), (12, B)])],
    )
    assert made.actions[0].changes == (
        FieldChange(
            "streams[0]", {"url": Secret(A)}, None, "released", child="streams", child_id=ident(11)
        ),
    )


def test_undeclared_streams_are_left_alone():
    assert (
        plan(
            [desired("Room", "lobby")],
            [applied("Room", "lobby", 1)],
            [live("Room", "lobby", 1, streams=[(11, A)])],
        ).actions
        == ()
    )


def test_the_order_of_the_input_changes_nothing():
    wanted = [desired("Room", name, layout="3x3") for name in "abc"]
    known = [applied("Room", name, number) for number, name in enumerate("xyz", 1)]
    there = [live("Room", name, number) for number, name in enumerate("xyz", 1)] + [
        live("Conference", "u", 9)
    ]
    assert plan(wanted, known, there) == plan(wanted[::-1], known[::-1], there[::-1])


def test_the_fingerprint_tells_another_live_value():
    wanted, known = [desired("Room", "lobby", layout="3x3")], [applied("Room", "lobby", 1)]
    first, second = (
        plan(wanted, known, [live("Room", "lobby", 1, max_members=number)]).actions[0]
        for number in (5, 6)
    )
    assert first.fingerprint != second.fingerprint
    assert replace(first, fingerprint=None) == replace(second, fingerprint=None)


def test_whose_protection_begins_or_ends_is_told_once_it_is_recorded():
    made = plan(
        [
            desired("Room", "a", protect=True),
            desired("Room", "b"),
            desired("Room", "c", protect=True),
            desired("Room", "new", protect=True),
        ],
        [
            applied("Room", "a", 1),
            applied("Room", "b", 2, protect=True),
            applied("Room", "c", 3, protect=True),
        ],
        [live("Room", "a", 1), live("Room", "b", 2), live("Room", "c", 3)],
    )
    assert made.protection == ((Address("Room", "a"), True), (Address("Room", "b"), False))
    assert made.record_updates == (
        applied("Room", "a", 1, protect=True),
        applied("Room", "b", 2),
    )
    assert made.noop == 3


def test_only_the_record_of_what_is_gone_is_removed_and_not_that_of_a_deletion():
    known = [applied("Room", "a", 1), applied("Room", "gone", 2)]
    for prune in (True, False):
        made = plan([], known, [live("Room", "a", 1)], prune=prune)
        assert made.record_removals == (known[1],)
        assert len(made.actions) == (1 if prune else 0)
        assert (made.managed, made.missing) == ({"Room": 1}, {"Room": 1})


def test_what_is_counted_in_a_plan():
    made = plan(
        [desired("Room", "a"), desired("Conference", "c", display_name="C")],
        [applied("Room", "a", 1), applied("Conference", "h", 2), applied("Conference", "i", 3)],
        [live("Room", "a", 1), live("Conference", "h", 2), live("Room", "x", 9)],
        space="s",
        project="p",
        digests={"m.yaml": "1"},
        reason="why",
    )
    assert (made.space, made.project) == ("s", "p")
    assert made.digests == {"m.yaml": "1", "actions": made.digests["actions"]}
    assert (made.declared, made.noop) == (2, 1)
    assert (made.managed, made.missing) == ({"Room": 1, "Conference": 1}, {"Conference": 1})
    assert made.ids == {ident(number) for number in (1, 2, 3, 9)}
    assert [one.reason for one in made.actions] == ["", "why"]
    assert plan().digests.keys() == {"actions"}
    assert (plan().space, plan().project) == ("", "")


def test_the_ids_of_a_plan_are_in_lower_case_and_have_those_of_streams():
    there = replace(
        live("Room", "a", 1, streams=[(7, "rtmp://a.example/x")]), id=ident(1).upper() + "A"
    )
    known = replace(applied("Room", "b", 2, streams=[(8, "rtmp://b.example/x")]), id="BB")
    assert plan([], [known], [there]).ids == {f"{ident(1)}a", ident(7), "bb", ident(8)}


def test_a_selection_limits_orphans_skipped_renames_and_records_too():
    known = [applied("Room", "a", 1), applied("Room", "b", 2), applied("Room", "old", 3)]
    wanted = [desired("Room", "old"), desired("Room", "new", renamed_from="old")]
    there = [live("Room", "a", 1), live("Room", "old", 3)]
    everything = plan(wanted, known, there)
    assert [one.address.name for one in everything.passed_over] == ["new"]
    assert everything.record_removals == (known[1],)
    only_a = plan(wanted, known, there, only={Address("Room", "a")})
    assert [(one.action, one.address.name) for one in only_a.actions] == [("delete", "a")]
    assert (only_a.passed_over, only_a.record_removals) == ((), ())
