"""A run that is given a part of the project deletes nothing that the rest of the project declares."""

from pathlib import Path

import pytest

from tests.commands.words import conference, room, rooms, write_manifests


@pytest.fixture
def project(space, done):
    """A project of two rooms and a conference, applied."""
    Path("reconciler.yaml").write_text("manifests: [manifests]\n")
    write_manifests(*rooms("alpha", "beta"), to="manifests/rooms/rooms.yaml")
    write_manifests(conference("hall"), to="manifests/conferences/hall.yaml")
    done("apply", "--yes")
    return space


def test_what_other_files_declare_is_left_alone_and_told_once(project, done):
    ran = done("apply", "manifests/rooms", "--yes")

    assert project.names() == {"Room/alpha", "Room/beta", "Conference/hall"}
    assert (
        ran.err.count(
            "Not changed, declared in files that were not named: Conference/hall (manifests/conferences/hall.yaml)"
        )
        == 1
    )
    assert "No changes" in ran.out + ran.err


def test_its_record_stays_too(project, done):
    done("apply", "manifests/rooms", "--yes")

    assert "Conference/hall" in done("state", "list").out
    assert "No changes" in done("plan").out


def test_what_nobody_declares_any_more_is_still_deleted(project, done):
    write_manifests(room("alpha"), to="manifests/rooms/rooms.yaml")

    done("apply", "manifests/rooms", "--yes")

    assert project.names() == {"Room/alpha", "Conference/hall"}


def test_what_the_given_folder_declares_is_changed_all_the_same(project, done):
    write_manifests(*rooms("alpha", "gamma", layout="3x3"), to="manifests/rooms/rooms.yaml")

    done("apply", "manifests/rooms", "--yes")

    assert project.names() == {"Room/alpha", "Room/gamma", "Conference/hall"}
    assert project.get("Room", "alpha")["layout"] == "3x3"


def test_where_the_others_cannot_be_read_nothing_is_deleted(project, done):
    Path("manifests/conferences/hall.yaml").write_text("apiVersion: [\n")
    write_manifests(room("alpha"), to="manifests/rooms/rooms.yaml")

    ran = done("apply", "manifests/rooms", "--yes")

    assert project.names() == {"Room/alpha", "Room/beta", "Conference/hall"}
    assert (
        "2 deletions left out: the project's other manifests may declare this, but they have errors"
        in ran.err
    )


def test_a_variable_of_the_others_that_is_not_set_is_no_matter(project, done):
    hall = conference("hall", display_name="${env:NOBODY_SET_THIS}")
    write_manifests(hall, to="manifests/conferences/hall.yaml")

    ran = done("plan", "manifests/rooms")

    assert "Not changed" in ran.err
    assert "No changes" in ran.out


def test_a_target_that_is_declared_elsewhere_is_not_deleted(project, done):
    done("apply", "manifests/rooms", "--target", "Conference/hall", "--yes")

    assert "Conference/hall" in project.names()


def test_all_of_the_project_by_its_paths_is_no_part_of_it(project, done):
    Path("manifests/conferences/hall.yaml").unlink()
    Path("manifests/conferences").rmdir()

    ran = done("apply", "./manifests", "--yes")

    assert (project.names(), "Not changed" in ran.err) == ({"Room/alpha", "Room/beta"}, False)


def test_without_a_project_the_given_paths_are_all_there_is(space, done):
    write_manifests(*rooms("alpha"), to="one/rooms.yaml")
    write_manifests(*rooms("beta"), to="two/rooms.yaml")
    done("apply", "one", "two", "--yes")

    done("apply", "one", "--yes")

    assert space.names() == {"Room/alpha"}
