from pathlib import Path

import pytest

from tests.commands.words import MANIFESTS, conference, counts, manifest, room, rooms


def test_destroy_deletes_what_is_managed_and_nothing_else(apply, done, plan, space):
    apply(*rooms("a", "b", "c"), conference("a"))
    space.create("Room", name="free")

    result = done("destroy", "--yes")

    assert result.out.splitlines()[-1] == "Applied: 4 deleted."
    assert space.names() == {"Room/free"}
    assert plan()["summary"] == counts(create=4, unmanaged=1)


def test_destroy_of_a_path_deletes_what_is_declared_there(apply, declare, done, space):
    apply(*rooms("a", "b", "c"))
    declare(room("b"), to="b.yaml")

    done("destroy", "b.yaml", "--yes")

    assert space.names() == {"Room/a", "Room/c"}


def test_destroy_of_what_is_declared_and_not_ours_deletes_nothing(declare, done, space):
    space.create("Room", name="a")
    declare(room("a"))

    done("destroy", MANIFESTS, "--yes")

    assert space.names() == {"Room/a"}


def test_destroy_of_nothing_needs_no_consent(done, space):
    done("destroy")

    assert space.writes == []


def test_destroy_twice_is_the_same_as_once(apply, done, space):
    apply(room("a"))

    done("destroy", "--yes")
    done("destroy", "--yes")

    assert space.writes == [("POST", "Room"), ("DELETE", "Room")]


def test_destroy_does_not_say_that_a_declared_resource_is_declared_no_longer(apply, done, space):
    apply(room("a"))

    assert "no longer declared" not in done("destroy", MANIFESTS, "--yes").out
    assert space.names() == set()


def test_destroy_as_json(apply, done, space):
    apply(*rooms("a", "b"))

    outcomes = done("destroy", MANIFESTS, "--yes", "--format", "json").json["outcomes"]

    assert [(one["action"], one["name"], one["status"]) for one in outcomes] == [
        ("delete", "a", "done"),
        ("delete", "b", "done"),
    ]
    assert space.names() == set()


@pytest.mark.parametrize("flags", [["--yes"], []])
def test_destroy_of_a_missing_path_deletes_nothing(apply, reconciler, space, flags):
    apply(room("a"))

    assert reconciler("destroy", "nowhere.yaml", *flags).code == 1
    assert space.names() == {"Room/a"}


@pytest.mark.parametrize("named", [(), (MANIFESTS,)], ids=["all", "by path"])
def test_what_a_manifest_protects_is_refused_also_where_that_was_never_applied(
    apply, declare, reconciler, space, named
):
    apply(*rooms("a", "b"))
    declare(room("a", protect=True), room("b"))

    code, out, err = reconciler("destroy", *named, "--yes")

    assert (code, space.names()) == (3, {"Room/a", "Room/b"})
    assert "Room/a is protected and would be deleted" in out + err


def test_what_is_to_be_renamed_is_protected_by_its_new_name(apply, declare, reconciler, space):
    apply(room("a"))
    declare(room("b", renamed_from="a", protect=True))

    assert reconciler("destroy", "--yes").code == 3
    assert space.names() == {"Room/a"}


def test_destroy_of_everything_asks_nothing_of_manifests_that_are_wrong(apply, done, space):
    apply(room("a"))
    Path(MANIFESTS).write_text("kind: [\n")

    done("destroy", "--yes")

    assert space.names() == set()


def test_a_part_of_the_project_is_told_which_file_its_presets_are_in(declare, reconciler, done):
    Path("reconciler.yaml").write_text("manifests: [manifests]\n", encoding="utf-8")
    declare(manifest("Preset", "base", quality="1080p"), to="manifests/presets/base.yaml")
    declare(manifest("Room", "lobby", presets=["base", "bse"]), to="manifests/rooms/lobby.yaml")

    code, _, err = reconciler("destroy", "manifests/rooms", "--yes")

    assert code == 1
    assert "there is no Preset 'base' in these manifests" in err
    assert (
        "= it is declared in manifests/presets/base.yaml, which was not named: name that too" in err
    )
    assert "= declare it: kind: Preset, metadata: {name: bse}" in err
    declare(manifest("Room", "lobby", presets=["base"]), to="manifests/rooms/lobby.yaml")
    done("validate", "manifests/rooms", "manifests/presets/base.yaml")
