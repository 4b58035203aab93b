"""A deletion and a creation that look like one rename: said which it is, and never the old one without the new one."""

import pytest

from tests.commands.words import MAKERS, MANIFESTS, flags_in, room

LIMIT = '{"errors": [{"type": "validation_error", "code": "exceeds_platform_room_limit", "message": "limit", "attribute": null}]}'


@pytest.mark.parametrize("kind", MAKERS)
def test_without_a_terminal_it_is_refused_until_it_is_said_which_it_is(
    apply, declare, done, refused, space, kind
):
    make = MAKERS[kind]
    apply(make("corner", description="weekly"), make("other", layout="3x3"))
    before = space.get(kind, "corner")["id"]
    declare(make("huddle", description="weekly"), make("other", layout="3x3"))
    told = refused()
    assert "look like one rename" in told
    assert flags_in(told) == [f"--allow-delete {kind}=1"]
    declare(
        make("huddle", description="weekly", renamed_from="corner"), make("other", layout="3x3")
    )
    done("apply", MANIFESTS, "--yes")
    assert space.get(kind, "huddle")["id"] == before


def test_with_the_number_they_are_two(apply, declare, done, space):
    apply(room("corner", description="weekly"), room("other"))
    declare(room("huddle", description="weekly"), room("other"))
    done("apply", MANIFESTS, "--yes", "--allow-delete", "Room=1")
    assert space.names() == {"Room/huddle", "Room/other"}


def test_a_saved_plan_is_refused_too(apply, declare, done, reconciler, space):
    apply(room("corner", description="weekly"), room("other"))
    declare(room("huddle", description="weekly"), room("other"))
    assert "look like one rename" in done("plan", MANIFESTS, "--out", "saved.plan.json").out
    assert reconciler("apply", MANIFESTS, "--plan", "saved.plan.json").code == 3
    assert (
        reconciler("apply", MANIFESTS, "--plan", "saved.plan.json", "--allow-delete", "Room=1").code
        == 0
    )


@pytest.mark.parametrize("spec", [{}, {"description": "weekly"}])
def test_names_that_differ_in_letter_case_only_look_like_one(apply, declare, refused, space, spec):
    apply(room("Lobby", **spec), room("other", layout="3x3"))
    declare(room("lobby", layout="5x5"), room("other", layout="3x3"))
    assert "Room/Lobby and lobby" in refused()


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 422, "body": LIMIT},
        {"status": 500},
        {"action": "reset_before_commit"},
        {"action": "garbage", "committed": False},
    ],
    ids=["refused", "failed", "reset", "garbage"],
)
def test_the_old_one_goes_only_after_the_new_one_is_there(apply, declare, reconciler, space, fault):
    from reconciler.localspace import Fault, Settings  # noqa: PLC0415

    apply(room("corner", description="weekly"), room("other"))
    declare(room("huddle", description="weekly"), room("other"))
    space.space.knobs = Settings(faults=(Fault("POST", "/rooms$", times=9, **fault),))
    ran = reconciler("apply", MANIFESTS, "--yes", "--allow-delete", "Room=1")
    assert (ran.code, space.names()) == (4, {"Room/corner", "Room/other"})
    assert "delete skipped: Room/huddle, which replaces it, was not created" in ran.out
    space.space.knobs = Settings()
    assert reconciler("apply", MANIFESTS, "--yes", "--allow-delete", "Room=1").code == 0
    assert space.names() == {"Room/huddle", "Room/other"}


def test_many_renames_at_once_are_seen_too(apply, declare, refused, space):
    apply(*(room(f"a{number:03}", description=f"d{number}") for number in range(120)))
    declare(*(room(f"b{number:03}", description=f"d{number}") for number in range(120)))
    assert "and 117 more" in refused()
