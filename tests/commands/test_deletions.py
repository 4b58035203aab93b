"""Deletions in bulk are refused with 3 unless the flag for exactly these is given; few are not."""

from pathlib import Path

import pytest

from tests.commands.words import MANIFESTS, conference, flags_in, manifest, room, rooms


def safety(text):
    Path("reconciler.yaml").write_text(f"safety: {{{text}}}\n", encoding="utf-8")


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
    assert flags_in(refused("--allow-live", "Room/a", "--adopt", "Room/a")) == [
        "--allow-delete Room=3"
    ]
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


@pytest.mark.parametrize(
    ("rule", "there", "left"),
    [("max_delete_share: 0.9", 5, 1), ("max_delete_share: 1, max_delete_count: 40", 30, 1)],
)
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


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_a_deletion_that_takes_a_stranger_s_stream_along_is_refused_before_anything_is_written(
    apply, declare, plan, reconciler, space, command
):
    apply(room("a"), room("b"), room("c"))
    space.stream_to("Room", "a", "rtmp://ext.example/x")
    declare(room("b", layout="3x3"), room("c"))
    before = list(space.space.ledger)

    code, out, err = (
        reconciler(command, MANIFESTS, "--yes")
        if command == "apply"
        else reconciler(command, "--yes")
    )

    assert (code, space.space.ledger) == (3, before)
    assert (
        "Room/a would be deleted, and with it 1 stream that this tool did not create" in out + err
    )
    assert "declare its streams and apply" in " ".join((out + err).split())
    if command == "apply":
        [refusal] = plan()["refusals"]
        assert refusal["consent"] == ""


def test_streams_of_its_own_go_with_a_room(apply, space):
    apply(room("a", streams=[{"url": "rtmp://a.example/x"}]), room("b"), room("c"))

    apply(room("b"), room("c"))

    assert space.names() == {"Room/b", "Room/c"}
