import pytest

from tests.cli.words import MANIFESTS, conference, counts, room, rooms


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

    assert [(one["action"], one["name"], one["status"]) for one in outcomes] == [("delete", "a", "done"), ("delete", "b", "done")]
    assert space.names() == set()


@pytest.mark.parametrize("flags", [["--yes"], []])
def test_destroy_of_a_missing_path_deletes_nothing(apply, reconciler, space, flags):
    apply(room("a"))

    assert reconciler("destroy", "nowhere.yaml", *flags).code == 1
    assert space.names() == {"Room/a"}
