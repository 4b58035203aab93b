"""What is not safe is refused with 3, writes nothing, and names the one flag that consents to exactly this."""

from pathlib import Path

import pytest

from reconciler.state.local import LocalState
from tests.cli.words import CREDENTIALS, MANIFESTS, conference, counts, manifest, room, rooms


def recorded():
    """All that is kept of what was applied: the record, its backups, its journal."""
    return {path: path.read_bytes() for path in Path(".reconciler").glob("*.state.json*") if path.suffix != ".lock"}


@pytest.fixture
def refused(reconciler, space):
    """Run apply, which must be refused and write nothing; gives the message."""

    def ran(*flags, command="apply"):
        before, record = list(space.space.ledger), recorded()
        code, _, err = reconciler(command, MANIFESTS, "--yes", *flags)
        assert code == 3, err
        assert space.space.ledger == before
        assert recorded() == record
        return err

    return ran


def flags_in(message):
    """The consenting flags that a message names."""
    words = message.replace(",", " ").split()
    return [
        f"{word} {words[at + 1]}" if word == "--allow-delete" else word
        for at, word in enumerate(words)
        if word in {"--adopt", "--allow-live", "--allow-delete"}
    ]


def safety(text):
    Path("reconciler.yaml").write_text(f"safety: {{{text}}}\n", encoding="utf-8")


# Deletions in bulk


@pytest.mark.parametrize(("there", "left"), [(1, 0), (2, 1), (3, 2), (4, 2), (20, 10)])
def test_a_single_deletion_or_half_of_them_passes(apply, space, there, left):
    names = [f"r{number}" for number in range(there)]
    keep = conference("keep")
    apply(keep, *rooms(*names))

    apply(keep, *rooms(*names[:left]))

    assert len(space.all("Room")) == left


@pytest.mark.parametrize(("there", "left"), [(2, 0), (3, 1), (3, 0), (5, 2), (21, 10)])
def test_more_than_half_of_a_kind_needs_consent(apply, declare, refused, done, space, there, left):
    names = [f"r{number}" for number in range(there)]
    keep = conference("keep")
    apply(keep, *rooms(*names))
    declare(keep, *rooms(*names[:left]))

    consent = flags_in(refused())

    assert consent == [f"--allow-delete Room={there - left}"]
    done("apply", MANIFESTS, "--yes", *consent[0].split())
    assert len(space.all("Room")) == left


def test_more_than_20_of_a_kind_need_consent_and_20_do_not(apply, declare, refused, done, space):
    names = [f"r{number:02}" for number in range(50)]
    apply(*rooms(*names))
    declare(*rooms(*names[21:]))

    assert flags_in(refused()) == ["--allow-delete Room=21"]
    declare(*rooms(*names[20:]))
    done("apply", MANIFESTS, "--yes")
    assert len(space.all("Room")) == 30


def test_each_kind_counts_for_itself(apply, declare, done, refused, space):
    apply(*rooms("a", "b", "c", "d"), conference("a"), conference("b"))
    declare(*rooms("a", "b", "c", "d"))
    assert flags_in(refused()) == ["--allow-delete Conference=2"]

    declare(*rooms("a", "b", "c"), conference("a"))
    done("apply", MANIFESTS, "--yes")

    assert space.names() == {"Room/a", "Room/b", "Room/c", "Conference/a"}


def test_consent_is_for_at_most_that_many_and_that_kind(apply, declare, refused, done, space):
    apply(*rooms("a", "b", "c"), conference("keep"))
    declare(conference("keep"))

    assert flags_in(refused("--allow-delete", "Room=2")) == ["--allow-delete Room=3"]
    assert flags_in(refused("--allow-delete", "Conference=3")) == ["--allow-delete Room=3"]
    assert flags_in(refused("--allow-live", "--adopt")) == ["--allow-delete Room=3"]
    done("apply", MANIFESTS, "--yes", "--allow-delete", "Room=12")
    assert space.names() == {"Conference/keep"}


def test_consent_limits_also_what_would_pass_without(apply, declare, reconciler, space):
    apply(*rooms("a", "b", "c", "d"))
    declare(*rooms("a", "b"))

    assert reconciler("apply", MANIFESTS, "--yes", "--allow-delete", "Room=1").code in {0, 3}
    assert {"Room/a", "Room/b"} <= space.names()


def test_two_kinds_need_two_consents_and_both_are_named(apply, declare, refused, done, space):
    apply(*rooms("a", "b"), conference("a"), conference("b"), room("keep"))
    declare(room("keep"))

    assert sorted(flags_in(refused())) == ["--allow-delete Conference=2", "--allow-delete Room=2"]
    assert sorted(flags_in(refused("--allow-delete", "Room=2"))) == ["--allow-delete Conference=2"]
    done("apply", MANIFESTS, "--yes", "--allow-delete", "Room=2", "--allow-delete", "Conference=2")
    assert space.names() == {"Room/keep"}


def test_manifests_without_any_resource_do_not_delete_all(apply, declare, refused, space):
    apply(*rooms("a", "b"))
    declare(manifest("Theme", "brand", dark={"primary": "#102030"}))

    assert flags_in(refused()) == ["--allow-delete Room=2"]
    assert space.names() == {"Room/a", "Room/b"}


@pytest.mark.parametrize(
    ("rule", "there", "left", "consent"),
    [
        ("max_delete_share: 0.2", 5, 3, ["--allow-delete Room=2"]),
        ("max_delete_share: 0.5, max_delete_count: 1", 10, 8, ["--allow-delete Room=2"]),
        ("max_delete_share: 1, max_delete_count: 100", 3, 0, ["--allow-delete Room=3"]),
    ],
)
def test_the_project_file_sets_the_limits(apply, declare, refused, rule, there, left, consent):
    names = [f"r{number}" for number in range(there)]
    apply(conference("keep"), *rooms(*names))
    declare(conference("keep"), *rooms(*names[:left]))
    safety(rule)

    assert flags_in(refused()) == consent


@pytest.mark.parametrize(("rule", "there", "left"), [("max_delete_share: 0.9", 5, 1), ("max_delete_share: 1, max_delete_count: 40", 30, 1)])
def test_the_project_file_can_loosen_the_limits(apply, declare, done, space, rule, there, left):
    names = [f"r{number}" for number in range(there)]
    apply(*rooms(*names))
    declare(*rooms(*names[:left]))
    safety(rule)

    done("apply", MANIFESTS, "--yes")

    assert len(space.all("Room")) == left


def test_a_refused_run_writes_nothing_of_what_was_harmless_in_it(apply, declare, refused, space):
    apply(*rooms("a", "b"))
    declare(room("new"))

    refused()

    assert space.names() == {"Room/a", "Room/b"}


def test_a_refusal_names_the_kind_and_the_figures(apply, declare, refused):
    apply(*rooms("a", "b", "c"))
    declare(room("a"))

    message = refused()

    assert [word for word in ("Room", "2", "3") if word not in message] == []


# Protection


def test_a_protected_resource_is_not_deleted_by_any_flag(apply, declare, refused, space):
    apply(room("a", protect=True), room("b"))
    declare(room("b"))

    message = refused("--allow-delete", "Room=9", "--allow-live", "--adopt")

    assert "Room/a" in message
    assert "protect" in message
    assert flags_in(message) == []
    assert space.names() == {"Room/a", "Room/b"}


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
