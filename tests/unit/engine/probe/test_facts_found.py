"""What a probe says about a Space is how the Space is set, or that it is not known."""

import json
import random
import re

import pytest

from reconciler.core.errors import Incomplete, Refused, UsageError
from reconciler.engine.probe.probe import ProbeOptions, run_probe
from reconciler.engine.probe.questions import QUESTIONS
from reconciler.engine.probe.step_runner import applies
from reconciler.localspace import Fault, Settings
from reconciler.localspace import settings as local
from reconciler.localspace.api_tables import CREATED
from reconciler.reports.facts import FACT_REPORTS
from reconciler.space.paths import whole_path
from tests.effort import examples
from tests.unit.engine.probe.conftest import ALL_KINDS

SESSION_FORMS = {"told": "shown", "absent": "absent", "null": "null", "odd": "odd"}
FIELDS = ("layout", "description", "meta", "join_from", "record_on_start", "display_name", "size")
READ_ONLY = ("fps", "prioritize_handraise")


def drawn(seed):
    """Random settings, and a chance by which a kind has a live session."""
    chance = random.Random(seed)
    settings = {
        name: chance.choice(choices)
        for name, choices in local._CHOICES.items()
        if chance.random() < 0.7
    }
    if chance.random() < 0.4:
        settings["put_resets"] = tuple(chance.sample(FIELDS + READ_ONLY, chance.randint(1, 3)))
    if chance.random() < 0.3:
        settings["lag_lists"] = chance.randint(1, 14)
    if chance.random() < 0.3:
        settings["lag_seconds"] = chance.choice([0.2, 0.5, 2.0, 7.7, 29.0, 60.0])
    if chance.random() < 0.3:
        settings["empty_page"] = chance.randint(0, 6)
    if chance.random() < 0.3:
        settings["stream_limit"] = chance.randint(0, 3)
    if chance.random() < 0.3:
        settings["write_limit"] = chance.choice([60, 500, 20_000])
    return settings, chance


def contradictions(facts, settings, kind):
    """The facts about a kind that are not what the Space is set to."""
    told = {fact.question: fact.answer for fact in facts.facts if fact.kind == kind.name}
    s = local.Settings(**settings)
    status = 200 if s.created == "documented" else s.created
    documented = {
        CREATED.get(ALL_KINDS[one].parents[kind.name], 200) for one in kind.children.values()
    }
    child_status = documented if s.created == "documented" else {s.created}
    sessions = SESSION_FORMS if kind.session_told else dict.fromkeys(SESSION_FORMS, "absent")
    always = {*kind.required, *kind.required_on_create}
    expected = {
        "omitted_fields": "kept" if s.put == "merge" else "reset",
        "reset_by_every_put": sorted({*s.put_resets} & {*kind.attributes}),
        "null": s.clear,
        "put_name": "taken" if kind.renamable else s.put_name,
        "same_name": s.taken,
        "made_name": s.made_name,
        "created_status": status,
        "colours": s.colours,
        "instants": s.instants,
        "links": s.links,
        "empty_page": s.empty_page,
        "active_session": sessions[s.active_session],
        "idle_session": {**sessions, "told": "absent"}[s.active_session],
        "session_room_id": s.session_room_id,
        "child_url": "as_sent",
        "child_status": max(child_status, default=None),
        "child_limit": s.stream_limit,
        "defaults": {
            name: value
            for name in kind.attributes
            if not kind.is_documented(name) and name not in always
            # Numbers and texts may say something about the Space: they are in no report.
            if (value := kind.initial(name, "a")) is None or isinstance(value, bool)
        },
    }
    wrong = {
        question: answer
        for question, answer in told.items()
        if question in expected and answer != expected[question]
    }
    lag = told.get("list_lag")
    if lag and (lag["seconds"] < s.lag_seconds or lag["listings"] <= s.lag_lists):
        wrong["list_lag"] = lag
    if told.get("rate_headers", {}).get("limit", s.write_limit) != s.write_limit:
        wrong["rate_headers"] = told["rate_headers"]
    assert set(told) <= {*expected, "list_lag", "rate_headers"}
    return wrong


SPACES, LOT = 240, 8


def own_words(one):
    """What only this Space has: names, ids, hosts and texts, of what was there and of what was made."""
    words = {"local", "127.0.0.1", "reconciler-probe-"}
    for mutation in one.space.ledger:
        words |= {mutation.id, *map(str, (mutation.body or {}).values())}
    for key, (_, name, attributes) in one.all().items():
        words |= {key, str(name), *(text for text in attributes.values() if isinstance(text, str))}
    told = {*SPELLED, *(value for kind in one.resources for value in enumerated(kind))}
    return {word for word in words if len(word) > 4 and word not in told}


# Values that the questions are about, and those of JSON.
SPELLED = {"False", "True", "None"}


def enumerated(kind):
    """The values that the document names, and times and colours, which are shown as they came back."""
    for field, schema in {**kind.fields, **kind.answers}.items():
        yield from map(str, schema.get("enum", ()))
        if kind.spellings[field] == "instant":
            yield (
                f"{2050 + kind.attributes.index(field)}-03-01T09:30:00Z"
                if (field in kind.attributes)
                else ""
            )
        if kind.spellings[field] == "colour":
            yield str(schema.get("default", ""))
            if field in kind.attributes:
                yield f"#aAbB{kind.attributes.index(field) % 100:02d}"


def reported(result):
    """Both reports of a probe, and the file of its facts without the line that names the Space."""
    return "\n".join(render(result.facts) for render in FACT_REPORTS.values())


@pytest.mark.parametrize("lot", range(examples(SPACES) // LOT))
@pytest.mark.sampled(3)
def test_of_random_spaces_no_fact_is_wrong_and_nothing_is_left_behind(bed, lot):
    """Nor is a name, an id or a host in a report."""
    answered = 0
    for seed in range(lot * LOT, lot * LOT + LOT):
        settings, chance = drawn(seed)
        one = bed(ALL_KINDS, **settings, seed=seed)
        for kind in one.resources:
            name = one.create(kind, f"busy-{kind.name}")[kind.key]
            if kind.session and chance.random() < 0.5:
                one.space.start_session(kind.name, name, members=1)
        before = one.all()
        result = one.probe(allowed=9)
        assert {
            kind.name: wrong
            for kind in one.resources
            if (wrong := contradictions(result.facts, settings, kind))
        } == {}, (seed, settings)
        assert one.all() == before, (seed, settings)
        assert not one.record.exists() or settings.get("lag_seconds") or settings.get("lag_lists")
        report = reported(result)
        assert [word for word in own_words(one) if word in report] == [], (seed, settings)
        answered += len(result.facts.facts)
    # Not by silence: nearly everything is answered.
    assert answered > LOT * 11 * len(one.resources)


def test_a_space_as_documented_is_known_in_all_but_what_it_does_not_show(bed):
    one = bed()
    for kind in one.resources:
        one.create(kind, f"{kind.name}-busy")
        one.space.start_session(kind.name, f"{kind.name}-busy", members=1)
    facts = one.probe().facts
    # A list that takes no page size has a second page only where there are many resources.
    assert {(left.question, left.kind) for left in facts.unanswered} == {
        *(("empty_page", kind.name) for kind in one.resources),
        *(("child_limit", kind.name) for kind in one.resources if kind.children),
        *(("links", kind.name) for kind in one.resources if kind.page_size is None),
    }
    asked = {
        (question.id, kind.name)
        for kind in one.resources
        for question in QUESTIONS
        if applies(question, kind)
    }
    assert {(one.question, one.kind) for one in (*facts.facts, *facts.unanswered)} == asked


def test_every_fact_has_a_request_that_shows_it(bed):
    facts = bed().probe().facts.facts
    assert [fact.question for fact in facts if not fact.evidence] == []


def test_no_session_is_started_and_no_other_resource_is_written(bed):
    one = bed(ALL_KINDS)
    theirs = [one.create(kind, "theirs")["id"] for kind in one.resources]
    one.space.start_session("Room", "theirs", members=2)
    one.space._requests.clear()
    one.probe()
    written = {(seen.method, seen.path) for seen in one.space.requests if seen.method != "GET"}
    assert [path for _, path in written if any(one_id in path for one_id in theirs)] == []
    templates = {
        whole_path(path)
        for kind in ALL_KINDS.values()
        for path in (kind.collection, kind.item, kind.deletion, *kind.parents.values())
        if path and kind.type in ("resource", "child")
    }
    assert {re.sub(r"[0-9a-f-]{36}", "{id}", path) for _, path in written} == templates
    assert all(
        str(seen.body.get("name", "reconciler-probe-")).startswith("reconciler-probe-")
        for seen in one.space.requests
        if seen.method in ("POST", "PUT", "PATCH")
    )


def test_a_space_with_more_than_a_handful_is_refused_unless_told(bed):
    one = bed()
    for number in range(6):
        one.ask("POST", "/rooms", {"name": f"room-{number}"})
    ledger = len(one.space.ledger)
    with pytest.raises(Refused, match="6 resources") as refused:
        one.probe()
    assert "--allow-resources 6" in refused.value.hint
    assert len(one.space.ledger) == ledger
    assert one.probe(allowed=6).facts.facts


def test_without_consent_nothing_is_written(bed):
    one = bed()
    with pytest.raises(UsageError, match="without a terminal"):
        run_probe(ProbeOptions(one.workspace()))
    with pytest.raises(Refused, match="Cancelled"):
        run_probe(ProbeOptions(one.workspace(), ask=lambda _question: False))
    assert one.space.ledger == []


def test_a_token_that_may_not_read_sessions_leaves_that_question_open(bed):
    one = bed(faults=(Fault("GET", "/room_sessions", status=403),))
    facts = one.probe().facts
    assert facts.answer("active_session", "Room") is None
    assert facts.answer("omitted_fields", "Room") == "kept"


def test_a_space_that_fails_midway_ends_the_probe_and_nothing_is_left(bed):
    one = bed(faults=(Fault("PUT", "/rooms/", status=403),))
    with pytest.raises(Incomplete, match="was not finished"):
        one.probe()
    assert one.all() == {}
    assert not one.record.exists()


def test_what_a_session_showed_earlier_is_kept_until_another_session_is_asked(bed):
    one = bed()
    one.ask("POST", "/rooms", {"name": "busy"})
    session = one.space.start_session("Room", "busy", members=1)
    assert one.probe().facts.answer("active_session", "Room") == "shown"
    one.space.end_session(session)
    again = one.probe().facts
    assert again.answer("active_session", "Room") == "shown"
    assert ("active_session", "Room") not in {(left[0], left[1]) for left in again.unanswered}
    one.space.start_session("Room", "busy", members=1)
    one.space.knobs = Settings(active_session="null")
    assert one.probe().facts.answer("active_session", "Room") == "null"


def test_the_second_probe_finds_what_the_first_one_found(bed):
    one = bed(put="replace", clear="refused")
    assert one.probe().facts == one.probe().facts


def refusing(*fields):
    errors = [
        {"type": "t", "code": "c", "message": "m", "attribute": one, "url": "u"} for one in fields
    ]
    return json.dumps({"errors": errors})


def test_a_field_that_the_space_refuses_is_left_out_and_the_rest_is_answered(bed):
    body = refusing("layout", "join_from")
    one = bed(faults=(Fault("POST", "/rooms$", status=422, body=body, after=1, times=1),))
    facts = one.probe().facts
    assert facts.answer("omitted_fields", "Room") == "kept"
    (fact,) = (one for one in facts.facts if (one.question, one.kind) == ("instants", "Room"))
    assert "join_from" not in fact.evidence[0].sent
    assert one.all() == {}


@pytest.mark.parametrize("status", [403, 404])
def test_a_kind_whose_list_is_out_of_reach_is_left_out_and_the_others_are_answered(bed, status):
    one = bed(faults=(Fault("*", "^/api/fabric/", status=status),))
    result = one.probe()
    (kind,) = (kind.name for kind in one.resources if kind.list_if_used)
    assert {left.why for left in result.facts.unanswered if left.kind == kind} == {
        "the list of this kind is out of reach"
    }
    assert {fact.kind for fact in result.facts.facts} == {"Conference", "Room"}
    assert {seen.method for seen in one.space.requests if "fabric" in seen.path} == {"GET"}
    assert one.all() == {}


@pytest.mark.parametrize("one_room", ["shown", "suffixed"])
def test_a_room_that_two_kinds_show_is_answered_for_both_and_left_by_neither(bed, one_room):
    apart, shared = bed().probe().facts.facts, bed(one_room=one_room)
    found = shared.probe().facts.facts
    assert {one[:3] for one in map(plain, found)} == {one[:3] for one in map(plain, apart)}
    assert shared.all() == {}


def plain(fact):
    return fact.question, fact.kind, json.dumps(fact.answer, sort_keys=True)


@pytest.mark.parametrize("status", [422, 404, 409])
def test_a_kind_that_cannot_be_created_has_no_answers(bed, status):
    one = bed(faults=(Fault("POST", "/rooms$", status=status, body=refusing("name")),))
    facts = one.probe().facts
    assert {fact.question for fact in facts.facts if fact.kind == "Room"} <= {"links", "empty_page"}
    assert facts.answer("omitted_fields", "Conference") == "kept"
    assert not one.record.exists()
