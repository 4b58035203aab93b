"""What is read from the answer about one resource, and which answers are not used."""

from dataclasses import replace

import pytest

from reconciler.core.errors import ProtocolError
from reconciler.core.kind_requests import Envelope
from reconciler.core.resources import Address, Live, Secret
from reconciler.space.live_resource import as_live, goes_on, live_of, unwrapped
from tests.integration.end_to_end.driver import KINDS

ROOM, STREAM = KINDS["Room"], KINDS["Stream"]
ID = "c22d24f6-5a47-4597-9a23-c7d01e696b92"
OTHER = "c22d24f6-5a47-4597-9a23-c7d01e696b93"
PAST, FUTURE = "2020-01-01T00:00:00Z", "9990-01-01T00:00:00Z"
SESSION = {"id": "s", "status": "in-progress"}


def read(kind=ROOM, **fields):
    return live_of(kind, {"id": ID, "name": "lobby"} | fields, "GET /x")


def refusal(function, *arguments, **options):
    with pytest.raises(ProtocolError) as found:
        function(*arguments, **options)
    return found.value.message


def test_a_resource_has_its_fields_without_its_session():
    found = read(layout="3x3", active_session=SESSION)
    assert found == Live(
        Address("Room", "lobby"), ID, {"id": ID, "name": "lobby", "layout": "3x3"}, {}, SESSION
    )


@pytest.mark.parametrize(
    ("told", "session"),
    [
        (None, None),
        ({}, None),
        ("odd", None),
        ([], None),
        (SESSION, SESSION),
        ([{"id": "t", "status": "completed"}, SESSION], SESSION),
        ([{"id": "t", "end_time": PAST}], None),
        ([{"id": "t", "end_time": FUTURE}], {"id": "t", "end_time": FUTURE}),
        ({"id": "t"}, {"id": "t"}),
    ],
)
def test_the_session_is_the_one_in_progress(told, session):
    assert read(active_session=told).session == session


def test_a_kind_without_sessions_keeps_the_field_as_any_other():
    found = read(replace(ROOM, session=""), active_session=SESSION)
    assert (found.session, found.attributes["active_session"]) == (None, SESSION)


def test_addresses_in_a_session_are_secrets():
    found = read(active_session=SESSION | {"preview_url": "https://a.example/x"})
    assert found.session["preview_url"] == Secret("https://a.example/x")


@pytest.mark.parametrize(
    ("session", "lasts"),
    [
        ({"status": "in-progress", "end_time": "now"}, True),
        ({"status": "completed"}, False),
        ({"status": "other"}, True),
        ({"status": "completed", "end_time": FUTURE}, False),
        ({"status": "other", "end_time": PAST}, False),
        ({"status": "other", "end_time": PAST, "start_time": PAST}, False),
        ({"status": "other", "end_time": FUTURE}, True),  # a scheduled end
        ({"status": None, "end_time": FUTURE}, True),
        ({"status": "other", "end_time": "now"}, True),
        ({"status": "other", "end_time": False}, True),
        ({"status": "other", "end_time": 1}, True),
        ({"status": "other", "end_time": "0001-01-01T00:00:00Z", "start_time": PAST}, True),
        ({"start_time": "x", "end_time": None}, True),
        ({}, False),
        (None, False),
        ("in-progress", False),
    ],
)
def test_a_session_lasts_unless_it_says_that_it_ended(session, lasts):
    assert goes_on(session) is lasts


@pytest.mark.parametrize("name", [None, "", "a b", 7])
def test_a_name_that_no_manifest_can_have_is_replaced_by_the_id(name):
    assert read(name=name).address == Address("Room", ID)


def test_a_uuid_is_a_name_only_where_the_kind_is_not_looked_up_by_it():
    looked_up, by_id = replace(ROOM, lookup="/rooms/{name}"), replace(ROOM, lookup="")
    assert read(looked_up, name=OTHER).address.name == ID
    assert read(by_id, name=OTHER).address.name == OTHER


def test_a_sub_resource_is_called_by_its_id_and_its_secret_is_one():
    found = live_of(STREAM, {"id": ID, "name": "x", "url": "rtmp://a/b"}, "GET /x")
    assert (found.address.name, found.attributes["url"]) == (ID, Secret("rtmp://a/b"))
    assert live_of(STREAM, {"id": ID, "url": None}, "GET /x").attributes["url"] is None
    said = refusal(live_of, STREAM, {"id": ID, "url": 7}, "GET /x")
    assert said.startswith(f"the url of Stream {ID} is not text")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"id": None}, "the answer has a Room without an id"),
        ({"id": ""}, "the answer has a Room without an id"),
        ({"id": "x"}, "the id of a Room is 'x', which is not a UUID"),
        ({"id": 7}, "the id of a Room is 7, which is not a UUID"),
    ],
)
def test_an_answer_without_an_id_is_not_used(fields, words):
    assert words in refusal(read, **fields)


def test_an_empty_answer_to_a_write_is_not_used():
    assert "the answer has no Room in it" in refusal(as_live, ROOM, None, request="PUT /x")
    assert as_live(ROOM, {"id": ID, "name": "a"}, request="PUT /x").address.name == "a"


WRAPPED = replace(ROOM, envelope=Envelope("room", ("id", "layout", "kind"), {"room_id": "id"}))


def test_an_answer_is_taken_out_of_its_envelope():
    answer = {
        "id": ID,
        "kind": "room",
        "layout": "outside",
        "other": 1,
        "room": {"id": OTHER, "name": "lobby", "layout": "inside"},
    }
    # What requests write inside is read inside; the id is that of the wrapper.
    assert unwrapped(WRAPPED, answer, "GET /x") == {
        "id": ID,
        "room_id": OTHER,
        "name": "lobby",
        "layout": "inside",
        "kind": "room",
        "other": 1,
    }
    assert answer["room"]["id"] == OTHER
    answer["room"] = {"name": "lobby"}
    assert unwrapped(WRAPPED, answer, "GET /x") == {
        "id": ID,
        "name": "lobby",
        "layout": "outside",
        "kind": "room",
        "other": 1,
    }
    assert "id" not in unwrapped(WRAPPED, {"room": {"id": OTHER}}, "GET /x")
    assert unwrapped(ROOM, answer, "GET /x") is answer


@pytest.mark.parametrize("inner", [None, [], "x"])
def test_an_answer_without_its_envelope_is_not_used(inner):
    said = refusal(live_of, WRAPPED, {"id": ID, "room": inner}, "GET /x")
    assert "the answer of a Room has no object room" in said
