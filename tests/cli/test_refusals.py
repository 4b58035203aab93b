"""What is not safe is refused with 3, writes nothing, and names the one flag that consents to exactly this."""

from pathlib import Path

import pytest

from reconciler.state.local import LocalState
from tests.cli.words import CREDENTIALS, MANIFESTS, conference, counts, flags_in, room

# Protection


def test_a_protected_resource_is_not_deleted_by_any_flag(apply, declare, refused, space):
    apply(room("a", protect=True), room("b"))
    declare(room("b"))

    message = refused("--allow-delete", "Room=9", "--allow-live", "--adopt")

    assert "Room/a" in message
    assert "protect" in message
    assert flags_in(message) == []
    assert space.names() == {"Room/a", "Room/b"}


def test_a_flag_beside_what_no_flag_passes_is_not_said_to_be_enough(apply, declare, refused):
    apply(*(room(name, protect=name == "a") for name in "abcde"))
    declare(room("e"))

    message = refused()

    assert "to consent to exactly this" not in message
    assert "no flag consents to all of this: what has none must be mended first; to consent to the rest: --allow-delete Room=4" in message


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
    assert flags_in(message) == ["--allow-live"]
    done("apply", MANIFESTS, "--yes", "--allow-live")
    assert space.names() == {"Room/b"}


def test_a_room_in_session_is_renamed_only_with_consent(apply, declare, refused, done, space):
    apply(room("a"))
    space.space.start_session("Room", "a", members=1)
    declare(room("b", renamed_from="a"))

    assert flags_in(refused()) == ["--allow-live"]
    done("apply", MANIFESTS, "--yes", "--allow-live")
    assert space.names() == {"Room/b"}


def test_a_conference_in_session_is_guarded_as_well(apply, declare, refused, space):
    apply(conference("a"), conference("b"))
    space.space.start_session("Conference", "a", members=1)
    declare(conference("b"))

    assert flags_in(refused()) == ["--allow-live"]


def test_destroy_needs_consent_for_a_live_session(apply, refused, done, space):
    apply(room("a"), room("b"))
    space.space.start_session("Room", "a", members=1)

    assert flags_in(refused(command="destroy")) == ["--allow-live"]
    done("destroy", MANIFESTS, "--yes", "--allow-live")
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


def test_what_was_not_made_here_is_taken_over_only_with_consent(declare, refused, done, plan, space):
    space.create("Room", name="a", layout="5x5")
    declare(room("a", layout="2x2"), room("b"))

    message = refused()

    assert "Room/a" in message
    assert flags_in(message) == ["--adopt"]
    done("apply", MANIFESTS, "--yes", "--adopt")
    assert space.get("Room", "a")["layout"] == "2x2"
    assert plan()["summary"] == counts(noop=2)


def test_adopting_what_is_as_declared_writes_nothing_to_the_space(declare, done, plan, space):
    space.create("Room", name="a", layout="2x2", description="theirs")
    declare(room("a", layout="2x2"))
    before = list(space.space.ledger)

    done("apply", MANIFESTS, "--yes", "--adopt")

    assert space.space.ledger == before
    assert plan()["summary"] == counts(noop=1)


def test_what_was_adopted_is_ours_to_delete_and_what_was_not_is_not(declare, done, space):
    space.create("Room", name="a")
    space.create("Room", name="free")
    declare(room("a"), room("b"))
    done("apply", MANIFESTS, "--yes", "--adopt")

    declare(room("b"))
    done("apply", MANIFESTS, "--yes")

    assert space.names() == {"Room/b", "Room/free"}


def test_a_lost_record_adopts_and_deletes_nothing_in_silence(apply, refused, space):
    apply(room("a"), room("b"))
    for path in Path(".reconciler").iterdir():
        path.unlink()

    assert flags_in(refused()) == ["--adopt"] * 2 or flags_in(refused()) == ["--adopt"]
    assert space.names() == {"Room/a", "Room/b"}


# A locked record


@pytest.fixture
def locked(apply, space):
    """The record of one room is locked by somebody else."""
    apply(room("a"))
    path = next(Path(".reconciler").glob("*.state.json"))
    name = path.name.removesuffix(".state.json").replace("_", ":")
    with LocalState(path, space=name, project=CREDENTIALS[0]).lock(reason="apply of release 7", since="2026-01-01T12:00:00Z"):
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
