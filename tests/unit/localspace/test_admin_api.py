import pytest

from reconciler.localspace import Fault, Settings


@pytest.fixture
def control(client_of, space):
    return client_of(space, base="/control")


def test_a_session_by_the_control_api(api, control, space):
    api.post("/rooms", json={"name": "lobby", "enable_room_previews": True})
    started = control.post("/sessions", json={"kind": "Room", "name": "lobby", "members": 3})
    session = started.json()
    assert (started.status_code, session["preview_url"]) == (
        201,
        f"http://local.test/previews/{session['id']}.webp",
    )
    assert len(api.get(f"/room_sessions/{session['id']}/members").json()["data"]) == 3
    assert control.delete(f"/sessions/{session['id']}").status_code == 204
    assert api.get(f"/room_sessions/{session['id']}").json()["status"] == "completed"
    assert [mutation.method for mutation in space.ledger] == ["POST"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "Room", "name": "nowhere"}, 404),
        ({"kind": "Nothing", "name": "lobby"}, 404),
        ({"kind": "Room"}, 422),
        ({"kind": "Room", "name": "lobby", "members": -1}, 422),
        ({"kind": "Room", "name": "lobby", "members": True}, 422),
        ({"kind": "Room", "name": "lobby", "member": 1}, 422),
    ],
)
def test_sessions_that_cannot_start(api, control, body, status):
    api.post("/rooms", json={"name": "lobby"})
    assert control.post("/sessions", json=body).status_code == status


def test_a_second_session_and_an_unknown_one(api, control, complaints):
    api.post("/rooms", json={"name": "lobby"})
    control.post("/sessions", json={"kind": "Room", "name": "lobby"})
    assert complaints(control.post("/sessions", json={"kind": "Room", "name": "lobby"})) == [
        ("invalid_parameter", "name")
    ]
    assert control.delete("/sessions/nothing").status_code == 404


def test_knobs_by_the_control_api(api, control, space, complaints):
    knobs = Settings(put="replace", faults=(Fault("GET", "/rooms$", 1, status=503),))
    assert (
        control.put("/knobs", json=knobs.to_json()).json()
        == control.get("/knobs").json()
        == knobs.to_json()
    )
    assert space.knobs == knobs
    assert [api.get("/rooms").status_code for _ in range(2)] == [503, 200]
    assert complaints(control.put("/knobs", json={"put": "both"})) == [
        ("invalid_parameter", "knobs")
    ]
    assert space.knobs == knobs


def test_fields_that_no_request_can_carry(api, control, space):
    made = api.post("/conferences", json={"name": "hall", "display_name": "Hall"}).json()
    body = {"kind": "Conference", "name": "hall", "fields": {"meta": {"k": 1}, "size": "huge"}}
    assert control.put("/fields", json=body).status_code == 204
    there = api.put(f"/conferences/{made['id']}", json={"display_name": "Other"}).json()
    assert (there["meta"], there["size"], there["display_name"]) == ({"k": 1}, "huge", "Other")
    space.set_fields("Conference", "hall", meta={"k": 2})
    assert api.get(f"/conferences/{made['id']}").json()["meta"] == {"k": 2}
    assert control.put("/fields", json={**body, "name": "other"}).status_code == 404
    assert control.put("/fields", json={**body, "more": 1}).status_code == 422
    assert control.put("/fields", json={"kind": "Room"}).status_code == 422
