import json
from pathlib import Path

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import MANIFESTS, conference, counts, room, rooms

NO = json.dumps(
    {
        "errors": [
            {
                "type": "validation_error",
                "code": "invalid_parameter",
                "message": "no",
                "attribute": "display_name",
                "url": "",
            }
        ]
    }
)


def failing(space, **fault):
    space.space.knobs = Settings(faults=(Fault(**fault),))


def healthy(space):
    space.space.knobs = Settings()


def record():
    """The record of what was applied, by kind/name."""
    document = json.loads(
        next(Path(".reconciler").glob("*.state.json")).read_text(encoding="utf-8")
    )
    return {f"{one['kind']}/{one['name']}": one["id"] for one in document["resources"]}


def test_apply_makes_what_is_declared_and_the_next_plan_is_empty(apply, plan, space):
    result = apply(room("lobby", layout="2x2"), conference("hall", size="large"))

    assert result.out.splitlines()[-1] == "Applied: 2 created."
    assert space.names() == {"Room/lobby", "Conference/hall"}
    assert plan()["summary"] == counts(noop=2)


def test_apply_shows_the_plan_on_standard_output_and_its_progress_on_standard_error(apply, space):
    result = apply(room("lobby"))

    assert "Plan: 1 to create." in result.out
    assert result.err.splitlines() == ["[1/1] + Room/lobby created"]
    assert space.names() == {"Room/lobby"}


def test_a_second_apply_writes_nothing(apply, done, space):
    apply(room("lobby"), conference("hall", tone_on_entry_and_exit=True))
    before = list(space.space.ledger)

    assert done("apply", MANIFESTS, "--yes").out.endswith("\nNo changes: 2 resources match.\n")
    assert space.space.ledger == before


def test_a_room_is_one_post_one_put_and_one_delete(apply, space):
    apply(room("a", layout="2x2", join_from="2027-01-31"), room("b"))
    apply(room("a", layout="3x3"), room("b"))
    apply(room("b"))

    assert space.writes == [("POST", "Room"), ("POST", "Room"), ("PUT", "Room"), ("DELETE", "Room")]


def test_a_conference_with_update_only_fields_is_one_post_and_one_put(apply, plan, space):
    apply(
        conference(
            "hall",
            size="large",
            tone_on_entry_and_exit=True,
            room_join_video_off=True,
            user_join_video_off=False,
        )
    )

    assert space.writes == [("POST", "Conference"), ("PUT", "Conference")]
    assert [
        space.get("Conference", "hall")[name]
        for name in ("size", "tone_on_entry_and_exit", "room_join_video_off")
    ] == [
        "large",
        True,
        True,
    ]
    assert plan()["summary"] == counts(noop=1)


def test_a_conference_without_update_only_fields_is_one_post(apply, space):
    apply(conference("hall", size="large"))

    assert space.writes == [("POST", "Conference")]


def test_an_update_of_a_conference_is_one_put(apply, space):
    apply(conference("hall"))
    apply(conference("hall", size="large", tone_on_entry_and_exit=True))

    assert space.writes == [("POST", "Conference"), ("PUT", "Conference")]


@pytest.mark.parametrize("parallel", [1, 2, 64])
def test_any_number_at_once_ends_at_the_same_place(apply, plan, space, parallel):
    apply(*rooms(*(f"r{number}" for number in range(12))), flags=("--parallel", parallel))

    assert plan()["summary"] == counts(noop=12)
    assert len(space.writes) == 12


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_without_a_terminal_consent_must_be_given_as_a_flag(
    apply, declare, reconciler, space, command
):
    apply(room("lobby"))
    declare(room("lobby", layout="2x2"))
    before = list(space.space.ledger)

    code, _, err = reconciler(command, MANIFESTS)

    assert code not in {0, 2}
    assert "--yes" in err
    assert space.space.ledger == before


def test_with_nothing_to_do_no_consent_is_needed(apply, done, space):
    apply(room("lobby"))

    assert done("apply", MANIFESTS).out.endswith("\nNo changes: 1 resource matches.\n")
    assert len(space.writes) == 1


def test_target_applies_this_resource_alone(declare, done, plan, space):
    declare(*rooms("a", "b"))

    result = done("apply", MANIFESTS, "--yes", "--target", "Room/a")

    assert "Left out" in result.out
    assert space.names() == {"Room/a"}
    assert plan()["summary"] == counts(create=1, noop=1)


def test_target_forgets_nothing_of_the_others(apply, declare, done, plan, space):
    apply(*rooms("a", "b", "c"))
    declare(room("a", layout="2x2"), room("b"), room("c"))
    done("apply", MANIFESTS, "--yes", "--target", "Room/a")

    assert set(record()) == {"Room/a", "Room/b", "Room/c"}
    assert plan()["summary"] == counts(noop=3)
    assert len(space.writes) == 4


def test_json_is_the_one_thing_on_standard_output(declare, done, space):
    declare(room("lobby"), conference("hall"))

    document = done("apply", MANIFESTS, "--yes", "--format", "json").json

    assert document["format_version"] == "1.0"
    assert [
        (one["action"], one["kind"], one["name"], one["status"]) for one in document["outcomes"]
    ] == [
        ("create", "Conference", "hall", "done"),
        ("create", "Room", "lobby", "done"),
    ]
    assert len(space.writes) == 2


def test_json_of_nothing_to_do_is_a_document_too(apply, done, space):
    apply(room("lobby"))

    assert done("apply", MANIFESTS, "--yes", "--format", "json").json["outcomes"] == []
    assert len(space.writes) == 1


def test_json_of_a_refusal_leaves_no_half_document(apply, declare, reconciler, space):
    apply(*rooms("a", "b"))
    declare(conference("c"))

    result = reconciler("apply", MANIFESTS, "--yes", "--format", "json")

    assert result.code == 3
    assert not result.out or result.json
    assert space.names() == {"Room/a", "Room/b"}


def test_what_fails_leaves_the_others_done_and_the_rerun_finishes(
    declare, reconciler, done, plan, space
):
    declare(room("a"), room("b"), conference("hall"))
    failing(space, method="POST", path_regex="/conferences$", status=422, body=NO)

    code, out, err = reconciler("apply", MANIFESTS, "--yes")

    assert code == 4
    assert [
        word
        for word in ("Conference/hall", "display_name", "POST /conferences", "2 created")
        if word not in out + err
    ] == []
    assert space.names() == set(record()) == {"Room/a", "Room/b"}
    healthy(space)
    done("apply", MANIFESTS, "--yes")
    assert plan()["summary"] == counts(noop=3)


def test_what_the_space_refuses_is_to_be_mended_and_not_only_tried_again(
    declare, reconciler, space
):
    declare(room("a"))
    body = {
        "errors": [
            {"attribute": "layout", "code": "invalid_parameter", "message": "layout is not known"}
        ]
    }
    failing(space, method="POST", path_regex="/rooms$", status=422, body=json.dumps(body))
    declare(room("a", layout="3x3"))

    code, out, err = reconciler("apply", MANIFESTS, "--yes")

    assert code == 4
    assert "'reconciler explain Room.layout' shows what is allowed" in out
    assert "fix what the Space refuses, then run apply again" in err
    assert "KIND" not in out + err


def test_what_the_space_failed_at_is_tried_again(declare, reconciler, space):
    declare(room("a"))
    failing(space, method="POST", path_regex="/rooms$", status=500)

    err = reconciler("apply", MANIFESTS, "--yes").err

    assert "= see the reasons above, then run apply again" in err


def test_an_error_of_the_api_names_the_id_of_the_request_once(declare, reconciler, space):
    declare(conference("hall"))
    failing(
        space,
        method="POST",
        path_regex="/conferences$",
        status=422,
        body=NO,
        headers={"X-Request-ID": "req-4711"},
    )

    failed = next(
        line
        for line in reconciler("apply", MANIFESTS, "--yes").out.splitlines()
        if "failed" in line
    )

    assert failed.count("req-4711") == 1


def test_a_half_made_conference_is_finished_by_the_rerun(declare, reconciler, done, plan, space):
    declare(conference("hall", tone_on_entry_and_exit=True))
    failing(space, method="PUT", path_regex="/conferences/", status=422, body=NO)

    assert reconciler("apply", MANIFESTS, "--yes").code == 4
    healthy(space)
    done("apply", MANIFESTS, "--yes")

    assert space.writes == [("POST", "Conference"), ("PUT", "Conference")]
    assert plan()["summary"] == counts(noop=1)


def test_a_deletion_that_fails_is_not_forgotten(apply, declare, reconciler, plan, space):
    apply(*rooms("a", "b"))
    declare(room("b"))
    failing(space, method="DELETE", status=403)

    assert reconciler("apply", MANIFESTS, "--yes").code == 4
    assert set(record()) == {"Room/a", "Room/b"}
    assert plan()["summary"] == counts(delete=1, noop=1)


def test_a_reply_lost_after_the_room_was_made_makes_no_second_one(
    declare, reconciler, done, plan, space
):
    declare(room("a"))
    failing(space, method="POST", path_regex="/rooms$", action="reset_after_commit", times=1)

    assert reconciler("apply", MANIFESTS, "--yes").code in {0, 4}
    healthy(space)
    done("apply", MANIFESTS, "--yes")

    assert space.writes == [("POST", "Room")]
    assert plan()["summary"] == counts(noop=1)


def test_a_reply_lost_after_a_stream_was_made_makes_no_second_one(
    apply, declare, reconciler, done, plan, space, monkeypatch
):
    monkeypatch.setenv("RTMP", "rtmp://live.example.com/app/key")
    apply(room("a"))
    declare(room("a", streams=[{"url": "${env:RTMP}"}]))
    failing(space, method="POST", path_regex="/streams$", action="reset_after_commit", times=1)

    assert reconciler("apply", MANIFESTS, "--yes").code in {0, 4}
    healthy(space)
    done("apply", MANIFESTS, "--yes")

    assert [stream["url"] for stream in space.streams("Room", "a")] == [
        "rtmp://live.example.com/app/key"
    ]
    assert plan()["summary"] == counts(noop=1)


def test_a_room_deleted_outside_before_its_deletion_is_done(apply, declare, done, space):
    apply(*rooms("a", "b"))
    declare(room("b"))
    space.remove("Room", "a")

    done("apply", MANIFESTS, "--yes")

    assert set(record()) == {"Room/b"}


def test_what_is_unmanaged_is_never_written(apply, space):
    free = space.create("Room", name="free", layout="5x5")
    apply(*rooms("a", "b"))
    apply(room("a", layout="2x2"))
    apply(room("a", layout="3x3"), room("c"))

    assert space.get("Room", "free") == free
    assert all(free["id"] not in mutation.path for mutation in space.space.ledger)


def test_a_field_that_does_not_settle_is_named_and_is_exit_4(apply, declare, reconciler, serving):
    space = serving(put_name="ignored")
    apply(room("a"))
    declare(room("b", renamed_from="a"))

    code, out, err = reconciler("apply", MANIFESTS, "--yes")

    assert code == 4
    assert "Room/b" in out + err
    assert "name" in out + err
    assert space.names() == {"Room/a"}


def test_the_record_is_private(apply, space):
    apply(room("a"))

    assert {
        path.stat().st_mode & 0o077
        for path in [Path(".reconciler"), *Path(".reconciler").iterdir()]
    } == {0}
    assert len(space.writes) == 1


def test_the_embedded_space_needs_no_account_and_no_port(declare, done, local):
    declare(room("lobby", layout="2x2"))
    done("apply", MANIFESTS, "--space", "local", "--yes")
    assert local.get("Room", "lobby")["layout"] == "2x2"

    local.change("Room", "lobby", layout="5x5")

    assert done("plan", MANIFESTS, "--space", "local", "--format", "json").json[
        "summary"
    ] == counts(update=1, drifted=1)


def test_a_flag_wins_over_the_environment(declare, done, space):
    declare(room("lobby"))

    done("apply", MANIFESTS, "--space", "local", "--yes")

    assert space.space.requests == []


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_target_that_is_deleted_is_no_stranger_in_the_look_afterwards(
    apply, declare, done, space, form
):
    apply(*rooms("a", "b", "c"))
    declare(*rooms("a", "b"))

    ran = done("apply", MANIFESTS, "--yes", "--target", "Room/c", "--format", form)

    assert (space.names(), "neither declared nor managed" in ran.err) == (
        {"Room/a", "Room/b"},
        False,
    )


def test_a_saved_plan_that_deletes_its_target_ends_well(apply, declare, done, space):
    apply(*rooms("a", "b", "c"))
    declare(*rooms("a", "b"))

    done("plan", MANIFESTS, "--target", "Room/c", "--out", "kept.plan")
    done("apply", MANIFESTS, "--plan", "kept.plan")

    assert space.names() == {"Room/a", "Room/b"}


def test_where_only_the_look_afterwards_fails_all_is_done_and_nobody_knows_whether_it_has_settled(
    declare, reconciler, space
):
    failing(space, method="GET", path_regex="/rooms$", after=1, status=403)
    declare(room("a"))

    code, out, err = reconciler("apply", MANIFESTS, "--yes")

    assert (code, space.space.ledger[0].method) == (4, "POST")
    assert "Applied: 1 created." in out
    assert (
        "everything was done and is recorded, but the Space could not be read again to verify it"
        in err
    )
