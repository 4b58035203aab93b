"""What no request can carry is watched, and what was only echoed is not insisted on."""

import json

import pytest

from reconciler.executor.context import ExecutionContext
from reconciler.executor.scheduler import run
from reconciler.localspace import Fault, Settings
from reconciler.space.client import writer
from tests.integration.end_to_end.driver import (
    DECLARED,
    KINDS,
    RESOURCES,
    Hours,
    hall,
    room,
    statuses,
)

FOREIGN = {
    "Room": {
        "tone_on_entry_and_exit": True,
        "room_join_video_off": True,
        "prioritize_handraise": True,
        "fps": 30,
    },
    "Conference": {"meta": {"team": "growth"}, "newer": "x"},
    "ConferenceRoom": {"prioritize_handraise": True, "fps": 30, "newer": "x"},
}


def puts(site):
    return [body for method, _, body in site.sent() if method == "PUT"]


@pytest.mark.parametrize("put", ["merge", "replace"])
@pytest.mark.parametrize("kind", RESOURCES)
def test_what_stays_is_not_spoken_of(site_with, kind, put):
    site = site_with(Settings(put=put))
    site.give(DECLARED[kind]("a", "layout: 3x3"))
    site.space.set_fields(
        kind, "a", **{field: value for field, value in FOREIGN[kind].items() if field != "newer"}
    )
    (outcome,) = site.apply(site.declared(DECLARED[kind]("a", "layout: 5x5")))
    assert (outcome.status, outcome.moved, outcome.notes) == ("done", (), ())


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, field) for kind, fields in FOREIGN.items() for field in fields if field != "newer"],
)
def test_a_put_that_moves_a_field_which_no_request_carries_is_told_with_the_old_value(
    site_with, kind, field
):
    site = site_with(Settings())
    site.give(DECLARED[kind]("a", "layout: 3x3"))
    site.space.set_fields(kind, "a", **{field: FOREIGN[kind][field]})
    site.space.knobs = Settings(put_resets=(field,))
    (outcome,) = site.apply(site.declared(DECLARED[kind]("a", "layout: 5x5")))
    (moved,) = outcome.moved
    assert (moved.path, moved.before) == (field, FOREIGN[kind][field])
    assert moved.after != moved.before


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_field_that_is_not_asked_to_move_is_told_also_where_it_was_echoed(site_with, kind):
    site = site_with(Settings(put_resets=("quality",)))
    site.give(DECLARED[kind]("a", "layout: 3x3"))
    site.space.set_fields(kind, "a", quality="1080p")
    (outcome,) = site.apply(site.declared(DECLARED[kind]("a", "layout: 5x5")))
    assert [(one.path, one.before, one.after) for one in outcome.moved] == [
        ("quality", "1080p", "720p")
    ]


@pytest.mark.parametrize("kind", RESOURCES)
def test_the_first_put_of_a_kind_goes_alone_and_loses_one_field_and_not_all(site_with, kind):
    site = site_with(Settings(), parallel=8)
    names = [f"a{number:02}" for number in range(12)]
    site.give("".join(DECLARED[kind](name, "layout: 3x3") for name in names))
    field, value = next(iter(FOREIGN[kind].items()))
    for name in names:
        site.space.set_fields(kind, name, **{field: value})
    site.space.knobs = Settings(put_resets=(field,))
    outcomes = site.apply(
        site.declared(
            "".join(DECLARED[kind](name, "layout: 5x5") for name in names)
            + DECLARED[kind]("new", "layout: 3x3")
        )
    )
    assert sum(bool(outcome.moved) for outcome in outcomes) == 1
    assert {status: len(listed) for status, listed in statuses(outcomes).items()} == {
        "done": 2,
        "skipped": 11,
    }
    assert [site.fetch(kind, name)[field] for name in names[1:]] == [value] * 11


def test_another_kind_goes_on(site_with):
    site = site_with(Settings(), parallel=8)
    rooms, halls = [f"a{number}" for number in range(3)], [f"h{number}" for number in range(3)]
    site.give(
        "".join(room(name, "layout: 3x3") for name in rooms)
        + "".join(hall(name, "layout: 3x3") for name in halls)
    )
    for name in halls:
        site.space.set_fields("Conference", name, meta={"k": 1})
    site.space.knobs = Settings(put_resets=("meta",))
    desired = "".join(room(name, "layout: 5x5") for name in rooms) + "".join(
        hall(name, "layout: 5x5") for name in halls
    )
    found = statuses(site.apply(site.declared(desired)))
    assert sorted(found["done"]) == ["Conference/h0", "Room/a0", "Room/a1", "Room/a2"]


def test_renames_and_creations_with_a_second_step_are_puts_too(site_with):
    site = site_with(Settings(), parallel=1)
    site.give(hall("a", "layout: 3x3") + hall("b", "layout: 3x3"))
    for name in "ab":
        site.space.set_fields("Conference", name, meta={"k": 1})
    site.space.knobs = Settings(put_resets=("meta",))
    desired = (
        hall("c", "layout: 3x3", renamedFrom="a")
        + hall("d", "layout: 3x3", renamedFrom="b")
        + hall("e", "tone_on_entry_and_exit: true")
    )
    assert statuses(site.apply(site.declared(desired))) == {
        "done": ["Conference/c"],
        "skipped": ["Conference/d", "Conference/e"],
    }


def test_a_field_of_a_stream_that_moves_is_told(site_with):
    site = site_with(Settings())
    site.give(room("a", "streams: [{url: '${env:K}'}]"), K="rtmp://a.example/one")
    stream = site.space._store.page("Stream", owner=site.fetch("Room", "a")["id"])[0]
    site.space._store.replace(stream, {**stream.attributes, "width": 1920}, now=site.space._clock())
    site.space.knobs = Settings(put_resets=("width",))
    (outcome,) = site.apply(
        site.declared(room("a", "streams: [{url: '${env:K}'}]"), K="rtmp://a.example/two")
    )
    assert [(one.path, one.before) for one in outcome.moved] == [("width", 1920)]


@pytest.mark.parametrize("put", ["merge", "replace"])
@pytest.mark.parametrize(
    ("kind", "odd"),
    [
        ("Room", {"max_members": 500}),
        ("Room", {"max_members": 500, "quality": "4k"}),
        ("Conference", {"size": "xlarge"}),
        ("Room", {"description": "d" * 4000}),
    ],
)
def test_an_update_refused_for_a_field_nobody_declared_is_sent_without_it(
    site_with, kind, odd, put
):
    site = site_with(Settings(put=put))
    site.give(DECLARED[kind]("a", "layout: 3x3"))
    site.space.set_fields(kind, "a", **odd)
    (outcome,) = site.apply(site.declared(DECLARED[kind]("a", "layout: 5x5")))
    assert (outcome.status, site.fetch(kind, "a")["layout"], len(puts(site))) == ("done", "5x5", 2)
    assert odd.keys() <= puts(site)[0].keys()
    assert puts(site)[1] == {
        field: value for field, value in puts(site)[0].items() if field not in odd
    }
    assert f"does not accept its own value of {next(iter(odd))}" in outcome.notes[0]
    assert {one.path for one in outcome.moved} == (set(odd) if put == "replace" else set())


@pytest.mark.parametrize(
    ("theirs", "status"), [({"layout": "8x8"}, "failed"), ({"quality": "1080p"}, "done")]
)
def test_after_a_refused_echo_it_is_read_again_before_it_is_sent_once_more(
    site_with, theirs, status
):
    site = site_with(Settings())
    site.give(room("a", "layout: 3x3"))
    site.space.set_fields("Room", "a", max_members=500)
    plan = site.plan(site.declared(room("a", "layout: 5x5")))
    edits, asked = iter([theirs]), []

    class Meddling:
        """Somebody else writes while the first PUT is refused."""

        def __call__(self, environ, start_response):
            asked.append(environ["REQUEST_METHOD"])
            answer = site.space(environ, start_response)
            if environ["REQUEST_METHOD"] == "PUT" and (fields := next(edits, None)):
                site.space.set_fields("Room", "a", **fields)
            return answer

    with writer(site.target, application=Meddling(), clock=Hours().clock) as client:
        (result,) = run(
            plan,
            ExecutionContext(client, site.kinds, site.state.key),
            parallel=1,
            stop=site.stop,
            on_result=lambda _: None,
        )

    there = site.fetch("Room", "a")
    assert result.outcome.status == status
    assert [there[field] for field in theirs] == list(theirs.values())
    assert asked[:3] == ["GET", "PUT", "GET"]
    assert asked.count("PUT") == (1 if status == "failed" else 2)


def test_a_space_that_accepts_none_of_its_own_values_gets_the_declared_one_alone(site_with):
    site = site_with(Settings())
    site.give(room("a", "layout: 3x3"))
    own = ["display_name", "max_members", "quality", "record_on_start", "enable_room_previews"]
    errors = [{"message": "no", "attribute": field} for field in own]
    refusal = Fault("PUT", "/rooms/", times=1, status=422, body=json.dumps({"errors": errors}))
    site.space.knobs = Settings(faults=(refusal,))
    (outcome,) = site.apply(site.declared(room("a", "layout: 5x5")))
    assert (outcome.status, [body.keys() for body in puts(site)]) == (
        "done",
        [{*own, "layout"}, {"layout"}],
    )


def test_a_space_that_complains_about_one_field_at_a_time(site_with):
    def refusal(field):
        body = json.dumps(
            {
                "errors": [
                    {
                        "type": "validation_error",
                        "code": "invalid_parameter",
                        "message": "no",
                        "attribute": field,
                        "url": "",
                    }
                ]
            }
        )
        return Fault("PUT", "/rooms/", times=1, status=422, body=body)

    site = site_with(Settings())
    site.give(room("a", "layout: 3x3"))
    site.space.knobs = Settings(faults=(refusal("quality"), refusal("max_members")))
    (outcome,) = site.apply(site.declared(room("a", "layout: 5x5")))
    assert (outcome.status, len(puts(site))) == ("done", 3)
    assert not {"quality", "max_members"} & puts(site)[-1].keys()


@pytest.mark.parametrize(
    "attribute", ["room.max_members", "room[max_members]", "/room/max_members", "max_members.value"]
)
def test_a_field_is_known_in_a_path(site_with, attribute):
    errors = [{"type": "x", "code": "x", "message": "no", "attribute": attribute, "url": ""}]
    refusal = Fault("PUT", "/rooms/", times=1, status=422, body=json.dumps({"errors": errors}))
    site = site_with(Settings())
    site.give(room("a", "layout: 3x3"))
    site.space.knobs = Settings(faults=(refusal,))
    (outcome,) = site.apply(site.declared(room("a", "layout: 5x5")))
    assert (outcome.status, len(puts(site))) == ("done", 2)
    assert puts(site)[0].keys() - puts(site)[1].keys() == {"max_members"}


@pytest.mark.parametrize(
    "attributes", [["layout"], ["room.layout"], ["layout", "quality"], [None], ["nothing"]]
)
def test_a_refusal_of_what_is_declared_or_not_said_is_final(site_with, attributes):
    errors = [
        {
            "type": "validation_error",
            "code": "invalid_parameter",
            "message": "no",
            "attribute": one,
            "url": "",
        }
        for one in attributes
    ]
    site = site_with(Settings())
    site.give(room("a", "layout: 3x3"))
    site.space.knobs = Settings(
        faults=(Fault("PUT", "/rooms/", status=422, body=json.dumps({"errors": errors})),)
    )
    (outcome,) = site.apply(site.declared(room("a", "layout: 5x5")))
    assert (outcome.status, len(puts(site))) == ("failed", 1)


def test_every_resource_kind_tells_what_moves_with_each_write():
    assert {name: kind.volatile for name, kind in KINDS.items() if kind.type == "resource"} == {
        "Room": {"updated_at"},
        "Conference": {"updated_at"},
        "ConferenceRoom": {"updated_at"},
    }
