"""One action at a time, against a Space that changes its mind, loses answers and says odd things."""

import json

import pytest

from reconciler.core.facts import ACCEPTED, DEFAULTS, NULL, Fact, facts_of
from reconciler.core.intents import Intent
from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import Address
from reconciler.executor.context import ExecutionContext
from reconciler.executor.known_facts import KnownFacts
from reconciler.executor.scheduler import run
from reconciler.localspace import Fault, Settings
from reconciler.space.client import writer
from tests.integration.end_to_end.driver import (
    DECLARED,
    PATHS,
    RESOURCES,
    Hours,
    hall,
    room,
    statuses,
    verbs,
)

LOBBY = Address("Room", "lobby")


def outcome_of(site, desired, **options):
    (outcome,) = site.apply(desired, **options)
    return outcome


def faulty(site, *faults):
    site.space.knobs = Settings(faults=faults)


# Create


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_create_is_one_post(site, kind):
    site.give(DECLARED[kind]("lobby", "layout: 3x3, record_on_start: true, description: Café"))
    ((method, path, body),) = site.sent()
    assert (method, path, body["layout"], body["description"]) == (
        "POST",
        PATHS[kind],
        "3x3",
        "Café",
    )
    assert site.state.resources[Address(kind, "lobby")].id == site.fetch(kind, "lobby")["id"]


def test_update_only_fields_take_a_put_after_the_post(site):
    site.give(hall("lobby", "tone_on_entry_and_exit: true, layout: 3x3"))
    (post, put) = site.sent()
    assert (post[2], put[0]) == ({"name": "lobby", "display_name": "Hall", "layout": "3x3"}, "PUT")
    assert (put[2]["tone_on_entry_and_exit"], put[2]["layout"], "name" in put[2]) == (
        True,
        "3x3",
        False,
    )


def test_the_second_half_of_a_create_is_finished_by_the_next_run(site):
    faulty(
        site,
        Fault(
            "PUT",
            "/conferences/",
            times=1,
            status=422,
            body='{"errors":[{"message":"no","attribute":"x"}]}',
        ),
    )
    desired = site.declared(hall("lobby", "tone_on_entry_and_exit: true, layout: 3x3"))
    assert outcome_of(site, desired).status == "failed"
    again = site.plan(desired)
    assert (verbs(again), [change.path for change in again.actions[0].changes]) == (
        [("update", "Conference/lobby")],
        ["tone_on_entry_and_exit"],
    )
    assert statuses(site.carry(again)) == {"done": ["Conference/lobby"]}
    assert site.plan(desired).actions == ()


@pytest.mark.parametrize("kind", RESOURCES)
@pytest.mark.parametrize(
    "fault",
    [
        {"action": "reset_after_commit"},
        {"action": "status", "status": 500, "committed": True},
        {"action": "status", "status": 503, "committed": True},
        {"action": "garbage"},
        {"action": "truncated"},
        {"action": "empty"},
        {"action": "hang", "committed": True},
    ],
    ids=lambda fault: f"{fault['action']}{fault.get('status', '')}",
)
def test_a_create_whose_answer_is_lost_is_recognised_and_never_repeated(site, kind, fault):
    faulty(site, Fault("POST", f"{PATHS[kind]}$", **fault))
    desired = site.declared(DECLARED[kind]("lobby", "layout: 3x3, join_from: 2027-01-01"))
    assert statuses(site.apply(desired)) == {"done": [f"{kind}/lobby"]}
    assert ([write[0] for write in site.sent()], site.names(kind), site.plan(desired).actions) == (
        ["POST"],
        ["lobby"],
        (),
    )


@pytest.mark.parametrize("kind", RESOURCES)
@pytest.mark.parametrize(
    "fault",
    [
        {"action": "reset_before_commit"},
        {"action": "status", "status": 500},
        {"action": "garbage", "committed": False},
    ],
)
def test_a_create_that_did_not_come_about_is_unknown_and_left_to_the_next_run(site, kind, fault):
    faulty(site, Fault("POST", f"{PATHS[kind]}$", times=1, **fault))
    desired = site.declared(DECLARED[kind]("lobby", "layout: 3x3"))
    assert statuses(site.apply(desired)) == {"unknown": [f"{kind}/lobby"]}
    assert ([write[0] for write in site.sent()], site.names(kind), dict(site.state.resources)) == (
        ["POST"],
        [],
        {},
    )
    assert statuses(site.apply(desired)) == {"done": [f"{kind}/lobby"]}
    assert site.names(kind) == ["lobby"]


def test_what_bears_the_name_is_not_ours_unless_it_is_what_was_sent(site):
    plan = site.plan(site.declared(room("lobby", "layout: 3x3")))
    site.client.post("/rooms", {"name": "lobby", "layout": "5x5"})
    faulty(site, Fault("POST", "/rooms$", action="reset_before_commit"))
    assert (statuses(site.carry(plan)), dict(site.state.resources)) == (
        {"unknown": ["Room/lobby"]},
        {},
    )


def test_a_name_taken_meanwhile_fails_and_nothing_is_recorded(site):
    plan = site.plan(site.declared(room("lobby", "layout: 3x3")))
    site.client.post("/rooms", {"name": "lobby"})
    (outcome,) = site.carry(plan)
    assert (
        outcome.status,
        "not_unique_within_project" in outcome.error,
        dict(site.state.resources),
    ) == ("failed", True, {})


# Update


def test_an_update_is_one_put_of_everything_as_it_was_read(site):
    site.give(room("lobby", "layout: 3x3"))
    site.outside("Room", "lobby", max_members=7, join_until="2030-01-01")
    mark = site.mark
    site.give(room("lobby", "layout: 5x5"))
    ((method, _, body),) = site.sent(mark)
    assert (method, body) == (
        "PUT",
        {
            "display_name": "lobby",
            "max_members": 7,
            "quality": "720p",
            "join_until": "2030-01-01T00:00:00Z",
            "layout": "5x5",
            "record_on_start": False,
            "enable_room_previews": False,
        },
    )


@pytest.mark.parametrize("put", ["merge", "replace"])
def test_what_nobody_declared_stays_under_both_meanings_of_put(site_with, put):
    site = site_with(Settings(put=put))
    site.give(room("lobby", "layout: 3x3"))
    site.outside(
        "Room", "lobby", layout="3x3", max_members=7, description="theirs", remove_at="2031-01-01"
    )
    site.give(room("lobby", "layout: 5x5"))
    found = site.fetch("Room", "lobby")
    assert [found[field] for field in ("layout", "max_members", "description", "remove_at")] == [
        "5x5",
        7,
        "theirs",
        "2031-01-01T00:00:00Z",
    ]


@pytest.mark.parametrize("put", ["merge", "replace"])
def test_what_is_declared_no_longer_goes_back_under_both_meanings_of_put(site_with, put):
    site = site_with(Settings(put=put))
    site.give(
        hall(
            "lobby",
            "layout: 3x3, join_from: 2027-01-01, description: x, size: large, tone_on_entry_and_exit: true, dark_primary: '#123456'",
        )
    )
    site.give(hall("lobby"))
    found = site.fetch("Conference", "lobby")
    fields = (
        "layout",
        "join_from",
        "description",
        "size",
        "tone_on_entry_and_exit",
        "dark_primary",
    )
    assert [found[field] for field in fields] == [
        "grid-responsive",
        "2027-01-01T00:00:00Z",
        "",
        "medium",
        True,
        "#044EF4",
    ]


@pytest.mark.parametrize(
    "action", ["reset_before_commit", "reset_after_commit", "garbage", "empty"]
)
def test_an_update_whose_answer_is_lost_is_looked_at_and_repeated_once_where_it_did_not_take(
    site, action
):
    site.give(room("lobby", "layout: 3x3"))
    mark = site.mark
    faulty(site, Fault("PUT", "/rooms/", times=1, action=action))
    site.give(room("lobby", "layout: 5x5"))
    assert [write[0] for write in site.sent(mark)] == ["PUT"] * (
        2 if action == "reset_before_commit" else 1
    )


def test_an_update_that_is_lost_twice_is_unknown(site):
    site.give(room("lobby", "layout: 3x3"))
    mark = site.mark
    faulty(site, Fault("PUT", "/rooms/", action="reset_before_commit"))
    outcome = outcome_of(site, site.declared(room("lobby", "layout: 5x5")))
    assert (outcome.status, len(site.sent(mark)), site.state.resources[LOBBY].attributes) == (
        "unknown",
        2,
        {"layout": "3x3"},
    )


def test_an_answer_that_differs_is_told_field_by_field(site):
    site.give(room("lobby", "layout: 3x3"))
    answer = {**site.fetch("Room", "lobby"), "layout": "2x2", "max_members": 9}
    faulty(site, Fault("PUT", "/rooms/", action="garbage", body=json.dumps(answer)))
    outcome = outcome_of(site, site.declared(room("lobby", "layout: 5x5, max_members: 9")))
    assert (outcome.status, outcome.unsettled) == (
        "done",
        (FieldChange("layout", "2x2", "5x5", "conflict"),),
    )


def test_an_answer_about_another_resource_is_no_answer(site):
    site.give(room("lobby", "layout: 3x3") + room("other", "layout: 3x3"))
    before = site.state
    faulty(
        site,
        Fault("PUT", "/rooms/", action="garbage", body=json.dumps(site.fetch("Room", "other"))),
    )
    desired = site.declared(room("lobby", "layout: 5x5") + room("other", "layout: 3x3"))
    site.apply(desired)
    assert {address: record.id for address, record in site.state.resources.items()} == {
        address: record.id for address, record in before.resources.items()
    }


def test_an_answer_to_a_create_that_is_about_another_resource_is_not_recorded(site):
    site.give(room("other", "layout: 3x3"))
    other = site.fetch("Room", "other")
    faulty(site, Fault("POST", "/rooms", action="garbage", committed=False, body=json.dumps(other)))
    desired = site.declared(room("lobby", "layout: 3x3") + room("other", "layout: 3x3"))
    site.apply(desired)
    assert LOBBY not in site.state.resources or site.state.resources[LOBBY].id != other["id"]


# Conflict


@pytest.mark.parametrize(
    ("meanwhile", "words"),
    [
        (
            lambda site: site.outside("Room", "lobby", layout="2x2"),
            "layout changed since the plan was made",
        ),
        (
            lambda site: site.outside("Room", "lobby", name="foyer"),
            "it was renamed to 'foyer' since the plan was made",
        ),
        (
            lambda site: site.client.delete(f"/rooms/{site.fetch('Room', 'lobby')['id']}"),
            "it was deleted since the plan was made",
        ),
    ],
    ids=["changed", "renamed", "deleted"],
)
def test_what_is_not_any_more_what_the_plan_saw_is_left_alone(site, meanwhile, words):
    site.give(room("lobby", "layout: 3x3"))
    plan = site.plan(site.declared(room("lobby", "layout: 5x5")))
    meanwhile(site)
    mark = site.mark
    (outcome,) = site.carry(plan)
    assert (outcome.status, outcome.error, site.sent(mark)) == ("failed", words, [])


def test_what_others_changed_beside_the_plan_is_kept(site):
    site.give(room("lobby", "layout: 3x3"))
    plan = site.plan(site.declared(room("lobby", "layout: 5x5")))
    site.outside("Room", "lobby", max_members=9)
    assert statuses(site.carry(plan)) == {"done": ["Room/lobby"]}
    assert site.fetch("Room", "lobby")["max_members"] == 9


def test_what_others_changed_inside_a_field_that_is_written_whole_is_not_lost(site):
    site.give(room("lobby", "meta: {team: growth, floor: 1}"))
    plan = site.plan(site.declared(room("lobby", "meta: {team: sales, floor: 1}")))
    site.outside("Room", "lobby", meta={"team": "growth", "floor": 1, "theirs": "kept"})
    mark = site.mark
    (outcome,) = site.carry(plan)
    assert (outcome.status, site.sent(mark)) == ("failed", [])


def test_a_plan_that_already_came_true_is_not_written_over_by_surprise(site):
    site.give(room("lobby", "layout: 3x3"))
    plan = site.plan(site.declared(room("lobby", "layout: 5x5")))
    site.outside("Room", "lobby", layout="5x5")
    (outcome,) = site.carry(plan)
    assert outcome.status == "failed"


# Adopt


def test_an_adoption_writes_what_differs_and_takes_it_into_the_record(site):
    site.client.post("/rooms", {"name": "lobby", "max_members": 5})
    desired = site.declared(room("lobby", "layout: 3x3"))
    plan = site.plan(desired)
    assert verbs(plan) == [("adopt", "Room/lobby")]
    assert statuses(site.carry(plan)) == {"done": ["Room/lobby"]}
    found = site.fetch("Room", "lobby")
    assert (
        found["layout"],
        found["max_members"],
        site.state.resources[LOBBY].id,
        site.plan(desired).actions,
    ) == (
        "3x3",
        5,
        found["id"],
        (),
    )


def test_an_adoption_of_what_is_right_already_sends_nothing(site):
    site.client.post("/rooms", {"name": "lobby", "layout": "3x3"})
    mark = site.mark
    site.give(room("lobby", "layout: 3x3"))
    assert site.sent(mark) == []


# Rename


def test_a_rename_keeps_the_id_and_changes_fields_in_the_same_put(site):
    site.give(room("lobby", "layout: 3x3"))
    before = site.fetch("Room", "lobby")["id"]
    mark = site.mark
    site.give(room("foyer", "layout: 5x5", renamedFrom="lobby"))
    ((method, path, body),) = site.sent(mark)
    assert (method, path, body["name"], body["layout"]) == (
        "PUT",
        f"/rooms/{before}",
        "foyer",
        "5x5",
    )
    assert (
        site.names("Room"),
        [(str(address), record.id) for address, record in site.state.resources.items()],
    ) == (
        ["foyer"],
        [("Room/foyer", before)],
    )


def test_a_rename_that_is_ignored_is_told_and_nothing_is_lost(site):
    site.give(room("lobby", "layout: 3x3"))
    before = site.fetch("Room", "lobby")["id"]
    site.space.knobs = Settings(put_name="ignored")
    desired = site.declared(room("foyer", "layout: 5x5", renamedFrom="lobby"))
    outcome = outcome_of(site, desired)
    assert (outcome.status, outcome.unsettled) == (
        "done",
        (FieldChange("name", "lobby", "foyer", "conflict"),),
    )
    assert [(str(address), record.id) for address, record in site.state.resources.items()] == [
        ("Room/lobby", before)
    ]
    assert verbs(site.plan(desired)) == [("rename", "Room/foyer")]
    site.space.knobs = Settings()
    assert statuses(site.apply(desired)) == {"done": ["Room/foyer"]}
    assert site.plan(desired).actions == ()


def test_a_rename_that_is_refused_is_told_and_nothing_is_lost(site):
    site.give(room("lobby", "layout: 3x3"))
    before = site.state
    site.space.knobs = Settings(put_name="refused")
    outcome = outcome_of(site, site.declared(room("foyer", "layout: 3x3", renamedFrom="lobby")))
    assert (outcome.status, "name" in outcome.error, site.state, site.names("Room")) == (
        "failed",
        True,
        before,
        ["lobby"],
    )


def test_a_rename_of_which_the_answer_is_lost_for_good_is_known_by_its_id_the_next_time(site):
    site.give(room("lobby", "layout: 3x3"))
    before = site.fetch("Room", "lobby")["id"]
    desired = site.declared(room("foyer", "layout: 3x3", renamedFrom="lobby"))
    plan = site.plan(desired)
    faulty(site, Fault("PUT", action="reset_after_commit"), Fault("GET", "/rooms/", after=1))
    assert statuses(site.carry(plan)) == {"unknown": ["Room/foyer"]}
    site.space.knobs = Settings()
    again = site.plan(desired)
    site.carry(again)
    assert (
        again.actions,
        [(str(address), record.id) for address, record in site.state.resources.items()],
    ) == (
        (),
        [("Room/foyer", before)],
    )


def test_names_go_round_in_a_ring(site):
    site.give(room("a", "layout: 3x3") + room("b", "layout: 5x5"))
    site.give(room("b", "layout: 3x3", renamedFrom="a") + room("a", "layout: 5x5", renamedFrom="b"))
    assert [(name, site.fetch("Room", name)["layout"]) for name in site.names("Room")] == [
        ("a", "5x5"),
        ("b", "3x3"),
    ]


def test_a_chain_of_renames_frees_each_name_first(site):
    site.give(room("a") + room("b", "layout: 5x5"))
    site.give(room("b", renamedFrom="a") + room("c", "layout: 5x5", renamedFrom="b"))
    assert [(name, site.fetch("Room", name)["layout"]) for name in site.names("Room")] == [
        ("b", "grid-responsive"),
        ("c", "5x5"),
    ]


# Delete


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_deletion_is_by_id_and_leaves_the_record(site, kind):
    site.give(DECLARED[kind]("lobby"))
    found = site.fetch(kind, "lobby")["id"]
    mark = site.mark
    site.apply(())
    assert (site.sent(mark), dict(site.state.resources)) == (
        [("DELETE", f"{PATHS[kind]}/{found}", None)],
        {},
    )


def test_what_is_gone_already_is_deleted_without_a_request(site):
    site.give(room("lobby"))
    plan = site.plan(())
    site.client.delete(f"/rooms/{site.fetch('Room', 'lobby')['id']}")
    mark = site.mark
    assert (statuses(site.carry(plan)), site.sent(mark), dict(site.state.resources)) == (
        {"done": ["Room/lobby"]},
        [],
        {},
    )


def test_what_vanishes_between_look_and_delete_is_done(site):
    site.give(room("lobby"))
    faulty(site, Fault("DELETE", times=1, status=404, committed=True))
    assert statuses(site.apply(())) == {"done": ["Room/lobby"]}


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "reset_before_commit"},
        {"action": "reset_after_commit"},
        {"status": 500},
        {"status": 500, "committed": True},
    ],
)
def test_a_deletion_whose_answer_is_lost_is_asked_for_once_more_unless_it_took_effect(site, fault):
    site.give(room("lobby"))
    mark = site.mark
    faulty(site, Fault("DELETE", times=1, **fault))
    sent = 1 if "after" in fault.get("action", "") or fault.get("committed") else 2
    assert (statuses(site.apply(())), len(site.sent(mark)), site.names("Room")) == (
        {"done": ["Room/lobby"]},
        sent,
        [],
    )


def test_a_deletion_that_is_lost_twice_is_unknown_and_stays_in_the_record(site):
    site.give(room("lobby"))
    faulty(site, Fault("DELETE", action="reset_before_commit"))
    assert (statuses(site.apply(())), [*site.state.resources]) == (
        {"unknown": ["Room/lobby"]},
        [LOBBY],
    )


def test_people_who_came_in_meanwhile_are_not_thrown_out(site):
    site.give(room("lobby"))
    plan = site.plan(())
    site.space.start_session("Room", "lobby", members=2)
    (outcome,) = site.carry(plan)
    assert (outcome.status, outcome.error, "--allow-live Room/lobby" in outcome.hint) == (
        "failed",
        "a session is live in it",
        True,
    )
    assert statuses(site.carry(plan, allow_live={LOBBY})) == {"done": ["Room/lobby"]}


def test_what_was_renamed_meanwhile_is_not_deleted(site):
    site.give(room("lobby"))
    plan = site.plan(())
    site.outside("Room", "lobby", name="foyer")
    assert (statuses(site.carry(plan)), site.names("Room")) == (
        {"failed": ["Room/lobby"]},
        ["foyer"],
    )


# Errors


def test_an_error_names_request_field_and_request_id(site):
    site.give(room("lobby", "join_from: 2027-01-01"))
    site.outside("Room", "lobby", join_until="2027-06-01")
    (outcome,) = site.apply(site.declared(room("lobby", "join_from: 2028-01-01")))
    assert outcome.status == "failed"
    assert all(
        word in outcome.error
        for word in ("PUT /rooms/", "422", "join_until", "invalid_join_until_date", "request")
    )
    assert outcome.error.count("request id") == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_lost_create_stays_unknown_where_nobody_may_look_either(site, status):
    faulty(
        site,
        Fault("POST", "/rooms$", action="reset_after_commit"),
        Fault("GET", "/rooms/lobby", status=status),
    )
    assert statuses(site.apply(site.declared(room("lobby", "layout: 3x3")))) == {
        "unknown": ["Room/lobby"]
    }


# Answers that were lost, and what is there after all


def test_a_put_whose_answer_was_lost_is_not_sent_again_over_what_somebody_else_wrote(site):
    site.give(room("lobby", "layout: 3x3"))
    plan = site.plan(site.declared(room("lobby", "layout: 5x5")))
    identifier = site.fetch("Room", "lobby")["id"]
    edits = iter([{"layout": "8x8"}])

    class Meddling:
        def __call__(self, environ, start_response):
            if environ["REQUEST_METHOD"] == "PUT" and (fields := next(edits, None)):
                site.client.put(f"/rooms/{identifier}", fields)
                raise ConnectionResetError("cut")
            return site.space(environ, start_response)

    with writer(site.target, application=Meddling(), clock=Hours().clock) as client:
        tools = ExecutionContext(client, site.kinds, site.state.key)
        (result,) = run(plan, tools, parallel=1, stop=site.stop, on_result=lambda _: None)
    assert (result.outcome.status, site.fetch("Room", "lobby")["layout"]) == ("unknown", "8x8")


@pytest.mark.parametrize(
    ("since", "ours"),
    [("2020-01-01T00:00:00Z", True), ("", False), ("2090-01-01T00:00:00Z", False)],
)
def test_a_name_that_is_taken_is_ours_only_if_an_earlier_run_sent_it_then(site, since, ours):
    plan = site.plan(site.declared(room("lobby", "layout: 3x3")))
    site.client.post("/rooms", {"name": "lobby", "layout": "3x3"})
    earlier = Intent(LOBBY, {"layout": "3x3"}, since, "2099-01-01T00:00:00Z" if since else "")
    tools = ExecutionContext(
        site.client,
        site.kinds,
        site.state.key,
        intend=lambda _: earlier,
        open={earlier.key: earlier},
    )
    (result,) = run(plan, tools, parallel=1, stop=site.stop, on_result=lambda _: None)
    assert (result.outcome.status, len(site.sent())) == ("done" if ours else "failed", 2)


def test_a_lookup_that_is_refused_says_so_and_the_outcome_stays_unknown(site):
    faulty(
        site,
        Fault("POST", "/rooms$", action="reset_after_commit"),
        Fault("GET", "/rooms/lobby$", status=401),
    )
    plan = site.plan(site.declared(room("lobby")))
    (result,) = run(
        plan,
        ExecutionContext(site.client, site.kinds, site.state.key),
        parallel=1,
        stop=site.stop,
        on_result=lambda _: None,
    )
    assert (result.outcome.status, result.denied) == ("unknown", True)


def test_a_deletion_that_answers_404_of_what_is_there_is_not_done(site):
    site.give(room("lobby"))
    faulty(site, Fault("DELETE", times=1, status=404))
    assert statuses(site.apply(())) == {"failed": ["Room/lobby"]}
    assert LOBBY in site.state.resources


def test_the_second_half_of_a_create_goes_on_where_the_first_cannot_be_read_yet(site):
    faulty(site, Fault("GET", "/conferences/", times=1, status=404))
    outcome = outcome_of(site, site.declared(hall("lobby", "tone_on_entry_and_exit: true")))
    assert outcome.status == "done"
    assert site.fetch("Conference", "lobby")["tone_on_entry_and_exit"] is True


def test_what_a_put_whose_answer_was_lost_changed_beside_the_plan_is_told(site):
    site.give(room("lobby", "layout: 3x3"))
    site.outside("Room", "lobby", max_members=9)
    lost = Fault("PUT", "/rooms/", times=1, action="reset_after_commit")
    site.space.knobs = Settings(put_resets=("max_members",), faults=(lost,))
    outcome = outcome_of(site, site.declared(room("lobby", "layout: 5x5")))
    assert [(change.path, change.before) for change in outcome.moved] == [("max_members", 9)]


def test_an_adoption_whose_rename_is_ignored_is_recorded_under_the_name_that_stayed(site):
    made = site.client.post("/rooms", {"name": "lobby", "layout": "3x3"})
    site.space.knobs = Settings(put_name="ignored")
    desired = site.declared(room("foyer", "layout: 5x5", renamedFrom="lobby"))
    outcome = outcome_of(site, desired)
    assert outcome.unsettled == (FieldChange("name", "lobby", "foyer", "conflict"),)
    (record,) = site.state.resources.values()
    assert (record.address, record.id) == (LOBBY, made["id"])
    assert (record.renamed_from, record.rename_target) == (None, None)
    assert verbs(site.plan(desired)) == [("rename", "Room/foyer")]


def contradicted(site, question, answer, desired):
    """Carry out the one action with a fact about the Space; why the fact was dropped."""
    why = []
    fact = Fact(question, "Room", answer, (), "2027-01-01", "1")
    facts = KnownFacts(facts_of("local", [fact], []), lambda *words: why.append(words[3]))
    context = ExecutionContext(site.client, site.kinds, site.state.key, facts=facts)
    plan = site.plan(site.declared(desired))
    (result,) = run(plan, context, parallel=1, stop=site.stop, on_result=lambda _: None)
    return result.outcome.status, why


@pytest.mark.parametrize("layout", ["grid-responsive", "8x8"])
def test_a_creation_that_shows_another_default_drops_the_known_ones(site, layout):
    found = contradicted(site, DEFAULTS, {"layout": layout}, room("lobby"))
    why = ["a new resource has another default in layout"]
    assert found == ("done", why if layout == "8x8" else [])


def test_an_update_whose_null_is_refused_drops_that_null_is_accepted(site):
    site.give(room("lobby", "join_from: 2027-01-01T00:00:00Z"))
    error = {"message": "no", "attribute": "join_from"}
    refusal = json.dumps({"errors": [error]})
    faulty(site, Fault("PUT", "/rooms/", status=422, body=refusal))
    found = contradicted(site, NULL, ACCEPTED, room("lobby", "join_from: null"))
    assert found == ("failed", ["null in join_from was refused"])
