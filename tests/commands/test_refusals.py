"""What is not safe is refused with 3, writes nothing, and names the one flag that consents to exactly this."""

import shlex
from pathlib import Path

import pytest

from reconciler.state.backends.local import LocalState
from tests.commands.words import CREDENTIALS, MANIFESTS, conference, counts, flags_in, room

# Protection


def test_a_protected_resource_is_not_deleted_by_any_flag(apply, declare, refused, space):
    apply(room("a", protect=True), room("b"))
    declare(room("b"))

    message = refused("--allow-delete", "Room=9", "--allow-live", "Room/a", "--adopt", "Room/a")

    assert "Room/a" in message
    assert "protect" in message
    assert flags_in(message) == []
    assert space.names() == {"Room/a", "Room/b"}


def test_a_flag_beside_what_no_flag_passes_is_not_said_to_be_enough(apply, declare, refused):
    apply(*(room(name, protect=name == "a") for name in "abcde"))
    declare(room("e"))

    message = refused()

    assert "to consent to exactly this" not in message
    assert (
        "no flag allows it for Room/a: correct that first; flags for the rest: --allow-delete Room=4"
        in message
    )


def test_lifting_the_protection_is_an_apply_of_its_own(apply, space):
    apply(room("a", protect=True), room("b"))

    apply(room("a"), room("b"))
    apply(room("b"))

    assert space.names() == {"Room/b"}


def test_saying_protect_false_lifts_it_as_well(apply, space):
    apply(room("a", protect=True), room("b"))

    apply(room("a", protect=False), room("b"))
    apply(room("b"))

    assert space.names() == {"Room/b"}


def test_protecting_what_is_there_needs_no_other_change_to_be_remembered(apply, declare, refused):
    apply(room("a"), room("b"))
    apply(room("a", protect=True), room("b"))
    declare(room("b"))

    refused()


def test_a_protected_resource_is_not_renamed(apply, declare, refused, space):
    apply(room("a", protect=True))
    declare(room("b", renamed_from="a"))

    message = refused()

    assert "protect" in message
    assert space.names() == {"Room/a"}


def test_a_protected_resource_can_be_updated(apply, space):
    apply(room("a", protect=True, layout="2x2"))

    apply(room("a", protect=True, layout="3x3"))

    assert space.get("Room", "a")["layout"] == "3x3"


def test_destroy_is_refused_as_a_whole_where_something_is_protected(apply, refused, space):
    apply(room("a", protect=True), room("b"))

    assert "Room/a" in refused(command="destroy")
    assert space.names() == {"Room/a", "Room/b"}


# Live sessions


def test_a_room_in_session_is_deleted_only_with_consent(apply, declare, refused, done, space):
    apply(room("a"), room("b"))
    space.space.start_session("Room", "a", members=3)
    declare(room("b"))

    message = refused("--allow-delete", "Room=1")

    assert "Room/a" in message
    assert flags_in(message) == ["--allow-live Room/a"]
    done("apply", MANIFESTS, "--yes", "--allow-live", "Room/a")
    assert space.names() == {"Room/b"}


def test_a_room_in_session_is_renamed_only_with_consent(apply, declare, refused, done, space):
    apply(room("a"))
    space.space.start_session("Room", "a", members=1)
    declare(room("b", renamed_from="a"))

    assert flags_in(refused()) == ["--allow-live Room/a"]
    done("apply", MANIFESTS, "--yes", "--allow-live", "Room/a")
    assert space.names() == {"Room/b"}


def test_a_conference_in_session_is_guarded_as_well(apply, declare, refused, space):
    apply(conference("a"), conference("b"))
    space.space.start_session("Conference", "a", members=1)
    declare(conference("b"))

    assert flags_in(refused()) == ["--allow-live Conference/a"]


def test_destroy_needs_consent_for_a_live_session(apply, refused, done, space):
    apply(room("a"), room("b"))
    space.space.start_session("Room", "a", members=1)

    assert flags_in(refused(command="destroy")) == ["--allow-live Room/a"]
    done("destroy", MANIFESTS, "--yes", "--allow-live", "Room/a")
    assert space.names() == set()


def test_a_session_that_has_ended_is_no_reason(apply, space):
    apply(room("a"), room("b"))
    space.space.end_session(space.space.start_session("Room", "a", members=1))

    apply(room("b"))

    assert space.names() == {"Room/b"}


def test_a_room_in_session_can_be_updated(apply, space):
    apply(room("a", layout="2x2"))
    space.space.start_session("Room", "a", members=1)

    apply(room("a", layout="3x3"))

    assert space.get("Room", "a")["layout"] == "3x3"


# Adoption


def test_what_was_not_made_here_is_taken_over_only_with_consent(
    declare, refused, done, plan, space
):
    space.create("Room", name="a", layout="5x5")
    declare(room("a", layout="2x2"), room("b"))

    message = refused()

    assert "Room/a" in message
    assert flags_in(message) == ["--adopt Room/a"]
    done("apply", MANIFESTS, "--yes", "--adopt", "Room/a")
    assert space.get("Room", "a")["layout"] == "2x2"
    assert plan()["summary"] == counts(noop=2)


def test_adopting_what_is_as_declared_writes_nothing_to_the_space(declare, done, plan, space):
    space.create("Room", name="a", layout="2x2", description="theirs")
    declare(room("a", layout="2x2"))
    before = list(space.space.ledger)

    done("apply", MANIFESTS, "--yes", "--adopt", "Room/a")

    assert space.space.ledger == before
    assert plan()["summary"] == counts(noop=1)


def test_what_was_adopted_is_ours_to_delete_and_what_was_not_is_not(declare, done, space):
    space.create("Room", name="a")
    space.create("Room", name="free")
    declare(room("a"), room("b"))
    done("apply", MANIFESTS, "--yes", "--adopt", "Room/a")

    declare(room("b"))
    done("apply", MANIFESTS, "--yes")

    assert space.names() == {"Room/b", "Room/free"}


def test_a_lost_record_adopts_and_deletes_nothing_in_silence(apply, refused, space):
    apply(room("a"), room("b"))
    for path in Path(".reconciler").iterdir():
        path.unlink()

    assert flags_in(refused()) == ["--adopt Room/a", "--adopt Room/b"]
    assert space.names() == {"Room/a", "Room/b"}


# A locked record


@pytest.fixture
def locked(apply, space):
    """The record of one room is locked by somebody else."""
    apply(room("a"))
    path = next(Path(".reconciler").glob("*.state.json"))
    name = path.name.removesuffix(".state.json").replace("_", ":")
    with LocalState(path, space=name, project=CREDENTIALS[0]).lock(
        reason="apply of release 7", since="2026-01-01T12:00:00Z"
    ):
        yield space


@pytest.mark.usefixtures("locked")
@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_a_locked_record_refuses_and_names_the_holder(declare, refused, command):
    declare(room("a", layout="2x2"))

    message = refused(command=command)

    assert "locked" in message
    assert "apply of release 7" in message


def test_a_plan_or_drift_needs_no_lock(locked, declare, plan, reconciler):
    declare(room("a", layout="2x2"))

    assert plan()["summary"] == counts(update=1)
    assert reconciler("drift", MANIFESTS).code == 0
    assert locked.writes == [("POST", "Room")]


def test_a_lock_that_was_let_go_is_no_hindrance(apply, space):
    apply(room("a"))
    path = next(Path(".reconciler").glob("*.state.json"))
    with LocalState(path, space="", project="").lock(reason="x", since="y"):
        pass

    apply(room("a", layout="2x2"))

    assert space.get("Room", "a")["layout"] == "2x2"


# Consent means what was shown


@pytest.mark.parametrize("flag", ["--adopt", "--allow-live"])
@pytest.mark.parametrize(
    "beside",
    [
        ["--yes"],
        [],
        ["Room"],
        ["Room="],
        ["Room/"],
        ["Room=all"],
        ["Room=-1"],
        ["rooms/"],
        ["a"],
        [""],
    ],
)
def test_a_consent_that_names_nothing_is_an_error_with_the_form_that_does(
    declare, reconciler, space, flag, beside
):
    space.create("Room", name="a")
    declare(room("a"))

    code, out, err = reconciler("apply", MANIFESTS, "--yes", flag, *beside)

    assert (code, out) == (1, "")
    assert f"{flag} KIND/NAME" in err
    assert f"{flag} Room/NAME" in err
    assert f"{flag} Room=3" in err
    assert space.writes == [("POST", "Room")]


def test_a_bare_consent_is_an_error_for_destroy_too(apply, reconciler, space):
    apply(room("a"))

    code, _, err = reconciler("destroy", MANIFESTS, "--yes", "--allow-live")

    assert (code, "--allow-live Room/NAME" in err, space.names()) == (1, True, {"Room/a"})


@pytest.mark.parametrize("consent", ["Room/a", "Room=1"])
def test_a_session_that_began_since_is_refused_again(apply, declare, refused, space, consent):
    apply(room("a"), room("b"), room("c"), room("d"), room("e"))
    space.space.start_session("Room", "a", members=1)
    declare(room("c"), room("d"), room("e"))
    assert flags_in(refused()) == ["--allow-live Room/a"]

    space.space.start_session("Room", "b", members=1)
    message = refused("--allow-live", consent)

    named = (
        ["--allow-live Room/b"]
        if consent == "Room/a"
        else ["--allow-live Room/a", "--allow-live Room/b"]
    )
    assert flags_in(message) == named
    assert space.names() == {"Room/a", "Room/b", "Room/c", "Room/d", "Room/e"}


@pytest.mark.parametrize("consent", ["Room/a", "Room=1"])
def test_a_resource_that_came_since_is_not_adopted(declare, refused, space, consent):
    space.create("Room", name="a")
    declare(room("a"), room("b"))
    assert flags_in(refused()) == ["--adopt Room/a"]

    space.create("Room", name="b")
    message = refused("--adopt", consent)

    assert flags_in(message) == (
        ["--adopt Room/b"] if consent == "Room/a" else ["--adopt Room/a", "--adopt Room/b"]
    )


def test_the_flags_that_a_refusal_prints_are_enough_and_can_be_pasted(
    apply, declare, refused, done, space
):
    apply(*(room(name) for name in "abcdef"), conference("hall"))
    space.space.start_session("Room", "a", members=1)
    space.space.start_session("Conference", "hall", members=1)
    for name in ("x", "y"):
        space.create("Room", name=name)
    declare(room("renamed", renamed_from="b"), room("f"), room("x"), room("y"))

    hint = refused("--adopt", "Room/x").partition("to consent to exactly this: ")[2].splitlines()[0]

    done("apply", MANIFESTS, "--yes", "--adopt", "Room/x", *shlex.split(hint))
    assert space.names() == {"Room/renamed", "Room/f", "Room/x", "Room/y"}


def test_many_are_consented_to_by_their_number(declare, refused, done, space):
    names = [f"room-{number}" for number in range(12)]
    for name in names:
        space.create("Room", name=name)
    declare(*(room(name) for name in names))

    assert flags_in(refused()) == ["--adopt Room=12"]
    refused("--adopt", "Room=11")
    done("apply", MANIFESTS, "--yes", "--adopt", "Room=12")


def test_a_consent_for_one_kind_is_none_for_another(declare, refused, space):
    space.create("Room", name="a")
    space.create("Conference", name="a", display_name="A")
    declare(room("a"), conference("a"))

    assert "Conference/a exists" in refused("--adopt", "Room=9")
    assert "Conference/a exists" in refused("--adopt", "Room/a")
