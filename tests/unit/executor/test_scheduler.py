"""In which groups a plan is carried out, how many actions go at once, and why one does not start."""

import json
import threading
from dataclasses import replace

import pytest

from reconciler.core.plan_model import Outcome
from reconciler.core.resources import Address, Secret
from reconciler.executor.context import ExecutionContext
from reconciler.executor.results import Result
from reconciler.executor.scheduler import run, threads
from reconciler.localspace import Fault, Settings
from tests.integration.end_to_end.driver import hall, room


@pytest.mark.parametrize(("width", "actions"), [(1, 5), (3, 5), (5, 3), (12, 30)])
def test_each_worker_has_a_number_and_there_are_no_more_than_actions(width, actions):
    everyone = threading.Barrier(min(width, actions), timeout=30)
    names = set()

    def carry(action):
        if action < everyone.parties:
            everyone.wait()
        names.add(threading.current_thread().name)
        return action

    assert sorted(threads(range(actions), carry, width)) == [*range(actions)]
    assert names == {f"worker {number}" for number in range(everyone.parties)}
    assert not [one for one in threading.enumerate() if one.name.startswith("worker ")]


@pytest.mark.parametrize("width", [1, 2, 3])
def test_as_many_actions_as_workers_may_run_ahead_of_the_results_that_are_taken(width):
    begun = threading.Semaphore(0)
    carried = []

    def carry(action):
        carried.append(action)
        begun.release()
        return action

    results = threads(range(100), carry, width)
    taken = [next(results)]
    for allowed in (2 * width - 1, *(1 for _ in range(5))):
        for _ in range(allowed):
            assert begun.acquire(timeout=30)
        assert not begun.acquire(blocking=False)
        assert len(carried) == 2 * width - 2 + len(taken)
        taken.append(next(results))
    results.close()


def test_a_worker_that_fails_ends_the_run_after_what_was_begun():
    def carry(action):
        if action == 2:
            raise KeyboardInterrupt("stop")
        return action

    results = threads(range(100), carry, 1)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(KeyboardInterrupt, match="stop"):
        next(results)
    assert [*results] == []


def test_no_action_needs_no_worker():
    assert [*threads([], lambda _: pytest.fail("there is none"), 4)] == []


def grouped(site, plan, *, parallel=4, knobs=None, stop_after=None):
    """The groups in which a plan is carried out, with the workers of each, and the results."""
    groups, results = [], []
    if knobs:
        site.space.knobs = knobs

    def workers(group, carry, width):
        groups.append(([f"{one.action} {one.address}" for one in group], width))
        yield from map(carry, group)

    def noted(result):
        results.append(result)
        if str(result.outcome.action.address) == stop_after:
            site.stop.set()

    tools = ExecutionContext(site.client, site.kinds, site.state.key)
    given = run(plan, tools, parallel=parallel, stop=site.stop, on_result=noted, workers=workers)
    every = list(given)
    assert [one for one in every if one.outcome.status != "skipped"] == results
    return groups, every


BEFORE = room("a", "layout: 3x3") + room("b") + room("c") + hall("h") + room("gone") + room("late")
AFTER = (
    room("new", "layout: 5x5", renamedFrom="a")
    + room("newer", "layout: 3x3", renamedFrom="b")
    + room("c", "quality: 1080p")
    + hall("h", "layout: 3x3")
    + room("d")
    + room("e")
)


def test_renames_go_one_by_one_then_what_is_unproven_alone_then_the_rest_then_deletions(site):
    site.give(BEFORE)
    groups, results = grouped(site, site.plan(site.declared(AFTER)), parallel=3)
    assert groups == [
        (["rename Room/new", "rename Room/newer"], 1),
        (["update Conference/h"], 1),
        (["update Room/c"], 1),
        (["create Room/d", "create Room/e"], 3),
        (["delete Room/gone", "delete Room/late"], 3),
    ]
    assert {one.outcome.status for one in results} == {"done"}


def test_a_plan_without_actions_has_no_groups(site):
    assert grouped(site, site.plan(())) == ([], [])


def test_what_follows_the_action_that_stopped_the_run_says_so(site):
    plan = site.plan(site.declared(room("a") + room("b")))
    _, results = grouped(site, plan, stop_after="Room/a")
    assert results[1] == Result(Outcome(plan.actions[1], "skipped", "not started: the run stopped"))


def test_a_run_that_stopped_after_the_credentials_were_refused_says_that_it_stopped(site):
    plan = site.plan(site.declared(room("a") + room("b")))
    knobs = Settings(faults=(Fault("POST", status=401),))
    _, results = grouped(site, plan, knobs=knobs)
    refused = "not started: the Space refused the credentials"
    assert results[1] == Result(Outcome(plan.actions[1], "skipped", refused))
    _, results = grouped(site, plan, stop_after="Room/a")
    assert [one.outcome.error for one in results][1:] == ["not started: the run stopped"]


@pytest.mark.parametrize("refused", [False, True])
def test_what_is_replaced_is_deleted_only_after_what_replaces_it_was_created(site, refused):
    site.give(room("old", "layout: 3x3") + room("other"))
    plan = site.plan(site.declared(room("new", "layout: 3x3")))
    pair = (Address("Room", "old"), Address("Room", "new"))
    plan = replace(plan, suggestions=(pair,))
    knobs = Settings(faults=(Fault("POST", status=422),)) if refused else None
    _, results = grouped(site, plan, knobs=knobs)
    said = {str(one.outcome.action.address): one.outcome for one in results}
    assert [(name, said[name].status) for name in ("Room/old", "Room/other")] == [
        ("Room/old", "skipped" if refused else "done"),
        ("Room/other", "done"),
    ]
    held = "Room/new, which replaces it, was not created" if refused else ""
    assert said["Room/old"].error == held


def test_what_is_called_for_each_action_and_in_which_order(site):
    plan = site.plan(site.declared(room("a") + room("b")))
    calls = []

    def call(word, action):
        calls.append((word, action.address.name))
        if calls[-1] == ("before", "b"):
            site.stop.set()

    tools = ExecutionContext(site.client, site.kinds, site.state.key)
    results = run(
        plan,
        tools,
        parallel=1,
        stop=site.stop,
        on_result=lambda result: call("result", result.outcome.action),
        before_action=lambda action: call("before", action),
        on_start=lambda action: call("start", action),
    )
    assert [one.outcome.status for one in results] == ["done", "skipped"]
    assert calls == [("before", "a"), ("start", "a"), ("result", "a"), ("before", "b")]


def test_an_error_that_repeats_a_secret_is_told_without_it(site):
    url = "rtmp://a.example/hush"
    site.give(room("a"))
    plan = site.plan(site.declared(room("a", "streams: [{url: '${env:K}'}]"), K=url))
    body = json.dumps({"errors": [{"message": f"bad url {url}", "attribute": "url"}]})
    _, results = grouped(site, plan, knobs=Settings(faults=(Fault("POST", status=422, body=body),)))
    (result,) = results
    assert result.outcome.status == "failed"
    assert "hush" not in result.outcome.error
    assert "bad url" in result.outcome.error


def test_every_id_of_the_plan_is_known_before_the_first_action(site):
    site.client.post("/rooms", {"name": "theirs"})
    plan = site.plan(site.declared(room("a")))
    tools = ExecutionContext(site.client, site.kinds, site.state.key)
    seen = []
    list(
        run(
            plan,
            tools,
            parallel=1,
            stop=site.stop,
            on_result=lambda _: None,
            before_action=lambda _: seen.append({one in tools.known for one in plan.ids}),
        )
    )
    assert (len(plan.ids), seen) == (1, [{True}])


def test_a_secret_that_was_copied_to_another_field_is_shown_nowhere_in_an_outcome(site):
    url = "rtmp://a.example/hush"
    streams = "streams: [{url: '${env:K}'}]"
    site.give(room("a", f"layout: 3x3, {streams}"), K=url)
    site.outside("Room", "a", description=f"see {url}")
    desired = site.declared(room("a", f"layout: 5x5, {streams}"), K=url)
    plan = site.plan(desired)
    site.client.hidden.declare(desired)
    _, (result,) = grouped(site, plan, knobs=Settings(put_resets=("description",)))
    (moved,) = result.outcome.moved
    assert (moved.path, moved.before) == ("description", Secret(f"see {url}"))
    assert "hush" not in repr(result.outcome.moved)
