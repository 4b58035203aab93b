import json
from pathlib import Path

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import MAKERS, MANIFESTS, actions, counts, room


@pytest.mark.parametrize("declared", MAKERS.values(), ids=MAKERS)
def test_a_rename_keeps_the_id_and_is_one_request(apply, plan, space, declared):
    apply(declared("a"))
    kind, before = declared("a")["kind"], space.get(declared("a")["kind"], "a")["id"]

    result = apply(declared("b", display_name="A", renamed_from="a"))

    assert {name: one["id"] for name, one in space.all(kind).items()} == {"b": before}
    assert space.writes == [("POST", kind), ("PUT", kind)]
    assert "Applied: 1 renamed." in result.out
    assert plan()["summary"] == counts(noop=1)


def test_a_rename_can_carry_changes(apply, space):
    apply(room("a", layout="2x2"))

    apply(room("b", renamed_from="a", layout="3x3", max_members=7))

    assert {
        name: (one["layout"], one["max_members"]) for name, one in space.all("Room").items()
    } == {"b": ("3x3", 7)}


def test_the_line_may_stay_after_the_rename(apply, plan, space):
    apply(room("a"))
    apply(room("b", renamed_from="a"))

    assert plan()["summary"] == counts(noop=1)
    apply(room("b"))
    assert plan()["summary"] == counts(noop=1)
    assert space.names() == {"Room/b"}


def test_without_the_line_a_new_name_is_a_new_room(apply, declare, plan, space):
    apply(room("a"), room("c"))
    declare(room("b"), room("c"))

    assert min(actions(plan()))[:2] == ("create", "Room/b")
    assert plan()["summary"] == counts(create=1, delete=1, noop=1)
    assert space.names() == {"Room/a", "Room/c"}


def test_the_line_does_no_harm_where_the_old_one_never_was(apply, space):
    apply(room("b", renamed_from="a"))

    assert space.names() == {"Room/b"}


def test_what_is_not_ours_is_not_renamed_without_consent(declare, reconciler, space):
    theirs = space.create("Room", name="a", layout="5x5")
    declare(room("b", renamed_from="a"))

    code, _, err = reconciler("apply", MANIFESTS, "--yes")

    assert space.get("Room", "a")["id"] == theirs["id"]
    assert code in {0, 3}, err


@pytest.mark.parametrize("answer", ["ignored", "refused"])
def test_where_the_space_does_not_take_it_the_run_says_so_and_nothing_is_lost(
    apply, declare, reconciler, serving, answer
):
    space = serving(put_name=answer)
    apply(room("a", layout="2x2", description="kept"))
    before = space.get("Room", "a")
    declare(room("b", renamed_from="a", layout="2x2", description="kept"))

    code, out, err = reconciler("apply", MANIFESTS, "--yes")

    assert code == 4
    assert "name" in out + err
    assert {name: (one["id"], one["description"]) for name, one in space.all("Room").items()} == {
        "a": (before["id"], "kept")
    }


@pytest.mark.parametrize("answer", ["ignored", "refused"])
def test_a_rename_that_was_not_taken_stays_planned_and_deletes_nothing(
    apply, declare, reconciler, plan, serving, answer
):
    space = serving(put_name=answer)
    apply(room("a"))
    declare(room("b", renamed_from="a"))
    reconciler("apply", MANIFESTS, "--yes")

    assert [one[:2] for one in actions(plan())] == [("rename", "Room/b")]
    declare(room("a"))
    assert plan()["summary"] == counts(noop=1)
    assert space.names() == {"Room/a"}


@pytest.mark.parametrize("answer", ["ignored", "refused"])
def test_other_changes_of_a_rename_that_was_not_taken_are_told_truly(
    apply, declare, reconciler, plan, serving, answer
):
    space = serving(put_name=answer)
    apply(room("a", layout="2x2"))
    declare(room("b", renamed_from="a", layout="3x3"))
    reconciler("apply", MANIFESTS, "--yes")

    changed = {change["path"] for change in plan()["actions"][0]["changes"]}

    assert changed == (
        {"name"} if space.get("Room", "a")["layout"] == "3x3" else {"name", "layout"}
    )


def test_a_rename_onto_a_name_that_is_taken_loses_neither(apply, declare, reconciler, space):
    apply(room("a"))
    theirs = space.create("Room", name="b", layout="5x5")["id"]
    ours = space.get("Room", "a")["id"]
    declare(room("b", renamed_from="a"))

    code, out, err = reconciler("apply", MANIFESTS, "--yes")

    assert code in {1, 3, 4}, out + err
    assert {ours, theirs} == {one["id"] for one in space.all("Room").values()}
    assert space.get("Room", "b")["layout"] == "5x5"


def test_two_rooms_can_swap_their_names(apply, space):
    apply(room("a", layout="2x2"), room("b", layout="3x3"))
    before = {one["id"] for one in space.all("Room").values()}

    apply(room("a", renamed_from="b", layout="3x3"), room("b", renamed_from="a", layout="2x2"))

    assert {name: one["layout"] for name, one in space.all("Room").items()} == {
        "a": "3x3",
        "b": "2x2",
    }
    assert {one["id"] for one in space.all("Room").values()} == before


@pytest.mark.parametrize("gone", ["a", "b"])
def test_a_swap_of_which_one_is_gone_leaves_no_record_behind(apply, space, gone):
    apply(room("a", layout="2x2"), room("b", layout="3x3"))
    space.remove("Room", gone)

    apply(room("a", layout="3x3", renamed_from="b"), room("b", layout="2x2", renamed_from="a"))

    record = json.loads(next(Path(".reconciler").glob("*.state.json")).read_text(encoding="utf-8"))
    assert [one["name"] for one in record["resources"]] == ["a", "b"]


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_selection_that_cuts_through_a_swap_names_the_other_half(
    apply, declare, reconciler, space, command
):
    apply(room("a", layout="2x2"), room("b", layout="3x3"))
    declare(room("a", renamed_from="b", layout="3x3"), room("b", renamed_from="a", layout="2x2"))

    code, _, err = reconciler(command, MANIFESTS, "--target", "Room/a")

    assert code == 1
    assert (
        "the selection holds only a part of a rename: Room/a can have its name only after Room/b is renamed"
        in err
    )
    assert "select both: add --target Room/b" in err
    assert {name: one["layout"] for name, one in space.all("Room").items()} == {
        "a": "2x2",
        "b": "3x3",
    }


def test_both_halves_of_a_swap_can_be_selected(apply, declare, done, plan, space):
    apply(room("a", layout="2x2"), room("b", layout="3x3"), room("c"))
    declare(
        room("a", renamed_from="b", layout="3x3"),
        room("b", renamed_from="a", layout="2x2"),
        room("c", layout="5x5"),
    )

    done("apply", MANIFESTS, "--yes", "--target", "Room/a", "--target", "Room/b")

    assert {name: one["layout"] for name, one in space.all("Room").items()} == {
        "a": "3x3",
        "b": "2x2",
        "c": "grid-responsive",
    }


def test_the_last_link_of_a_chain_can_be_renamed_alone(apply, declare, done, space):
    apply(room("a", layout="2x2"), room("b", layout="3x3"))
    declare(room("b", renamed_from="a", layout="2x2"), room("c", renamed_from="b", layout="3x3"))

    done("apply", MANIFESTS, "--yes", "--target", "Room/c")

    assert {name: one["layout"] for name, one in space.all("Room").items()} == {
        "a": "2x2",
        "c": "3x3",
    }


def test_a_rename_to_a_name_that_a_stranger_bears_is_refused_before_anything_is_written(
    apply, declare, reconciler, space
):
    apply(room("a", layout="2x2"), room("c"))
    space.create("Room", name="b", layout="5x5")
    declare(room("b", renamed_from="a", layout="2x2"), room("c", layout="3x3"))
    before = space.all("Room")

    code, out, _ = reconciler("apply", MANIFESTS, "--yes")

    assert (code, "Room/a would be renamed to 'b', which is taken" in out, space.all("Room")) == (
        3,
        True,
        before,
    )


def test_a_renamed_room_is_known_by_its_new_name_alone(apply, declare, plan, space):
    apply(room("a"), room("c"))
    apply(room("b", renamed_from="a"), room("c"))
    declare(room("c"))

    assert actions(plan()) == [("delete", "Room/b", [])]
    assert space.names() == {"Room/b", "Room/c"}


def test_a_room_renamed_outside_is_still_ours_by_its_id(apply, plan, space):
    apply(room("a"), room("c"))
    space.ask("PUT", f"/rooms/{space.get('Room', 'a')['id']}", {"name": "z"})

    document = plan()

    assert document["summary"]["drifted"] == 1
    assert [one[0] for one in actions(document)] in (["rename"], ["create"])
    assert document["summary"]["delete"] == 0


def ids(space):
    return {name: one["id"] for name, one in space.all("Room").items()}


def test_a_ring_of_three_goes_round(apply, plan, space):
    apply(*[room(name) for name in "abc"])
    before = ids(space)

    apply(room("b", renamed_from="a"), room("c", renamed_from="b"), room("a", renamed_from="c"))

    assert ids(space) == {"b": before["a"], "c": before["b"], "a": before["c"]}
    assert plan()["summary"] == counts(noop=3)


@pytest.mark.parametrize("cut", [1, 2])
def test_a_swap_that_fails_half_way_is_finished_by_the_next_run(
    serving, apply, declare, reconciler, plan, cut
):
    space = serving()
    apply(room("a"), room("b"))
    before = ids(space)
    declare(room("b", renamed_from="a"), room("a", renamed_from="b"))
    space.space.knobs = Settings(
        faults=(Fault("PUT", times=None, after=cut, status=422, body='{"errors": []}'),)
    )

    assert reconciler("apply", MANIFESTS, "--yes").code == 4
    space.space.knobs = Settings()
    apply(room("b", renamed_from="a"), room("a", renamed_from="b"))

    assert ids(space) == {"a": before["b"], "b": before["a"]}
    assert plan()["summary"] == counts(noop=2)


def test_the_plan_proposes_a_rename(apply, declare, done, plan, space):
    apply(room("old", layout="3x3", max_members=9), room("other"))
    declare(room("new", layout="3x3", max_members=9), room("other"))

    assert plan()["suggestions"] == [{"renamed_from": "Room/old", "to": "Room/new"}]
    assert "put renamedFrom: old into the metadata of Room/new" in done("plan", MANIFESTS).out


def test_a_rename_that_would_cost_the_old_room_is_refused(apply, declare, reconciler, space):
    apply(room("a"), room("b"), room("c"))
    before = ids(space)
    declare(room("b", renamed_from="a"), room("c"))

    code, out, _ = reconciler("apply", MANIFESTS, "--yes")

    assert (code, "says it is renamed from it and both exist" in out, ids(space)) == (
        3,
        True,
        before,
    )


def test_a_rename_of_what_its_manifest_protects_is_refused(apply, declare, reconciler, space):
    apply(room("a"))
    declare(room("b", renamed_from="a", protect=True))

    code, out, err = reconciler("apply", MANIFESTS, "--yes")

    assert (code, space.names()) == (3, {"Room/a"})
    assert "Room/a is protected and would be renamed to 'b'" in out + err


def test_a_room_that_comes_back_is_not_proposed_as_a_rename(apply, declare, plan, space):
    apply(room("back", layout="3x3"), room("gone", layout="3x3"), room("other"))
    space.remove("Room", "back")
    declare(room("back", layout="3x3"), room("new", layout="3x3"), room("other"))

    assert plan()["suggestions"] == [{"renamed_from": "Room/gone", "to": "Room/new"}]


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_what_was_renamed_outside_and_then_in_the_manifest_is_not_called_gone(
    apply, declare, done, space, form
):
    apply(room("eps"))
    space.ask("PUT", f"/rooms/{space.get('Room', 'eps')['id']}", {"name": "zeta"})
    declare(room("zeta", display_name="eps"))

    shown = done("plan", MANIFESTS, "--format", form).out

    assert "Room/eps is Room/zeta now" in shown
    assert "Renamed outside and declared by the new name" in shown
    assert "No longer in the Space" not in shown


def test_what_was_renamed_outside_keeps_the_time_of_its_writing(apply, done, space):
    apply(room("eps"))
    before = done("state", "show", "Room/eps").json
    space.ask("PUT", f"/rooms/{space.get('Room', 'eps')['id']}", {"name": "zeta"})

    apply(room("zeta", display_name="eps"))

    after = done("state", "show", "Room/zeta").json
    assert (
        (after["applied_at"], after["commit"])
        == (before["applied_at"], before["commit"])
        != ("", "")
    )
    assert " -  " not in done("state", "list").out
