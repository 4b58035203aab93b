from dataclasses import replace
from functools import partial

import pytest

from reconciler.core.plan_model import Interruption
from reconciler.core.resources import Address, Secret
from reconciler.executor.context import ExecutionContext
from reconciler.executor.scheduler import run
from reconciler.localspace import Fault, Settings
from reconciler.space.client import writer
from reconciler.state.record import encode_state
from tests.integration.end_to_end.driver import Hours, hall, room, statuses

A, B, C = "rtmp://a.example/live/a", "rtmp://b.example/live/b", "rtmps://c.example/live/c"
LOBBY = Address("Room", "lobby")
ENV = {"A": A, "B": B, "C": C}
KIND_OF = {"Room": room, "Conference": hall}


def with_streams(*names, kind="Room"):
    urls = ", ".join(f"{{url: '${{env:{name}}}'}}" for name in names)
    return KIND_OF[kind]("lobby", f"streams: [{urls}]")


def recorded(site, kind="Room"):
    ones = site.state.resources[Address(kind, "lobby")].children.get("streams", ())
    return [(one.id, one.attributes) for one in ones]


def shown(site, kind="Room"):
    parent = site.fetch(kind, "lobby")["id"]
    path = f"{site.kinds[kind].collection}/{parent}/streams"
    found = [one for page in site.client.pages(path, page_size=None) for one in page]
    return [(one["id"], {"url": Secret(one["url"]).sealed(site.state.key)}) for one in found]


@pytest.mark.parametrize("kind", ["Room", "Conference"])
def test_streams_are_made_with_their_parent(site, kind):
    site.give(with_streams("A", "B", kind=kind), **ENV)
    assert (site.streams(kind, "lobby"), recorded(site, kind)) == (
        [A, B],
        sorted(shown(site, kind)),
    )


@pytest.mark.parametrize("kind", ["Room", "Conference"])
def test_one_changed_one_gone_one_new(site, kind):
    site.give(with_streams("A", "B", kind=kind), **ENV)
    kept, changed = (
        next(
            spot
            for spot, fields in recorded(site, kind)
            if fields["url"] == Secret(url).sealed(site.state.key)
        )
        for url in (A, B)
    )
    mark = site.mark
    site.give(with_streams("A", "C", kind=kind), **ENV)
    assert site.sent(mark) == [("PUT", f"/streams/{changed}", {"url": C})]
    site.give(with_streams("A", kind=kind), **ENV)
    assert site.sent(mark)[1:] == [("DELETE", f"/streams/{changed}", None)]
    assert (
        recorded(site, kind)
        == shown(site, kind)
        == [(kept, {"url": Secret(A).sealed(site.state.key)})]
    )


def test_an_exact_list_takes_out_what_others_put_in(site):
    site.give(with_streams("A"), **ENV)
    path = f"/rooms/{site.fetch('Room', 'lobby')['id']}/streams"
    site.client.post(path, {"url": B})
    site.give(with_streams("A"), **ENV)
    assert site.streams("Room", "lobby") == [A]


def test_a_list_declared_no_longer_takes_back_ours_alone(site):
    site.give(with_streams("A"), **ENV)
    site.client.post(f"/rooms/{site.fetch('Room', 'lobby')['id']}/streams", {"url": B})
    site.give(room("lobby"))
    assert (site.streams("Room", "lobby"), recorded(site)) == ([B], [])


def test_a_stream_deleted_meanwhile_is_gone_as_wished(site):
    site.give(with_streams("A", "B"), **ENV)
    plan = site.plan(site.declared(with_streams("B"), **ENV))
    (spot,) = (
        spot for spot, fields in recorded(site) if fields["url"] == Secret(A).sealed(site.state.key)
    )
    site.client.delete(f"/streams/{spot}")
    assert statuses(site.carry(plan)) == {"done": ["Room/lobby"]}
    assert recorded(site) == shown(site)


@pytest.mark.parametrize("action", ["reset_before_commit", "reset_after_commit"])
@pytest.mark.parametrize(("second", "method"), [("B", "PUT"), ("", "DELETE")])
def test_a_lost_answer_to_put_or_delete_is_asked_for_once_more(site_with, action, second, method):
    site = site_with(Settings())
    site.give(with_streams("A"), **ENV)
    site.space.knobs = Settings(faults=(Fault(method, "/streams/", times=1, action=action),))
    site.give(with_streams(*second), **ENV)
    assert site.streams("Room", "lobby") == [ENV[name] for name in second]


@pytest.mark.parametrize("action", ["reset_before_commit", "reset_after_commit", "garbage"])
def test_a_stream_whose_post_was_lost_is_never_made_twice(site_with, action):
    site = site_with(Settings(faults=(Fault("POST", "/streams", times=1, action=action),)))
    desired = site.declared(with_streams("A", "B"), **ENV)
    assert statuses(site.apply(desired)) == {
        "unknown" if action == "reset_before_commit" else "done": ["Room/lobby"]
    }
    assert len(site.sent()) == (2 if action == "reset_before_commit" else 3)
    assert statuses(site.apply(desired)).keys() <= {"done"}
    assert (sorted(site.streams("Room", "lobby")), site.plan(desired).actions) == ([A, B], ())


def test_what_was_made_before_the_failure_is_recorded(site_with):
    site = site_with(Settings(stream_limit=1))
    desired = site.declared(with_streams("A", "B"), **ENV)
    (outcome,) = site.apply(desired)
    assert (outcome.status, "exceeds_platform_stream_limit" in outcome.error) == ("failed", True)
    assert recorded(site) == shown(site)


def test_what_the_api_refuses_of_a_secret_is_told_without_it(site):
    site.give(with_streams("A"), **ENV)
    site.space.knobs = Settings(
        faults=(
            Fault(
                "PUT",
                "/streams/",
                status=422,
                body=f'{{"errors":[{{"message":"bad {C}","attribute":"url"}}]}}',
            ),
        )
    )
    (outcome,) = site.apply(site.declared(with_streams("C"), **ENV))
    assert (outcome.status, C in repr(outcome), C in outcome.error) == ("failed", False, False)


def test_no_secret_is_in_the_record(site):
    site.give(with_streams("A"), **ENV)
    assert (A in encode_state(site.state), A in repr(site.state), A in repr(site.noted)) == (
        False,
        False,
        False,
    )


def test_one_of_ours_that_the_list_leaves_out_is_not_made_again(site_with):
    site = site_with(Settings(lag_lists=3))
    desired = site.declared(with_streams("A", "B"), **ENV)
    assert statuses(site.apply(desired)) == {"done": ["Room/lobby"]}
    plan = site.plan(desired)  # whose lists do not show the streams yet
    assert [
        (change.path, change.before) for action in plan.actions for change in action.changes
    ] == [
        ("streams[0]", None),
        ("streams[1]", None),
    ]
    mark = site.mark
    assert (statuses(site.carry(plan)), site.sent(mark)) == ({"done": ["Room/lobby"]}, [])
    site.space.knobs = Settings()
    assert (site.plan(desired).actions, sorted(site.streams("Room", "lobby"))) == ((), [A, B])


def test_a_stream_is_intended_before_it_is_sent_and_once_more_where_nobody_knows(site_with):
    site = site_with(
        Settings(faults=(Fault("POST", "/streams", times=1, action="reset_before_commit"),))
    )
    intended = []
    plan = site.plan(site.declared(with_streams("A"), **ENV))

    def intend(intent):
        intended.append((intent.child, len(site.sent())))
        return intent

    tools = ExecutionContext(site.client, site.kinds, site.state.key, intend=intend)
    (result,) = run(plan, tools, parallel=1, stop=site.stop, on_result=lambda _: None)
    assert (result.outcome.status, intended) == (
        "unknown",
        [("", 0), ("streams", 1), ("streams", 2)],
    )


def doubting(site, plan, seconds, *, intended=None):
    """Carry a plan out while an earlier creation may still take effect for so many seconds."""
    doubts = {(Address("Room", "lobby"), "streams"): seconds}

    def intend(intent):
        if intended is not None:
            intended.append(intent)
        return intent

    tools = ExecutionContext(site.client, site.kinds, site.state.key, doubts=doubts, intend=intend)
    (result,) = run(plan, tools, parallel=1, stop=site.stop, on_result=lambda _: None)
    return result


@pytest.mark.parametrize("seconds", [0.4, 30.0])
def test_while_a_lost_creation_may_still_come_no_stream_is_made(site, seconds):
    site.give(room("lobby"))
    plan = site.plan(site.declared(with_streams("A"), **ENV))
    mark = site.mark
    result = doubting(site, plan, seconds)
    assert (result.outcome.status, result.in_doubt, site.sent(mark)) == ("skipped", True, [])
    assert result.outcome.hint == (
        f"run it again in {seconds:.0f} s: by then the result can be read"
    )


def test_without_a_doubt_about_this_list_its_stream_is_made(site):
    site.give(room("lobby"))
    plan = site.plan(site.declared(with_streams("A"), **ENV))
    assert doubting(site, plan, 0.0).outcome.status == "done"
    site.give(room("lobby"))
    doubts = {(Address("Room", "lobby"), "others"): 30.0, (Address("Room", "x"), "streams"): 30.0}
    tools = ExecutionContext(site.client, site.kinds, site.state.key, doubts=doubts)
    plan = site.plan(site.declared(with_streams("B"), **ENV))
    (result,) = run(plan, tools, parallel=1, stop=site.stop, on_result=lambda _: None)
    assert (result.outcome.status, site.streams("Room", "lobby")) == ("done", [B])


def test_a_doubt_holds_back_what_is_new_and_nothing_else(site):
    site.give(with_streams("A", "B"), **ENV)
    plan = site.plan(site.declared(with_streams("C") + "", **ENV))
    result = doubting(site, plan, 30.0)
    assert (result.outcome.status, site.streams("Room", "lobby")) == ("done", [C])


def test_what_is_intended_is_sealed_and_names_the_list(site):
    site.give(room("lobby"))
    intended = []
    plan = site.plan(site.declared(with_streams("A"), **ENV))
    doubting(site, plan, 0.0, intended=intended)
    (stream,) = [one for one in intended if one.child]
    assert (stream.address, stream.child, stream.attributes) == (
        Address("Room", "lobby"),
        "streams",
        {"url": Secret(A).sealed(site.state.key)},
    )


@pytest.mark.parametrize(
    ("second", "deed"),
    [
        ("C", lambda site, path: site.client.put(path, {"url": "rtmp://other.example/x"})),
        ("", lambda site, path: site.client.put(path, {"url": "rtmp://other.example/x"})),
        ("C", lambda site, path: site.client.delete(path)),
    ],
    ids=["changed, to be changed", "changed, to be removed", "removed, to be changed"],
)
def test_a_stream_that_changed_since_the_plan_is_left_alone(site, second, deed):
    site.give(with_streams("A"), **ENV)
    plan = site.plan(site.declared(with_streams(*second), **ENV))
    ((stream, _),) = recorded(site)
    deed(site, f"/streams/{stream}")
    mark, there = site.mark, site.streams("Room", "lobby")
    (outcome,) = site.carry(plan)
    assert (outcome.status, site.sent(mark), site.streams("Room", "lobby")) == (
        "failed",
        [],
        there,
    )
    what = "changed" if there else "was removed"
    assert outcome.error == f"streams[0] {what} since the plan was made"
    assert [one for one, _ in recorded(site)] == [stream]


def test_a_session_that_begins_between_two_streams_is_seen_before_the_second(site):
    site.give(with_streams("A"), **ENV)
    plan = site.plan(site.declared(with_streams(), **ENV))
    plan = replace(
        plan,
        actions=tuple(
            replace(action, interrupts=(Interruption("streams"),)) for action in plan.actions
        ),
    )
    site.space.start_session("Room", "lobby", members=1)
    (outcome,) = site.carry(plan)
    assert (outcome.status, site.streams("Room", "lobby")) == ("failed", [A])


def test_an_empty_list_is_recorded_where_it_is_declared_and_not_where_it_is_not(site):
    site.give(with_streams("A"), **ENV)
    site.give(with_streams(), **ENV)
    assert dict(site.state.resources[LOBBY].children) == {"streams": ()}
    site.give(with_streams("A"), **ENV)
    site.give(room("lobby"))
    assert dict(site.state.resources[LOBBY].children) == {}


def test_a_stream_that_changed_since_the_plan_is_told_with_what_to_do(site):
    site.give(with_streams("A"), **ENV)
    plan = site.plan(site.declared(with_streams("C"), **ENV))
    ((stream, _),) = recorded(site)
    site.client.put(f"/streams/{stream}", {"url": B})
    (outcome,) = site.carry(plan)
    assert (outcome.error, outcome.hint) == (
        "streams[0] changed since the plan was made",
        "plan again and check what changed",
    )


def meddled(site, plan, method, meanwhile):
    """Carry a plan out while the first request of a method is lost and another client writes."""
    lost = [meanwhile]

    def space(environ, start_response):
        if environ["REQUEST_METHOD"] == method and "/streams" in environ["PATH_INFO"] and lost:
            lost.pop()()
            raise ConnectionResetError("cut")
        return site.space(environ, start_response)

    with writer(site.target, application=space, clock=Hours().clock) as client:
        tools = ExecutionContext(client, site.kinds, site.state.key)
        (result,) = run(plan, tools, parallel=1, stop=site.stop, on_result=lambda _: None)
    return result


def test_a_stream_that_went_while_its_change_was_lost_is_told_as_removed(site):
    site.give(with_streams("A"), **ENV)
    plan = site.plan(site.declared(with_streams("C"), **ENV))
    ((stream, _),) = recorded(site)
    result = meddled(site, plan, "PUT", lambda: site.client.delete(f"/streams/{stream}"))
    assert result.outcome.status != "done"
    assert "was removed since the plan was made" in result.outcome.error
    assert site.streams("Room", "lobby") == []


@pytest.mark.parametrize(("second", "method"), [("C", "PUT"), ("", "DELETE")])
def test_a_lost_change_is_unknown_where_nothing_can_be_read_any_more(site, second, method):
    site.give(with_streams("A"), **ENV)
    plan = site.plan(site.declared(with_streams(*second), **ENV))

    def broken():
        site.space.knobs = Settings(faults=(Fault("GET", "/streams/", status=500),))

    result = meddled(site, plan, method, broken)
    assert result.outcome.status == "unknown"
    assert [one.id for one in result.record.children["streams"]] == [recorded(site)[0][0]]


def test_a_stream_of_others_that_came_while_ours_was_lost_is_not_ours(site):
    site.give(room("lobby"))
    plan = site.plan(site.declared(with_streams("A"), **ENV))
    path = f"/rooms/{site.fetch('Room', 'lobby')['id']}/streams"
    result = meddled(site, plan, "POST", lambda: site.client.post(path, {"url": B}))
    assert (result.outcome.status, site.streams("Room", "lobby")) == ("unknown", [B])
    assert result.record.children.get("streams", ()) == ()


def test_a_stream_that_came_about_although_its_answer_was_lost_is_ours(site):
    site.give(room("lobby"))
    plan = site.plan(site.declared(with_streams("A"), **ENV))
    path = f"/rooms/{site.fetch('Room', 'lobby')['id']}/streams"
    result = meddled(site, plan, "POST", lambda: site.client.post(path, {"url": A}))
    assert (result.outcome.status, site.streams("Room", "lobby")) == ("done", [A])
    assert [one.id for one in result.record.children["streams"]] == [shown(site)[0][0]]


@pytest.mark.parametrize(("second", "method"), [("C", "PUT"), ("", "DELETE")])
def test_after_a_loss_a_session_that_began_is_not_disturbed(site, second, method):
    site.give(with_streams("A"), **ENV)
    plan = site.plan(site.declared(with_streams(*second), **ENV))
    (action,) = plan.actions
    plan = replace(plan, actions=(replace(action, interrupts=(Interruption("streams"),)),))
    begin = partial(site.space.start_session, "Room", "lobby", members=1)
    result = meddled(site, plan, method, begin)
    assert (result.outcome.status, site.streams("Room", "lobby")) == ("unknown", [A])


@pytest.mark.parametrize(("second", "method"), [("C", "PUT"), ("", "DELETE")])
def test_a_change_of_a_stream_that_is_refused_is_sent_once(site, second, method):
    site.give(with_streams("A"), **ENV)
    plan = site.plan(site.declared(with_streams(*second), **ENV))
    site.space.knobs = Settings(faults=(Fault(method, "/streams/", status=422),))
    mark = site.mark
    (outcome,) = site.carry(plan)
    assert (outcome.status, [one[0] for one in site.sent(mark)]) == ("failed", [method])
