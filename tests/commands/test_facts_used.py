"""Runs that know facts: they take the short way, and a fact that is false ends in no wrong write."""

import time
from datetime import UTC, datetime

import pytest

from reconciler.cli import workspace as cli_workspace
from reconciler.localspace import Fault, Settings
from tests.commands.words import MANIFESTS, conference, manifest, room, rooms

UNTOLD = pytest.mark.parametrize("told", ["absent", "null", "odd"])


def sent(space, method):
    """The requests of a method that were sent so far: path and body."""
    return [(one.path, one.body) for one in space.space.requests if one.method == method]


def forget_requests(space):
    space.space._requests.clear()


# omitted_fields


def test_where_a_put_keeps_it_holds_the_changed_fields_only(apply, know, space):
    apply(room("a", layout="3x3"), conference("b", size="small"))
    know(omitted_fields="kept")
    space.change("Room", "a", max_members=77)
    forget_requests(space)
    apply(room("a", layout="5x5"), conference("b", size="large"))
    assert [body for _, body in sent(space, "PUT")] == [
        {"display_name": "B", "size": "large"},
        {"layout": "5x5"},
    ]
    assert space.get("Room", "a")["max_members"] == 77


def test_where_a_put_keeps_it_still_holds_what_each_update_must_have(apply, know, space):
    stage = {"layout": "3x3", "max_members": 30, "enable_room_previews": True}
    apply(manifest("ConferenceRoom", "a", **stage))
    know(["ConferenceRoom"], omitted_fields="kept")
    forget_requests(space)
    apply(manifest("ConferenceRoom", "a", **{**stage, "layout": "5x5"}))
    ((_, body),) = sent(space, "PUT")
    assert body == {"layout": "5x5", "enable_room_previews": True, "sync_audio_video": False}


def test_without_facts_a_put_holds_everything(apply, space):
    apply(room("a", layout="3x3"))
    space.change("Room", "a", max_members=77)
    forget_requests(space)
    apply(room("a", layout="5x5"))
    ((_, body),) = sent(space, "PUT")
    assert (body["max_members"], len(body) > 5) == (77, True)


@pytest.mark.parametrize("loss", [(), (Fault("PUT", "", action="reset_after_commit", times=1),)])
def test_where_a_put_resets_after_all_nothing_is_lost_and_the_fact_is_dropped(
    apply, declare, reconciler, know, space, loss
):
    apply(*rooms(*"abcdef", layout="3x3"), conference("c", size="small"))
    for name in "abcdef":
        space.change("Room", name, max_members=77, description="mine", meta={"a": 1})
    space.change("Conference", "c", enable_chat=False, description="mine")
    left = know(omitted_fields="kept")
    space.space.knobs = Settings(put="replace", faults=loss)
    declare(*rooms(*"abcdef", layout="5x5"), conference("c", size="large"))
    code, out, err = reconciler("apply", MANIFESTS, "--yes")
    assert code == 0, out + err
    for name in "abcdef":
        found = space.get("Room", name)
        assert (found["max_members"], found["description"], found["meta"], found["layout"]) == (
            77, "mine", {"a": 1}, "5x5",
        )  # fmt: skip
    found = space.get("Conference", "c")
    assert (found["enable_chat"], found["description"], found["size"]) == (False, "mine", "large")
    assert left() == set()
    assert "'omitted_fields' for Room" in err
    # After the first one of a kind, every PUT is whole: one more PUT for each kind.
    assert len(sent(space, "PUT")) <= 7 + 7 + 2 + len(loss)


def test_what_cannot_be_put_back_is_told_and_no_further_put_is_sent(
    apply, declare, reconciler, know, space
):
    apply(*rooms("a", "b", layout="3x3"))
    for name in "ab":
        space.change("Room", name, max_members=77)
    know(omitted_fields="kept")
    space.space.knobs = Settings(put="replace", faults=(Fault("PUT", "", status=403, after=1),))
    declare(*rooms("a", "b", layout="5x5"))
    code, out, err = reconciler("apply", MANIFESTS, "--yes")
    assert code == 4
    assert "max_members" in out + err
    assert space.get("Room", "b")["max_members"] == 77


# active_session


def looks_at_sessions(space):
    return [one for one in space.space.requests if one.path.endswith("/room_sessions")]


def test_where_answers_show_sessions_one_list_checks_all(apply, declare, done, know, space):
    names = [f"r{number}" for number in range(8)]
    apply(*rooms(*names, "stays", "too", "three", "four", "five", "six", "seven", "eight"))
    kept = rooms("stays", "too", "three", "four", "five", "six", "seven", "eight")
    know(active_session="shown")
    declare(*kept)
    forget_requests(space)
    done("apply", MANIFESTS, "--yes")
    assert space.names() == {f"Room/{one['metadata']['name']}" for one in kept}
    # One for each of the two plans at most, and one for each second of the deletions.
    assert len(looks_at_sessions(space)) <= 6


@UNTOLD
def test_where_answers_do_not_show_a_session_after_all_it_is_found(
    apply, declare, reconciler, know, space, told
):
    apply(*rooms(*"abcd"))
    declare(*rooms(*"bcd"))
    left = know(active_session="shown")
    space.space.start_session("Room", "a", members=2)
    space.space.knobs = Settings(active_session=told)
    there = space.names()
    code, out, err = reconciler("apply", MANIFESTS, "--yes")
    assert (code, space.names()) == (3, there)
    assert "Room/a has a live session" in out + err
    assert left() == {("active_session", "Conference")}
    assert "'active_session' for Room" in err


class Beginning:
    """An application in front of a Space: people come into a room after the plan was made."""

    def __init__(self, space):
        self.space, self.asked = space, 0

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if self.asked == 1 and not path.endswith("/room_sessions"):
            self.space.start_session("Room", "a", members=2)
            self.asked += 1
        if path.endswith("/room_sessions"):
            self.asked += 1
        return self.space(environ, start_response)


@pytest.mark.parametrize("told", ["told", "absent", "null", "odd"])
def test_a_session_that_begins_after_the_plan_is_seen_whether_or_not_answers_show_it(
    apply, declare, reconciler, know, local, monkeypatch, told
):
    apply(*rooms(*"abcd"))
    declare(*rooms(*"bcd"))
    know(active_session="shown")
    local.space.knobs = Settings(active_session=told)
    monkeypatch.setattr(cli_workspace, "embedded_space", lambda *_, **__: Beginning(local.space))
    code, out, err = reconciler("apply", MANIFESTS, "--yes")
    assert code in (3, 4), out + err
    assert "Room/a" in local.names()
    assert "a session is live in it" in out + err


# defaults and null


def test_a_released_field_goes_back_to_its_real_default(apply, plan, know, declare, done, space):
    apply(conference("c", tone_on_entry_and_exit=False, join_until="2030-01-01T00:00:00Z"))
    declare(conference("c"))
    assert plan()["summary"]["update"] == 0
    know(defaults={"tone_on_entry_and_exit": True, "join_until": None}, null="accepted")
    (action,) = plan()["actions"]
    assert {one["path"]: (one["after"], one["origin"]) for one in action["changes"]} == {
        "join_until": (None, "released"),
        "tone_on_entry_and_exit": (True, "released"),
    }
    done("apply", MANIFESTS, "--yes")
    found = space.get("Conference", "c")
    assert (found["tone_on_entry_and_exit"], found["join_until"]) == (True, None)
    assert plan()["actions"] == []


def test_null_is_not_sent_where_it_is_not_known_to_be_accepted(space, apply, plan, know, declare):
    apply(conference("c", join_until="2030-01-01T00:00:00Z"))
    declare(conference("c"))
    know(defaults={"join_until": None})
    assert plan()["actions"] == []


def test_where_null_is_refused_after_all_the_value_stays_and_the_fact_is_dropped(
    apply, plan, know, declare, reconciler, space
):
    apply(conference("c", join_until="2030-01-01T00:00:00Z"))
    declare(conference("c"))
    left = know(defaults={"join_until": None}, null="accepted")
    space.space.knobs = Settings(clear="refused")
    before = space.get("Conference", "c")
    code, _, err = reconciler("apply", MANIFESTS, "--yes")
    assert (code, space.get("Conference", "c")) == (4, before)
    assert "'null' for Conference" in err
    assert ("null", "Conference") not in left()
    assert plan()["actions"] == []


def test_a_new_resource_with_another_default_drops_the_defaults(apply, know, done, space):
    left = know(defaults={"tone_on_entry_and_exit": True, "record_on_start": False})
    result = apply(conference("c"))
    assert "'defaults' for Conference" in result.err
    assert left() == {("defaults", "Room")}
    assert space.get("Conference", "c")["tone_on_entry_and_exit"] is False


def test_what_is_written_for_a_false_default_is_what_the_plan_showed(
    apply, plan, know, declare, done, space
):
    apply(conference("c", tone_on_entry_and_exit=False))
    declare(conference("c"))
    know(defaults={"tone_on_entry_and_exit": True})
    before = space.get("Conference", "c")
    (action,) = plan()["actions"]
    done("apply", MANIFESTS, "--yes")
    changed = {
        field: value
        for field, value in space.get("Conference", "c").items()
        if before[field] != value and field != "updated_at"
    }
    assert changed == {one["path"]: one["after"] for one in action["changes"]}


# list_lag


def test_with_the_measured_lag_the_check_after_apply_reads_no_resource_by_id(apply, know, space):
    know(list_lag={"seconds": 0.4, "listings": 2})
    space.space.knobs = Settings(lag_seconds=0.3)
    forget_requests(space)
    result = apply(*rooms(*(f"r{number}" for number in range(12))))
    assert "Waiting 0.4 s" in result.err
    assert [path for path, _ in sent(space, "GET") if path.count("/") > 3] == []


def test_a_list_that_is_later_than_was_measured_drops_the_fact_and_deletes_nothing(
    apply, done, know, serving, monkeypatch, plan
):
    space = serving(lag_seconds=3600)
    left = know(list_lag={"seconds": 0, "listings": 1})
    apply(*rooms("a", "b"))
    assert left() == {("list_lag", "Conference"), ("list_lag", "Room")}
    later = datetime.fromtimestamp(time.time() + 30, UTC)
    monkeypatch.setattr(space.space, "_clock", lambda: later)
    assert plan()["actions"] == []
    assert left() == {("list_lag", "Conference")}


@pytest.mark.parametrize(
    "answer",
    [1, "soon", [], {}, {"seconds": "x"}, {"seconds": True}, {"seconds": -5}, {"listings": 3}],
)
@pytest.mark.parametrize(
    "question", ["list_lag", "defaults", "null", "omitted_fields", "active_session"]
)
def test_an_answer_of_another_form_changes_nothing(apply, know, space, plan, question, answer):
    know(**{question: answer})
    apply(room("a", layout="3x3"), conference("c", join_until="2030-01-01T00:00:00Z"))
    space.change("Room", "a", max_members=77)
    apply(room("a", layout="5x5"), conference("c"))
    assert space.get("Room", "a")["max_members"] == 77
    assert space.get("Conference", "c")["join_until"] is not None
    assert plan()["actions"] == []
