"""The whole result of one action, and every request that it sends, for each verb."""

import json
from dataclasses import replace

import pytest

from reconciler.core.intents import Intent
from reconciler.core.plan_model import FieldChange, Outcome
from reconciler.core.resources import Address, Applied
from reconciler.executor.actions import carry_out
from reconciler.executor.context import ExecutionContext
from reconciler.executor.results import Result
from reconciler.localspace import Fault, Settings
from tests.integration.end_to_end.driver import hall, room

LOBBY, FOYER, HALL = Address("Room", "lobby"), Address("Room", "foyer"), Address("Conference", "h")
PLAN_AGAIN = "plan again and check what changed"
TAKEN = json.dumps({"errors": [{"message": "taken", "attribute": "name"}]})
WRONG = json.dumps({"errors": [{"message": "no", "attribute": "tone_on_entry_and_exit"}]})


def planned(site, text):
    (action,) = site.plan(site.declared(text)).actions
    return action


def carried(site, action, **options):
    """The result of an action, and the requests that it sent, with ID for its resource."""
    mark = site.mark
    result = carry_out(ExecutionContext(site.client, site.kinds, site.state.key, **options), action)
    there = (result.record or action).id
    requests = [
        f"{one.method} {one.path.removeprefix('/api/video')}" for one in site.space.requests[mark:]
    ]
    return result, [one.replace(str(there), "ID") for one in requests]


def done(action, record=None, **said):
    outcome = Outcome(action, "done", id=record.id if record else None, **said)
    return Result(outcome, record, action.known)


def failed(action, error, hint="", *, record=None, **more):
    gone = action.known if record else None
    return Result(Outcome(action, "failed", error, hint, **more), record, gone)


def test_a_creation_is_one_post(site):
    action = planned(site, room("lobby", "layout: 3x3"))
    result, requests = carried(site, action)
    record = Applied(LOBBY, site.fetch("Room", "lobby")["id"], {"layout": "3x3"})
    assert (result, requests) == (done(action, record), ["POST /rooms"])


def test_what_a_post_does_not_take_follows_in_a_put_of_the_resource_as_it_is_then(site):
    action = planned(site, hall("h", "layout: 3x3, tone_on_entry_and_exit: true"))
    result, requests = carried(site, action)
    fields = {"display_name": "Hall", "layout": "3x3", "tone_on_entry_and_exit": True}
    record = Applied(HALL, site.fetch("Conference", "h")["id"], fields)
    assert (result, requests) == (
        done(action, record),
        ["POST /conferences", "GET /conferences/ID", "PUT /conferences/ID"],
    )


def test_a_creation_whose_put_is_refused_is_recorded_without_what_the_put_would_have_set(site):
    streams = "streams: [{url: 'rtmp://a.example/1'}]"
    action = planned(site, hall("h", f"layout: 3x3, tone_on_entry_and_exit: true, {streams}"))
    site.space.knobs = Settings(faults=(Fault("PUT", "/conferences/", status=422, body=WRONG),))
    result, requests = carried(site, action)
    record = Applied(
        HALL,
        site.fetch("Conference", "h")["id"],
        {"display_name": "Hall", "layout": "3x3"},
    )
    assert (result.record, result.gone, result.outcome.status, result.outcome.refused) == (
        record,
        None,
        "failed",
        True,
    )
    assert requests == ["POST /conferences", "GET /conferences/ID", "PUT /conferences/ID"]


def test_a_creation_under_another_name_is_recorded_as_an_unfinished_rename(site_with):
    site = site_with(Settings(made_name="suffixed"))
    action = planned(site, room("lobby", "layout: 3x3", protect="true"))
    result, requests = carried(site, action)
    (name,) = site.names("Room")
    there = Address("Room", name)
    record = Applied(
        there, site.fetch("Room", name)["id"], {"layout": "3x3"}, rename_target="lobby"
    )
    error = (
        f"the Space gave it another name, {there}, id {record.id}; it is recorded under that name"
    )
    hint = "the next apply renames it; or declare that name, or delete it there"
    assert (result, requests) == (
        failed(action, error, hint, record=record),
        ["POST /rooms", "GET /rooms/lobby"],
    )


@pytest.mark.parametrize("taken_by", ["an open intent", "nobody"])
@pytest.mark.parametrize("refused", ["name", "layout"])
def test_a_name_that_is_taken_is_ours_only_if_an_earlier_run_may_have_sent_it(
    site, taken_by, refused
):
    action = planned(site, room("lobby", "layout: 3x3"))
    site.client.post("/rooms", {"name": "lobby", "layout": "3x3"})
    body = TAKEN.replace('"name"', f'"{refused}"')
    site.space.knobs = Settings(faults=(Fault("POST", "/rooms$", status=422, body=body),))
    earlier = Intent(LOBBY, {"layout": "3x3"}, "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z")
    result, requests = carried(
        site,
        action,
        intend=lambda _: earlier,
        open={earlier.key: earlier} if taken_by == "an open intent" else {},
    )
    if (taken_by, refused) == ("an open intent", "name"):
        record = Applied(LOBBY, site.fetch("Room", "lobby")["id"], {"layout": "3x3"})
        assert (result, requests) == (done(action, record), ["POST /rooms", "GET /rooms/lobby"])
    else:
        assert (result.outcome.status, result.record, requests) == ("failed", None, ["POST /rooms"])


def without_creation_time(site):
    """A Space whose answer to a POST does not say when it was created."""

    def space(environ, start_response):
        kept = []
        body = b"".join(site.space(environ, lambda *given: kept.append(given)))
        if environ["REQUEST_METHOD"] == "POST":
            body = json.dumps(json.loads(body) | {"created_at": None}).encode()
        headers = [one for one in kept[0][1] if one[0].lower() != "content-length"]
        start_response(kept[0][0], headers)
        return [body]

    return site.writing_to(space)


@pytest.mark.parametrize("fault", [None, 404, 500])
def test_a_creation_without_a_time_is_read_once_and_taken_as_answered_if_it_cannot_be(site, fault):
    action = planned(site, room("lobby", "layout: 3x3"))
    if fault:
        site.space.knobs = Settings(faults=(Fault("GET", "/rooms/", status=fault),))
    mark = site.mark
    with without_creation_time(site) as client:
        context = ExecutionContext(client, site.kinds, site.state.key)
        result = carry_out(context, action)
    record = Applied(LOBBY, site.fetch("Room", "lobby")["id"], {"layout": "3x3"})
    assert result == done(action, record)
    assert [one.method for one in site.space.requests[mark:]][:2] == ["POST", "GET"]


def test_an_update_is_one_reading_and_one_put(site):
    site.give(room("lobby", "layout: 3x3"))
    action = planned(site, room("lobby", "layout: 5x5"))
    result, requests = carried(site, action)
    record = Applied(LOBBY, action.id, {"layout": "5x5"})
    assert (result, requests) == (done(action, record), ["GET /rooms/ID", "PUT /rooms/ID"])


def test_an_update_of_streams_alone_reads_the_resource_and_puts_nothing(site):
    site.give(room("lobby", "layout: 3x3"))
    action = planned(site, room("lobby", "layout: 3x3, streams: [{url: 'rtmp://a.example/1'}]"))
    result, requests = carried(site, action)
    assert (result.outcome, result.gone) == (Outcome(action, "done", id=action.id), action.known)
    assert [len(ones) for ones in result.record.children.values()] == [1]
    assert requests == ["GET /rooms/ID", "GET /rooms/ID/streams", "POST /rooms/ID/streams"]


def test_an_adoption_of_what_differs_in_a_protection_alone_only_reads(site):
    made = site.client.post("/rooms", {"name": "lobby", "layout": "3x3"})
    action = planned(site, room("lobby", "layout: 3x3"))
    result, requests = carried(site, action)
    record = Applied(LOBBY, made["id"], {"layout": "3x3"})
    assert (result, requests) == (done(action, record), ["GET /rooms/ID"])


def test_a_rename_is_one_put_whose_record_says_where_it_came_from(site):
    site.give(room("lobby", "layout: 3x3"))
    action = planned(site, room("foyer", "layout: 3x3", renamedFrom="lobby"))
    result, _ = carried(site, action)
    record = Applied(FOYER, action.id, {"layout": "3x3"}, renamed_from="lobby")
    assert result == done(action, record)


@pytest.mark.parametrize(
    "history",
    [{}, {"renamed_from": "hall"}, {"rename_target": "foyer"}],
)
def test_a_rename_that_is_ignored_keeps_the_name_and_its_history(site, history):
    site.give(room("lobby", "layout: 3x3"))
    action = planned(site, room("foyer", "layout: 5x5", renamedFrom="lobby"))
    action = replace(action, known=replace(action.known, **history))
    site.space.knobs = Settings(put_name="ignored")
    result, _ = carried(site, action)
    record = Applied(LOBBY, action.id, {"layout": "5x5"}, **history)
    name = FieldChange("name", "lobby", "foyer", "conflict")
    assert result == done(action, record, unsettled=(name,))


def test_a_record_of_nobody_has_no_history_after_a_rename_that_is_ignored(site):
    site.client.post("/rooms", {"name": "lobby", "layout": "3x3"})
    action = planned(site, room("foyer", "layout: 5x5", renamedFrom="lobby"))
    site.space.knobs = Settings(put_name="ignored")
    result, _ = carried(site, action)
    record = Applied(LOBBY, action.id, {"layout": "5x5"})
    name = FieldChange("name", "lobby", "foyer", "conflict")
    assert result == done(action, record, unsettled=(name,))


def test_an_update_of_what_is_gone_writes_nothing(site):
    site.give(room("lobby", "layout: 3x3"))
    action = planned(site, room("lobby", "layout: 5x5"))
    site.client.delete(f"/rooms/{action.id}")
    assert carried(site, action) == (
        failed(action, "it was deleted since the plan was made", PLAN_AGAIN),
        ["GET /rooms/ID"],
    )


def test_an_update_tells_what_did_not_settle_what_moved_and_what_was_left_out(site):
    site.give(room("lobby", "layout: 3x3"))
    site.space.set_fields("Room", "lobby", max_members=500, prioritize_handraise=True)
    action = planned(site, room("lobby", "layout: 5x5"))
    site.space.knobs = Settings(put_resets=("prioritize_handraise",))
    result, _ = carried(site, action)
    note = (
        "the Space does not accept its own value of max_members, which is not declared:"
        " the update left it out"
    )
    moved = FieldChange("prioritize_handraise", True, False, "drift")
    record = Applied(LOBBY, action.id, {"layout": "5x5"})
    expected = done(action, record, moved=(moved,), notes=(note,))
    assert result == replace(expected, moved_kinds=frozenset({"Room"}))


def test_a_deletion_reads_what_it_deletes_last(site):
    site.give(room("lobby", "layout: 3x3"))
    (action,) = site.plan(()).actions
    result, requests = carried(site, action)
    assert result == done(action)
    assert (requests[0], requests[-2:]) == (
        "GET /rooms/ID/streams",
        ["GET /rooms/ID", "DELETE /rooms/ID"],
    )


def test_a_deletion_that_the_space_refuses_is_told_in_its_words(site):
    site.give(room("lobby", "layout: 3x3"))
    (action,) = site.plan(()).actions
    site.space.knobs = Settings(faults=(Fault("DELETE", status=422, body=TAKEN),))
    result, requests = carried(site, action)
    assert (result.outcome.status, result.outcome.refused, result.record) == ("failed", True, None)
    assert requests.count("DELETE /rooms/ID") == 1


def test_a_deletion_that_is_lost_is_not_sent_again_to_what_changed_meanwhile(site):
    site.give(room("lobby", "layout: 3x3"))
    (action,) = site.plan(()).actions
    lost = Fault("DELETE", times=1, action="reset_before_commit")
    site.space.knobs = Settings(faults=(lost,))

    def space(environ, start_response):
        try:
            return site.space(environ, start_response)
        finally:
            if environ["REQUEST_METHOD"] == "DELETE":
                site.space.set_fields("Room", "lobby", description="theirs")

    with site.writing_to(space) as client:
        mark = site.mark
        result = carry_out(ExecutionContext(client, site.kinds, site.state.key), action)
    assert (result.outcome.status, result.record, site.names("Room")) == (
        "unknown",
        None,
        ["lobby"],
    )
    assert [one[0] for one in site.sent(mark)] == ["DELETE"]


@pytest.mark.parametrize("there", [True, False])
def test_a_deletion_that_answers_404_is_done_if_one_reading_finds_nothing(site, there):
    site.give(room("lobby", "layout: 3x3"))
    (action,) = site.plan(()).actions
    site.space.knobs = Settings(faults=(Fault("DELETE", status=404, committed=not there),))
    result, requests = carried(site, action)
    assert requests[-2:] == ["DELETE /rooms/ID", "GET /rooms/ID"]
    if there:
        assert (result.outcome.status, result.record) == ("failed", None)
    else:
        assert result == done(action)
