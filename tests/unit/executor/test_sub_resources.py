import pytest

from reconciler.core.resources import Address, Secret
from reconciler.executor.context import ExecutionContext
from reconciler.executor.scheduler import run
from reconciler.localspace import Fault, Settings
from reconciler.state.record import encode_state
from tests.integration.end_to_end.driver import hall, room, statuses

A, B, C = "rtmp://a.example/live/a", "rtmp://b.example/live/b", "rtmps://c.example/live/c"
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
