"""Whose is what a POST answers: what this run made, under whatever name, and never what existed before."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.core.errors import ProtocolError
from reconciler.core.intents import Intent
from reconciler.core.resources import Address, Live
from reconciler.executor.context import ExecutionContext
from reconciler.executor.known_ids import KnownIds
from reconciler.executor.ownership import Sent, check_made, under_another_name
from reconciler.executor.results import Conflict
from reconciler.executor.scheduler import run
from reconciler.localspace import Fault, Settings
from reconciler.space.client import writer
from tests.integration.end_to_end.driver import (
    DECLARED,
    KINDS,
    PATHS,
    RESOURCES,
    Hours,
    created,
    demanded,
    out_of_envelope,
    room,
    statuses,
    verbs,
)


def made_by_others(site, kind, name, **fields):
    body = {"name": name, **created(KINDS[kind]), **fields}
    return site.client.post(PATHS[kind], body)


@pytest.mark.parametrize("kind", RESOURCES)
def test_what_a_post_answers_with_and_was_listed_is_not_taken_over(site_with, kind):
    site = site_with(Settings(taken="answered"))
    theirs = made_by_others(site, kind, "e", layout="3x3")
    plan = site.plan(site.declared(DECLARED[kind]("f", "layout: 3x3")))
    site.client.put(
        f"{PATHS[kind]}/{theirs['id']}",
        demanded(KINDS[kind], out_of_envelope(KINDS[kind], theirs)) | {"name": "f"},
    )
    (outcome,) = site.carry(plan)
    assert (outcome.status, dict(site.state.resources)) == ("failed", {})
    assert "existed before" in outcome.error
    assert [method for method, *_ in site.sent(site.mark)] == []


@pytest.mark.parametrize("kind", RESOURCES)
def test_one_id_is_made_once(site_with, kind):
    """The second POST is answered with what the first one made."""
    site = site_with(Settings())
    desired = site.declared(DECLARED[kind]("a", "layout: 3x3") + DECLARED[kind]("b", "layout: 3x3"))
    plan = site.plan(desired)
    first, second = plan.actions
    made = made_by_others(site, kind, "elsewhere", layout="3x3")
    site.space.knobs = Settings(
        faults=(Fault("POST", "s$", status=200, body=_text(_renamed(kind, made, "b"))),)
    )
    outcomes = site.carry(plan, parallel=1)
    assert [outcome.status for outcome in outcomes].count("done") <= 1
    assert len({record.id for record in site.state.resources.values()}) == len(site.state.resources)
    assert (first.address.name, second.address.name) == ("a", "b")


def _renamed(kind, answer, name):
    envelope = KINDS[kind].envelope
    if envelope is None:
        return {**answer, "name": name}
    return {**answer, envelope.content: {**answer[envelope.content], "name": name}}


def _text(document):
    return json.dumps(document)


@pytest.mark.parametrize("kind", RESOURCES)
def test_an_answer_with_little_in_it_is_completed_by_a_reading(site_with, kind):
    """The POST takes effect, and its answer has the id and the name alone."""
    site = site_with(Settings())
    envelope = KINDS[kind].envelope

    def sparse(environ, start_response):
        kept = []
        body = b"".join(site.space(environ, lambda *given: kept.append(given)))
        if environ["REQUEST_METHOD"] == "POST":
            made = json.loads(body)
            inner = {"name": "a"}
            told = {envelope.content: inner} if envelope else inner
            body = json.dumps({"id": made["id"], **told}).encode()
        headers = [one for one in kept[0][1] if one[0].lower() != "content-length"]
        start_response(kept[0][0], headers)
        return [body]

    plan = site.plan(site.declared(DECLARED[kind]("a", "layout: 3x3")))
    with writer(site.target, application=sparse, clock=Hours().clock) as client:
        (result,) = run(
            plan,
            ExecutionContext(client, site.kinds, site.state.key),
            parallel=1,
            stop=site.stop,
            on_result=lambda _: None,
        )

    assert (result.outcome.status, result.outcome.unsettled) == ("done", ())
    assert result.record.id == site.fetch(kind, "a")["id"]


@pytest.mark.parametrize("kind", RESOURCES)
@pytest.mark.parametrize("knob", [{"made_name": "suffixed"}, {"taken": "suffixed"}])
def test_what_is_made_under_another_name_is_ours_told_and_never_made_again(site_with, kind, knob):
    site = site_with(Settings(**knob))
    plan = site.plan(site.declared(DECLARED[kind]("standup", "layout: 3x3")))
    if knob == {"taken": "suffixed"}:
        made_by_others(site, kind, "standup", layout="5x5")  # after the plan
    (outcome,) = site.carry(plan)
    (record,) = site.state.resources.values()
    assert (outcome.status, record.address.name.startswith("standup_"), record.rename_target) == (
        "failed",
        True,
        "standup",
    )
    assert f"the Space gave it another name, {record.address}, id {record.id}" in outcome.error
    assert site.fetch(kind, record.address.name)["id"] == record.id


def test_the_next_run_gives_it_the_declared_name(site_with):
    site = site_with(Settings(made_name="suffixed"))
    desired = site.declared(
        room("standup", "layout: 3x3, streams: [{url: '${env:K}'}]", protect="true"),
        K="rtmp://a.example/k",
    )
    site.apply(desired)
    assert verbs(site.plan(desired)) == [("rename", "Room/standup")]
    assert statuses(site.apply(desired)) == {"done": ["Room/standup"]}
    assert (site.names("Room"), site.streams("Room", "standup")) == (
        ["standup"],
        ["rtmp://a.example/k"],
    )
    assert site.plan(desired).actions == ()


def test_a_space_that_keeps_its_own_name_gets_no_second_one(site_with):
    site = site_with(Settings(made_name="suffixed", put_name="ignored"))
    desired = site.declared(room("standup", "layout: 3x3"))
    for _ in range(4):
        site.apply(desired)
    assert len(site.names("Room")) == 1
    assert [method for method, *_ in site.sent()].count("POST") == 1


def test_what_is_declared_no_longer_is_deleted_under_its_own_name(site_with):
    site = site_with(Settings(made_name="suffixed"))
    site.apply(site.declared(room("standup", "layout: 3x3")))
    assert statuses(site.apply(())) == {"done": [f"Room/{site.noted[0].record.address.name}"]}
    assert site.names("Room") == []


def test_a_stream_that_was_there_before_is_not_taken_over(site):
    site.give(room("a", "layout: 3x3"))
    theirs = site.client.post(
        f"/rooms/{site.fetch('Room', 'a')['id']}/streams", {"url": "rtmp://theirs.example/k"}
    )
    body = _text({**theirs, "url": "rtmp://ours.example/k"})
    plan = site.plan(
        site.declared(
            room("a", "streams: [{url: '${env:K}'}, {url: '${env:T}'}]"),
            K="rtmp://ours.example/k",
            T=theirs["url"],
        )
    )
    site.space.knobs = Settings(faults=(Fault("POST", "/streams$", status=201, body=body),))
    (outcome,) = site.carry(plan)
    assert outcome.status == "failed"
    assert theirs["id"] not in {
        one.id
        for one in site.state.resources[Address("Room", "a")].children.get("streams", ())
        if one.id != theirs["id"]
    }
    assert "existed before" in outcome.error


def test_the_plan_knows_every_id(site):
    site.give(room("a", "streams: [{url: '${env:K}'}]"), K="rtmp://a.example/k")
    site.client.post("/rooms", {"name": "theirs"})
    plan = site.plan(
        site.declared(room("a", "streams: [{url: '${env:K}'}]"), K="rtmp://a.example/k")
    )
    listed = {one.id for one in site.look()} | {
        one.id for live in site.look() for ones in live.children.values() for one in ones
    }
    assert plan.ids == listed | {record.id for record in site.state.resources.values()}


NOW = datetime(2026, 11, 29, tzinfo=UTC)
INTENT = Intent(Address("Room", "a"), {}, NOW.isoformat(), NOW.replace(minute=3).isoformat())
SENT = Sent(
    INTENT, {"layout": "3x3"}, "Sun, 29 Nov 2026 00:00:10 GMT", "Sun, 29 Nov 2026 00:00:20 GMT"
)


UNREADABLE = (1704067200, "yesterday", "2024-01-01T00:00:00", "", {"on": 1})
DEFAULTS = {
    field: value for field, value in KINDS["Room"].defaults.items() if field not in SENT.asked
}


def answer(created, **fields):
    return Live(
        INTENT.address, "c22d0000-0000-4000-8000-000000000001", {"created_at": created, **fields}
    )


@pytest.mark.parametrize(
    ("sent", "there"),
    [
        (
            SENT,
            answer("2026-11-29T00:00:15Z", layout="5x5"),
        ),  # what does not settle is ours all the same
        *((SENT, answer(told, layout="3x3", **DEFAULTS)) for told in (None, *UNREADABLE)),
        (SENT._replace(before="", after=""), answer("2026-11-29T00:02:00Z")),
        # A Space whose time is a year off, by its own word.
        (
            Sent(INTENT, {}, "Mon, 29 Nov 2027 00:00:10 GMT", "Mon, 29 Nov 2027 00:00:20 GMT"),
            answer("2027-11-29T00:00:15Z"),
        ),
        # Its dates are whole seconds: what was made right before or after them is ours too.
        *(
            (
                Sent(INTENT, {}, "Mon, 29 Nov 2027 00:00:10 GMT", "Mon, 29 Nov 2027 00:00:20 GMT"),
                answer(f"2027-11-29T00:00:{second}Z"),
            )
            for second in ("09.5", "10", "20", "20.5")
        ),
    ],
)
def test_a_time_that_fits_makes_it_ours(sent, there):
    check_made(KnownIds(), KINDS["Room"], sent, there)


@pytest.mark.parametrize(
    ("sent", "there"),
    [
        (SENT, answer("2024-01-01T00:00:00Z", layout="3x3")),
        (SENT, answer("2026-11-28T23:59:00Z", layout="3x3")),
        (SENT, answer(None, layout="5x5")),
        *((SENT, answer(told, layout="5x5")) for told in UNREADABLE),
        *((SENT, answer(told, layout="3x3", max_members=200)) for told in (None, *UNREADABLE)),
        (
            Sent(INTENT, {}, "Mon, 29 Nov 2027 00:00:10 GMT", "Mon, 29 Nov 2027 00:00:20 GMT"),
            answer("2027-11-29T00:00:00Z"),
        ),
        (
            Sent(INTENT, {}, "Mon, 29 Nov 2027 00:00:10 GMT", "Mon, 29 Nov 2027 00:00:20 GMT"),
            answer("2027-11-29T00:00:30Z"),
        ),
        # Without both dates there is no window of the Space's own clock.
        (Sent(INTENT, {}, "", "Mon, 29 Nov 2027 00:00:20 GMT"), answer("2027-11-29T00:00:15Z")),
        (Sent(INTENT, {}, "Mon, 29 Nov 2027 00:00:10 GMT", ""), answer("2027-11-29T00:00:15Z")),
    ],
)
def test_a_time_that_does_not_fit_makes_it_a_strangers(sent, there):
    with pytest.raises(Conflict, match="did not create"):
        check_made(KnownIds(), KINDS["Room"], sent, there)


@pytest.mark.parametrize("named", [False, True], ids=["no such name", "the name is another's"])
def test_an_answer_about_quite_another_resource_leaves_the_creation_unknown(site, named):
    plan = site.plan(site.declared(room("standup", "layout: 3x3")))
    made = made_by_others(site, "Room", "elsewhere", layout="8x8")
    if named:
        made_by_others(site, "Room", "standup", layout="5x5")
    site.space.knobs = Settings(faults=(Fault("POST", "/rooms$", status=200, body=_text(made)),))
    (outcome,) = site.carry(plan)
    assert (outcome.status, dict(site.state.resources)) == ("unknown", {})
    assert "answered about another resource, Room/elsewhere" in outcome.error
    assert outcome.error.startswith("POST /rooms: ")


def test_what_others_renamed_to_our_name_while_our_creation_was_lost_stays_theirs(site):
    made = made_by_others(site, "Room", "elsewhere", layout="3x3")
    plan = site.plan(site.declared(room("standup", "layout: 3x3")))

    def space(environ, start_response):
        if environ["REQUEST_METHOD"] == "POST":
            site.client.put(f"/rooms/{made['id']}", {"name": "standup"})
            raise ConnectionResetError("cut")
        return site.space(environ, start_response)

    with writer(site.target, application=space, clock=Hours().clock) as client:
        tools = ExecutionContext(client, site.kinds, site.state.key, known=KnownIds(plan.ids))
        (result,) = run(plan, tools, parallel=1, stop=site.stop, on_result=lambda _: None)
    assert (result.outcome.status, result.record) == ("unknown", None)


@pytest.mark.parametrize(
    ("name", "asked", "fields", "ours"),
    [
        ("standup_1", {"layout": "3x3"}, {"layout": "3x3"}, True),
        ("else", {"layout": "3x3"}, {"layout": "3x3"}, True),
        ("standup_1", {"layout": "3x3"}, {"layout": "5x5"}, False),
        ("Stand-Up 2", {}, {}, True),
        ("else", {}, {"display_name": "standup"}, True),
        ("else", {}, {"display_name": "other"}, False),
    ],
)
def test_an_answer_under_another_name_is_ours_if_its_fields_or_its_name_say_so(
    site, name, asked, fields, ours
):
    tools = ExecutionContext(site.client, site.kinds, site.state.key)
    there = Live(Address("Room", name), "c22d0000-0000-4000-8000-000000000001", fields)
    intent = Intent(Address("Room", "standup"), asked)

    def found():
        return under_another_name(
            tools, KINDS["Room"], intent, there, asked=asked, request="POST /rooms"
        )

    if ours:
        assert found() is there
        return
    with pytest.raises(ProtocolError) as told:
        found()
    assert told.value.request == "POST /rooms"
    assert f"about another resource, Room/{name}, id {there.id}" in told.value.message
    assert told.value.hint


UNCERTAIN = (
    "it is not known whether the Space carried out this request; run the command again: "
    "it reads the Space first"
)
LEFT_ALONE = (
    "it was not changed; see 'reconciler plan', then declare another name or adopt it with --adopt"
)


@pytest.mark.parametrize(
    ("there", "known", "why"),
    [
        (
            answer("2024-01-01T00:00:00Z"),
            (),
            "the Space says that it was created at 2024-01-01T00:00:00Z, not now",
        ),
        (
            answer("2024-01-01T00:00:00." + "1" * 40 + "Z"),
            (),
            f"the Space says that it was created at 2024-01-01T00:00:00.{'1' * 20}, not now",
        ),
        (
            answer(None, layout="5x5"),
            (),
            "the Space does not say when it was created, and it differs from what was sent",
        ),
        (answer("2026-11-29T00:00:15Z"), [answer("").id], "it existed before"),
        (answer("2024-01-01T00:00:00Z"), [answer("").id], "it existed before"),
    ],
)
def test_what_is_said_of_a_resource_that_this_run_did_not_create(there, known, why):
    ids = KnownIds(known)
    with pytest.raises(Conflict) as told:
        check_made(ids, KINDS["Room"], SENT, there)
    assert (told.value.message, told.value.hint) == (
        f"the Space returned a resource that this run did not create, Room/a, id {there.id}: {why}",
        LEFT_ALONE,
    )
    assert there.id in ids


@pytest.mark.parametrize(
    ("created_at", "ours"),
    [
        ("2027-11-29T00:00:05Z", True),
        ("2027-11-29T00:00:04.9Z", False),
        ("2027-11-29T00:00:25Z", True),
        ("2027-11-29T00:00:25.1Z", False),
    ],
)
def test_five_seconds_before_and_after_the_dates_of_the_space_are_its_time_too(created_at, ours):
    sent = Sent(INTENT, {}, "Mon, 29 Nov 2027 00:00:10 GMT", "Mon, 29 Nov 2027 00:00:20 GMT")
    if ours:
        check_made(KnownIds(), KINDS["Room"], sent, answer(created_at))
        return
    with pytest.raises(Conflict):
        check_made(KnownIds(), KINDS["Room"], sent, answer(created_at))


@pytest.mark.parametrize("told", ["2024-01-01T00:00:00Z", None])
def test_of_a_kind_that_documents_no_time_only_the_fields_that_were_sent_decide(told):
    answers = {name: one for name, one in KINDS["Room"].answers.items() if name != "created_at"}
    kind = replace(KINDS["Room"], answers=answers)
    check_made(KnownIds(), kind, SENT, answer(told, layout="3x3", max_members=200))
    with pytest.raises(Conflict):
        check_made(KnownIds(), kind, SENT, answer(told, layout="5x5"))


def named(site, there, *, known=(), asked=None, since=""):
    """What is taken for the resource of an answer with the name "elsewhere"."""
    tools = ExecutionContext(site.client, site.kinds, site.state.key, known=KnownIds(known))
    asked = {"layout": "3x3"} if asked is None else asked
    intent = Intent(Address("Room", "standup"), asked, since, "2099-01-01T00:00:00Z")
    return under_another_name(
        tools, KINDS["Room"], intent, there, asked=asked, request="POST /rooms"
    )


ELSEWHERE = Live(
    Address("Room", "elsewhere"), "c22d0000-0000-4000-8000-000000000001", {"layout": "3x3"}
)


def test_the_resource_of_the_name_that_was_sent_is_ours_if_it_is_new_and_as_sent(site):
    made = made_by_others(site, "Room", "standup", layout="3x3")
    found = named(site, ELSEWHERE)
    assert (found.id, found.address) == (made["id"], Address("Room", "standup"))
    assert named(site, ELSEWHERE, since="2020-01-01T00:00:00Z").id == made["id"]
    # Otherwise the answer is, which has what was sent under its own name.
    assert named(site, ELSEWHERE, known=[made["id"]]) is ELSEWHERE
    assert named(site, ELSEWHERE, since="2098-01-01T00:00:00Z") is ELSEWHERE
    site.outside("Room", "standup", layout="5x5")
    assert named(site, ELSEWHERE) is ELSEWHERE


def test_without_a_resource_of_that_name_or_where_it_cannot_be_read_the_answer_is_ours(site):
    assert named(site, ELSEWHERE) is ELSEWHERE
    made_by_others(site, "Room", "standup", layout="3x3")
    site.space.knobs = Settings(faults=(Fault("GET", "/rooms/", status=403),))
    assert named(site, ELSEWHERE) is ELSEWHERE


def test_an_answer_that_nothing_was_asked_of_has_to_have_the_name_in_it(site):
    with pytest.raises(ProtocolError) as told:
        named(site, ELSEWHERE, asked={})
    assert (told.value.message, told.value.hint, told.value.request) == (
        f"POST /rooms: the Space answered about another resource, Room/elsewhere, id {ELSEWHERE.id}",
        UNCERTAIN,
        "POST /rooms",
    )


def test_dates_of_the_space_that_lie_years_apart_are_no_window():
    sent = Sent(INTENT, {}, "Mon, 01 Jan 2018 00:00:00 GMT", "Mon, 29 Nov 2027 00:00:20 GMT")
    with pytest.raises(Conflict, match="created at 2024"):
        check_made(KnownIds(), KINDS["Room"], sent, answer("2024-01-01T00:00:00Z"))


@pytest.mark.parametrize(
    "fields", [{"description": "theirs"}, {"display_name": "Theirs"}, {"meta": {"a": 1}}]
)
def test_after_a_lost_creation_of_an_unreadable_time_a_strangers_resource_is_not_ours(site, fields):
    """Without a creation time everything that was not sent has to be as in a new resource."""
    plan = site.plan(site.declared(room("standup", "layout: 3x3")))

    def space(environ, start_response):
        if environ["REQUEST_METHOD"] == "POST":
            made_by_others(site, "Room", "standup", layout="3x3", **fields)
            raise ConnectionResetError("cut")
        answer = b"".join(site.space(environ, start_response))
        return [re.sub(rb'"created_at": ?"[^"]*"', lambda found: b" " * len(found[0]), answer)]

    def readable(environ, start_response):
        return [
            re.sub(
                rb",\s*(?=[,}])",
                lambda found: b" " * len(found[0]),
                b"".join(space(environ, start_response)),
            )
        ]

    with writer(site.target, application=readable, clock=Hours().clock) as client:
        tools = ExecutionContext(client, site.kinds, site.state.key, known=KnownIds(plan.ids))
        (result,) = run(plan, tools, parallel=1, stop=site.stop, on_result=lambda _: None)
    assert (result.outcome.status, result.record) == ("unknown", None)
