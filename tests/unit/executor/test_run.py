"""A whole plan: what goes side by side, what waits, what is left out, and what every request may carry."""

import threading
from pathlib import Path

import jsonschema
import pytest
import yaml

from reconciler.core.resources import Address
from reconciler.executor.context import ExecutionContext
from reconciler.executor.scheduler import run, threads
from reconciler.localspace import Fault, Settings
from tests.integration.end_to_end.driver import flat, hall, room, statuses, verbs

FIVE = "".join(room(name, "layout: 3x3") for name in "abcde")


def writes(site, since=0):
    return [(method, path.count("/")) for method, path, _ in site.sent(since)]


@pytest.mark.parametrize("parallel", [1, 3, 64])
def test_whatever_the_width_everything_is_done_once(site, parallel):
    desired = site.declared(
        "".join(room(f"r{number}") + hall(f"c{number}") for number in range(12))
    )
    outcomes = site.apply(desired, parallel=parallel)
    assert (statuses(outcomes), len(site.sent())) == (
        {"done": [str(one.address) for one in desired]},
        24,
    )


def test_every_finished_action_is_noted_once_and_before_its_outcome_is_told(site):
    site.apply(site.declared(FIVE))
    assert sorted(str(result.outcome.action.address) for result in site.noted) == [
        f"Room/{name}" for name in "abcde"
    ]
    assert all(result.record and result.record.id for result in site.noted)


def test_renames_come_first_and_deletions_last(site):
    site.give(room("gone") + room("old", "layout: 3x3") + room("stays"))
    mark = site.mark
    site.give(
        room("fresh") + room("new", "layout: 3x3", renamedFrom="old") + room("stays", "layout: 5x5")
    )
    sent = site.sent(mark)
    assert (sent[0][0], sent[-1][0]) == ("PUT", "DELETE")
    assert (sent[0][2]["name"], {method for method, _, _ in sent[1:-1]}) == ("new", {"POST", "PUT"})


def test_one_that_the_space_refuses_does_not_hold_up_the_others(site):
    site.space.knobs = Settings(
        faults=(
            Fault(
                "POST",
                times=1,
                after=2,
                status=422,
                body='{"errors":[{"code":"invalid_parameter"}]}',
            ),
        )
    )
    outcomes = site.apply(site.declared(FIVE))
    assert sorted((status, len(names)) for status, names in statuses(outcomes).items()) == [
        ("done", 4),
        ("failed", 1),
    ]
    assert len(site.state.resources) == len(site.names("Room")) == 4


@pytest.mark.parametrize("status", [401, 403])
def test_once_the_credentials_are_refused_nothing_new_is_sent(site, status):
    site.give(room("gone"))
    mark = site.mark
    site.space.knobs = Settings(faults=(Fault("POST", after=1, status=status),))
    outcomes = site.apply(site.declared(FIVE), parallel=1)
    assert statuses(outcomes) == {
        "done": ["Room/a"],
        "failed": ["Room/b"],
        "skipped": ["Room/c", "Room/d", "Room/e", "Room/gone"],
    }
    assert writes(site, mark) == [("POST", 1), ("POST", 1)]
    assert {outcome.error for outcome in outcomes if outcome.status == "skipped"} == {
        "not started: the Space refused the credentials"
    }


def test_once_the_credentials_are_refused_only_what_is_in_flight_is_sent(site):
    site.space.knobs = Settings(faults=(Fault("POST", status=401),))
    desired = site.declared("".join(room(f"r{number}") for number in range(30)))
    outcomes = site.apply(desired, parallel=4)
    assert (len(site.sent()) <= 4, len(outcomes), site.names("Room")) == (True, 30, [])


def test_stopped_before_it_began_everything_is_skipped(site):
    site.stop.set()
    outcomes = site.apply(site.declared(FIVE))
    assert (statuses(outcomes), site.sent(), site.noted) == (
        {"skipped": [f"Room/{name}" for name in "abcde"]},
        [],
        [],
    )


def test_stopped_in_the_middle_what_is_in_flight_is_finished_and_the_rest_is_skipped(site):
    outcomes = site.apply(site.declared(FIVE), parallel=1, on_result=lambda _: site.stop.set())
    assert statuses(outcomes) == {
        "done": ["Room/a"],
        "skipped": [f"Room/{name}" for name in "bcde"],
    }
    assert (site.names("Room"), [*site.state.resources]) == (["a"], [Address("Room", "a")])


def test_stopped_between_two_phases_nothing_is_deleted(site):
    site.give(room("gone"))
    outcomes = site.apply(site.declared(room("fresh")), on_result=lambda _: site.stop.set())
    assert (statuses(outcomes), site.names("Room")) == (
        {"done": ["Room/fresh"], "skipped": ["Room/gone"]},
        ["fresh", "gone"],
    )


def test_stopped_between_the_steps_of_a_ring_the_next_run_finishes_it(site):
    site.give(room("a", "layout: 3x3") + room("b", "layout: 5x5"))
    ids = {name: site.fetch("Room", name)["id"] for name in "ab"}
    desired = site.declared(
        room("b", "layout: 3x3", renamedFrom="a") + room("a", "layout: 5x5", renamedFrom="b")
    )
    site.apply(desired, on_result=lambda _: site.stop.set())
    site.stop = threading.Event()
    assert statuses(site.apply(desired)).keys() == {"done"}
    assert {name: site.fetch("Room", name)["id"] for name in "ab"} == {"b": ids["a"], "a": ids["b"]}
    assert site.plan(desired).actions == ()


def test_a_run_and_its_rest_leave_nothing_to_do_wherever_it_stops(site_with):
    text = [
        room("a", "layout: 3x3")
        + room("b")
        + hall("c", "tone_on_entry_and_exit: true")
        + room("d"),
        room("e", "layout: 3x3", renamedFrom="a")
        + room("b", "max_members: 3")
        + hall("c")
        + hall("f"),
    ]
    for after in range(7):
        site = site_with(Settings())
        site.give(text[0])
        desired = site.declared(text[1])

        last = len(site.noted) + after

        def stop_there(_, site=site, last=last):
            if len(site.noted) >= last:
                site.stop.set()

        stop_there(None)
        site.apply(desired, parallel=1, on_result=stop_there)
        site.stop = threading.Event()
        site.apply(desired)
        assert (site.plan(desired).actions, site.names("Room"), site.names("Conference")) == (
            (),
            ["b", "e"],
            ["c", "f"],
        )


# What requests may carry

EVERYTHING = (
    room(
        "lobby",
        "display_name: Lobby, description: d, max_members: 5, quality: 1080p, join_from: 2027-01-01,"
        " join_until: '2028-01-01T00:00:00+02:00',"
        " remove_at: 2029-01-01, remove_after_seconds_elapsed: 60, layout: 3x3, record_on_start: true, enable_room_previews: true,"
        " meta: {a: [1, {b: null}]}, sync_audio_video: true, streams: [{url: '${env:A}'}, {url: '${env:B}'}]",
    )
    + hall(
        "hall",
        "display_name: Hall, description: d, join_from: 2027-01-01, join_until: 2028-01-01, quality: 1080p, layout: 5up, size: large,"
        " record_on_start: true, enable_room_previews: true, enable_chat: false, tone_on_entry_and_exit: true, room_join_video_off: true,"
        " user_join_video_off: true, streams: [{url: '${env:A}'}], "
        + ", ".join(
            f"{mode}_{part}: '#a1B2c3'"
            for mode in ("dark", "light")
            for part in ("primary", "background", "foreground", "success", "negative")
        ),
    )
    + room("bare")
)
CHANGED = (
    room(
        "foyer",
        "meta: {a: 2}, join_from: null, description: null, streams: [{url: '${env:B}'}, {url: '${env:C}'}]",
        renamedFrom="lobby",
    )
    + hall("hall", "size: small, streams: []")
    + room("adopted", "layout: 3x3")
)
ENV = {name: f"rtmp://{name}.example/live" for name in "ABC"}


@pytest.fixture(scope="module")
def published():
    path = Path(__file__).parents[3].parent / "shared" / "signalwire" / "video-openapi.yaml"
    if not path.exists():
        pytest.skip("the published document is not here (../shared/signalwire/video-openapi.yaml)")
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def template(path):
    parts = path.split("/")
    return "/api/video" + "/".join("{id}" if len(part) == 36 else part for part in parts)


def complaints(document, method, path, body):
    """What the document has against a request; null for a field that its answers may show as null is our exception."""
    operation = document["paths"][template(path)][method.lower()]
    if "requestBody" not in operation:
        return [] if body is None else [f"{method} {path} takes no body"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    known = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
    renamed = {"name"} if method == "PUT" and "name" in body else set()
    unknown = body.keys() - known.keys() - renamed
    given = {key: value for key, value in body.items() if value is not None and key not in renamed}
    validator = jsonschema.Draft202012Validator(
        {**schema, "components": document["components"]}, format_checker=jsonschema.FormatChecker()
    )
    return [f"{method} {path}: {key}" for key in sorted(unknown)] + [
        error.message for error in validator.iter_errors(given)
    ]


@pytest.mark.parametrize("put", ["merge", "replace"])
def test_no_request_carries_what_the_published_document_does_not_allow(published, site_with, put):
    site = site_with(Settings(put=put))
    site.give(EVERYTHING, **ENV)
    site.client.post("/rooms", {"name": "adopted"})
    site.give(CHANGED, **ENV)
    site.give(EVERYTHING.replace("name: lobby", "name: lobby, renamedFrom: foyer"), **ENV)
    site.apply(())
    sent = site.sent()
    assert {method for method, _, _ in sent} == {"POST", "PUT", "DELETE"}
    assert {template(path).removeprefix("/api/video") for _, path, _ in sent} == {
        *("/rooms", "/rooms/{id}", "/rooms/{id}/streams", "/streams/{id}"),
        *("/conferences", "/conferences/{id}", "/conferences/{id}/streams"),
    }
    assert flat(complaints(published, *one) for one in sent) == []
    assert [body["name"] for method, _, body in sent if method == "PUT" and "name" in body] == [
        "foyer",
        "lobby",
    ]


@pytest.mark.parametrize("put", ["merge", "replace"])
def test_null_is_sent_only_where_a_manifest_says_so_and_nothing_else_means_nothing(site_with, put):
    site = site_with(Settings(put=put))
    site.give(EVERYTHING, **ENV)
    mark = site.mark
    site.give(CHANGED, **ENV)
    nulls = [
        sorted(key for key, value in body.items() if value is None)
        for method, _, body in site.sent(mark)
        if method == "PUT"
    ]
    assert sorted(filter(None, nulls)) == [["join_from"]]


def test_the_same_plan_is_the_same_requests(site_with):
    sent = []
    for _ in range(2):
        site = site_with(Settings(seed=1))
        site.give(EVERYTHING, **ENV)
        site.give(CHANGED.replace("name: adopted", "name: bare"), **ENV)
        sent.append(
            sorted(
                (method, path.count("/"), sorted((body or {}).items(), key=str))
                for method, path, body in site.sent()
            )
        )
    assert sent[0] == sent[1]


def test_verbs_of_a_plan_are_in_its_order(site):
    site.give(room("old") + room("gone"))
    assert verbs(
        site.plan(site.declared(room("new", renamedFrom="old") + room("b") + hall("a")))
    ) == [
        ("rename", "Room/new"),
        ("create", "Conference/a"),
        ("create", "Room/b"),
        ("delete", "Room/gone"),
    ]


def five(*, failing=""):
    """Five actions, and how they are carried out: what was begun is kept in the order in which it began."""
    begun = []

    def carry(action):
        begun.append(action)
        if action == failing:
            raise KeyboardInterrupt
        return action.upper()

    return list("abcde"), carry, begun


@pytest.mark.parametrize("width", [1, 2, 64])
def test_each_result_comes_once(width):
    group, carry, begun = five()
    assert (sorted(threads(group, carry, width)), sorted(begun)) == (list("ABCDE"), list("abcde"))


def test_one_at_a_time_begins_when_the_one_before_was_taken():
    group, carry, begun = five()
    for number, result in enumerate(threads(group, carry, 1), start=1):
        assert (result, begun) == (group[number - 1].upper(), group[:number])


def test_what_ends_a_worker_ends_the_run():
    group, carry, begun = five(failing="b")
    with pytest.raises(KeyboardInterrupt):
        list(threads(group, carry, 1))
    assert begun == ["a", "b"]


@pytest.mark.parametrize("width", [1, 3])
def test_nothing_new_begins_once_nobody_takes_the_results(width):
    carried = []
    results = threads(range(1000), lambda action: (carried.append(action), action)[1], width)
    next(results)
    results.close()
    there = len(carried)
    assert (there <= 2 * width, carried) == (True, list(range(there)) if width == 1 else carried)


def test_how_actions_go_side_by_side_is_given(site):
    asked = []

    def backwards(group, carry, width):
        asked.append((len(group), width))
        yield from map(carry, reversed(group))

    site.give(room("old") + room("gone"))
    mark = len(site.noted)
    plan = site.plan(site.declared(FIVE + room("new", renamedFrom="old")))
    tools = ExecutionContext(site.client, site.kinds, site.state.key)
    results = list(
        run(plan, tools, parallel=3, stop=site.stop, on_result=site.noted.append, workers=backwards)
    )
    assert asked == [(1, 1), (5, 3), (1, 3)]
    assert [result.outcome.action.address.name for result in results] == [
        "new",
        "e",
        "d",
        "c",
        "b",
        "a",
        "gone",
    ]
    assert site.noted[mark:] == results


def test_before_each_action_is_asked_whether_it_may_begin(site):
    plan = site.plan(site.declared(room("a") + room("b") + room("c")))
    asked = []

    def before(action):
        asked.append((action.address.name, len(site.sent())))
        if len(asked) == 2:
            site.stop.set()

    tools = ExecutionContext(site.client, site.kinds, site.state.key)
    results = [
        *run(
            plan,
            tools,
            parallel=1,
            stop=site.stop,
            on_result=lambda _: None,
            before_action=before,
        )
    ]
    assert asked[:2] == [("a", 0), ("b", 1)]
    assert [one.outcome.status for one in results] == ["done", "skipped", "skipped"]
