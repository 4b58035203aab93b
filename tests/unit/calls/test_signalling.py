"""What the vendor's SDK says and is told, without a socket: connecting, joining, refusals,
reconnecting, leaving, sessions in the Space.
"""

import pytest

from reconciler.calls.hub import GRACE_SECONDS


def session(api):
    (found,) = api.get("/room_sessions").json()["data"]
    return found


def members(api, session_id):
    listed = api.get(f"/room_sessions/{session_id}/members").json()["data"]
    return [(one["name"], one["leave_time"] is not None) for one in listed]


def code(answer):
    return answer["code"]


def test_connecting_tells_what_the_token_allows(page):
    ann = page(joins=False, permissions=["room.lock"])
    told = ann.welcome["authorization"]
    assert ann.welcome["ice_servers"] == []
    assert ann.welcome["protocol"].split("_")[1] == told["signature"]
    assert (told["type"], told["join_as"], told["audio_allowed"], told["video_allowed"]) == (
        "video",
        "member",
        "both",
        "both",
    )
    assert (told["room"]["name"], told["room"]["scopes"], told["user_name"]) == (
        "lobby",
        ["room.lock"],
        "Ann",
    )
    assert "expires_at" not in told


@pytest.mark.parametrize("wrong", ["", "a.b.c", "vpt_nothing", None])
def test_a_wrong_token_does_not_connect(hub, connect, wrong):
    assert connect(hub, wrong).welcome["code"] == -32002


def test_a_forged_token_and_one_that_is_over_do_not_connect(hub, connect, space, token, clock):
    head, body, signature = token().split(".")
    assert connect(hub, f"{head}.{body[:-2]}.{signature}").welcome["code"] == -32002
    ending = space.knobs.to_json() | {"token_seconds": 60}
    space.knobs = type(space.knobs).from_json(ending)
    soon = token()
    connected = connect(hub, soon)
    assert connected.welcome["authorization"]["expires_at"] == clock.now.timestamp() + 60
    clock.move(61)
    assert connect(hub, soon).welcome["code"] == -32002


def test_nothing_is_done_before_connecting(hub, connect):
    stranger = connect(hub, "nothing")
    assert stranger.ask("video.lock", {"room_session_id": "x"})["code"] == -32002
    assert stranger.invite("call")["code"] == -32002


def test_joining_in_the_order_that_the_sdk_expects(page, api):
    ann = page()
    assert ann.calls() == ["verto.answer"]
    assert ann.events() == [
        "video.room.subscribed",
        "video.member.joined",
        "video.layout.changed",
        "video.room.audience_count",
    ]
    (told,) = ann.events("video.room.subscribed")
    live = session(api)
    assert told["call_id"] == ann.call_id
    assert told["room_session"]["room_session_id"] == live["id"]
    assert told["room_session"]["preview_url"] == live["preview_url"]
    assert [one["name"] for one in told["room_session"]["members"]] == ["Ann"]


def test_an_answer_has_its_sound_before_its_pictures(page):
    (call,) = page().events("webrtc.message")
    sdp = call["params"]["sdp"]
    assert sdp.index("m=audio 0") < sdp.index("m=video 0")


def test_others_are_told_and_the_session_is_true(page, api, clock):
    ann = page()
    ann.forget()
    bob = page("Bob")
    assert ann.events() == ["video.member.joined", "video.layout.changed"]
    live = session(api)
    assert (live["status"], members(api, live["id"])) == (
        "in-progress",
        [("Ann", False), ("Bob", False)],
    )

    clock.move(90)
    bob.verto("verto.bye", {"callID": bob.call_id})
    assert members(api, live["id"]) == [("Ann", False), ("Bob", True)]
    ann.verto("verto.bye", {"callID": ann.call_id})
    over = session(api)
    assert (over["status"], over["duration"], over["cost_in_dollars"]) == ("completed", 90, 0.0)
    assert api.get("/rooms/lobby?include_active_session=true").json().get("active_session") is None


def test_methods_are_allowed_by_the_token_and_only_in_ones_own_session(
    page, hub, api, token, connect
):
    ann, bob = page(), page("Bob", permissions=[])
    assert (ann.do("set_layout", name="5up"), bob.do("set_layout", name="1x1")) == ("200", "403")
    assert session(api)["layout"] == "5up"
    assert ann.do("member.audio_mute", member_id=bob.member) == "200"
    assert (
        ann.do("member.audio_mute", member_id="nobody"),
        bob.do("member.audio_mute", member_id="nobody"),
    ) == ("404", "403")
    api.post("/rooms", json={"name": "other"})
    other = connect(hub, token(room_name="other"))
    other.join()
    other.session = ann.session
    assert other.do("lock") == "403"
    assert ann.do("fly") == "501"


@pytest.mark.parametrize(
    ("room", "asked", "refused"),
    [
        ({}, {}, False),
        ({"join_from": "2026-01-01T13:00:00Z"}, {}, True),
        ({"join_until": "2026-01-01T11:00:00Z"}, {}, True),
        ({"remove_at": "2026-01-01T11:00:00Z"}, {}, True),
        ({}, {"join_from": "2026-01-01T13:00:00Z"}, True),
        ({}, {"join_until": "2026-01-01T11:00:00Z"}, True),
        ({}, {"remove_at": "2026-01-01T11:00:00Z"}, True),
        (
            {"join_from": "2026-01-01T11:00:00Z", "join_until": "2026-01-01T13:00:00Z"},
            {"join_until": "2026-01-01T12:30:00Z"},
            False,
        ),
    ],
)
def test_when_a_room_can_be_joined(page, api, lobby, room, asked, refused):
    api.put(f"/rooms/{lobby['id']}", json=room)
    ann = page(joins=False, **asked)
    answer = ann.join()
    assert (answer["code"], answer["message"]) == (
        ("403", "Unauthorized") if refused else ("200", "OK")
    )
    assert (ann.session is None) == refused


def test_a_full_room_and_a_locked_one(page, api, lobby):
    api.put(f"/rooms/{lobby['id']}", json={"max_members": 2})
    ann, _, late = page(), page("Bob"), page("Cay", joins=False)
    assert "full" in late.join()["message"]
    watching = page("Wim", join_as="audience")
    assert watching.session == ann.session
    api.put(f"/rooms/{lobby['id']}", json={"max_members": 20})
    assert ann.do("lock") == "200"
    assert session(api)["locked"] is True
    assert "locked" in page("Dan", joins=False).join()["message"]
    assert ann.do("unlock") == "200"
    assert code(page("Eve", joins=False).join()) == "200"


def test_time_is_up(page, hub, clock, api, lobby):
    api.put(f"/rooms/{lobby['id']}", json={"remove_after_seconds_elapsed": 100})
    ann, bob = page(), page("Bob", remove_after_seconds_elapsed=50)
    clock.move(51)
    hub.tick()
    assert (bob.calls()[-1], ann.calls()) == ("verto.bye", ["verto.answer"])
    clock.move(50)
    hub.tick()
    assert (ann.calls()[-1], session(api)["status"]) == ("verto.bye", "completed")


def test_a_room_that_is_not_there_is_made_only_where_the_token_may(page, hub, api, token, connect):
    assert code(connect(hub, token(room_name="nowhere")).join()) == "404"
    early = connect(hub, token(room_name="fresh", auto_create_room=True, join_from="2027-01-01"))
    assert (code(early.join()), api.get("/rooms/fresh").status_code) == ("403", 404)
    ann = connect(hub, token(room_name="fresh", auto_create_room=True, room_display_name="Fresh"))
    assert code(ann.join()) == "200"
    assert api.get("/rooms/fresh").json()["display_name"] == "Fresh"
    ann.verto("verto.bye", {"callID": ann.call_id})
    assert api.get("/rooms/fresh").status_code == 404
    assert [one["name"] for one in api.get("/room_sessions").json()["data"]] == ["fresh"]


def test_a_room_that_a_token_made_stays_where_it_was_changed_since(hub, api, token, connect, clock):
    ann = connect(hub, token(room_name="fresh", auto_create_room=True))
    assert code(ann.join()) == "200"
    clock.move(1)
    api.put(f"/rooms/{api.get('/rooms/fresh').json()['id']}", json={"max_members": 5})
    ann.verto("verto.bye", {"callID": ann.call_id})
    assert api.get("/rooms/fresh").json()["max_members"] == 5


def test_removing_one_and_removing_all(page, api):
    ann, bob, cay = page(), page("Bob"), page("Cay")
    assert ann.do("member.remove", member_id=bob.member) == "200"
    assert bob.calls()[-1] == "verto.bye"
    assert "video.member.left" in cay.events()
    assert ann.do("member.remove", member_id="all") == "200"
    assert (ann.calls()[-1], cay.calls()[-1], session(api)["status"]) == (
        "verto.bye",
        "verto.bye",
        "completed",
    )


def test_hanging_up_all_needs_the_permission(page, api):
    ann, bob = page(), page("Bob", permissions=[])
    bob.verto("verto.bye", {"callID": bob.call_id, "cause": "REJECT_ALL", "causeCode": "825"})
    assert session(api)["status"] == "in-progress"
    ann.verto("verto.bye", {"callID": ann.call_id, "cause": "REJECT_ALL", "causeCode": "825"})
    assert session(api)["status"] == "completed"


def test_a_session_ends_with_the_member_whose_token_says_so(page, api):
    host, guest = page("Host", end_room_session_on_leave=True), page("Guest")
    host.verto("verto.bye", {"callID": host.call_id})
    assert (guest.calls()[-1], session(api)["status"]) == ("verto.bye", "completed")


def test_deleting_a_room_or_ending_its_session_hangs_up(page, hub, api, space):
    ann = page()
    space.end_session(ann.session)
    hub.tick()
    assert ann.calls()[-1] == "verto.bye"
    bob = page("Bob")
    assert bob.session != ann.session
    api.delete(f"/rooms/{api.get('/rooms/lobby').json()['id']}")
    hub.tick()
    assert (bob.calls()[-1], hub.rooms) == ("verto.bye", {})


def test_a_cut_socket_that_comes_back_is_the_same_member(page, hub, clock, connect, api):
    ann, bob = page(), page("Bob")
    ann.said.closed()
    clock.move(GRACE_SECONDS - 1)
    hub.tick()
    again = connect(hub, ann.token, protocol=ann.welcome["protocol"])
    again.session, again.member = ann.session, ann.member
    clock.move(GRACE_SECONDS)
    hub.tick()
    assert again.do("lock") == "200"
    assert "video.room.updated" in again.events()
    assert "video.member.left" not in bob.events()
    assert members(api, ann.session) == [("Ann", False), ("Bob", False)]


def test_a_reload_invites_with_the_same_call_and_stays_the_same_muted_member(
    page, hub, connect, api
):
    ann = page()
    ann.do("member.audio_mute")
    ann.said.closed()
    again = connect(hub, ann.token, protocol=ann.welcome["protocol"])
    again.join(ann.call_id)
    (told,) = again.events("video.room.subscribed")
    assert (told["member_id"], told["room_session"]["members"][0]["audio_muted"]) == (
        ann.member,
        True,
    )
    assert members(api, ann.session) == [("Ann", False)]


def test_another_protocol_or_anothers_is_a_new_member(page, hub, connect, token):
    ann = page()
    for protocol in ("signalwire_x_y_local", ann.welcome["protocol"]):
        made = connect(hub, token(user_name="Ann"), protocol=protocol)
        made.join()
        assert made.welcome["protocol"] != protocol
        assert made.member != ann.member


def test_a_client_that_calls_again_leaves_its_first_call(page, hub, connect, api):
    ann = page()
    ann.join("again")
    assert ann.do("lock") == "200"
    assert len(hub.rooms[ann.session].members) == 1


def test_who_does_not_come_back_has_left(page, hub, clock, api):
    ann, bob = page(), page("Bob")
    ann.said.closed()
    clock.move(GRACE_SECONDS)
    hub.tick()
    assert "video.member.left" in bob.events()
    assert members(api, ann.session) == [("Ann", True), ("Bob", False)]
    bob.said.closed()
    clock.move(GRACE_SECONDS)
    hub.tick()
    assert (session(api)["status"], hub.clients) == ("completed", {})


def test_a_crashed_server_ends_its_sessions_on_start_and_leaves_made_up_ones(page, api, space):
    page()
    api.post("/rooms", json={"name": "other"})
    made_up = space.start_session("Room", "other", members=3)
    space.attendance.end_left_over()
    states = {one["name"]: one["status"] for one in api.get("/room_sessions").json()["data"]}
    assert states == {"lobby": "completed", "other": "in-progress"}
    assert api.get(f"/room_sessions/{made_up}").json()["status"] == "in-progress"


def test_who_joins_a_made_up_session_joins_that_one_and_it_outlives_them(page, api, space, lobby):
    made_up = space.start_session("Room", "lobby", members=2)
    ann = page()
    assert ann.session == made_up
    ann.verto("verto.bye", {"callID": ann.call_id})
    assert session(api)["status"] == "in-progress"


def test_a_cap_on_senders_is_told_and_audience_still_comes_in(page, hub):
    hub.studio.most_senders = 2
    ann = page()
    assert code(ann.invite("screen", screenShare=True)) == "200"
    late = page("Bob", joins=False).join()
    assert (late["code"], late["message"]) == (
        "503",
        "this local Space takes 2 senders at once; others can join as audience",
    )
    assert code(ann.invite("camera", additionalDevice=True)) == "503"
    assert page("Wim", join_as="audience").session == ann.session
    assert len(hub.rooms[ann.session].members) == 3


def test_screens_and_devices_are_members_of_their_own(page, api):
    ann, bob = page(), page("Bob", permissions=["room.self.screenshare"])
    bob.forget()
    assert code(ann.invite("screen", screenShare=True)) == "200"
    assert code(ann.invite("camera", additionalDevice=True)) == "200"
    types = [
        (one["member"]["type"], one["member"]["parent_id"])
        for one in bob.events("video.member.joined")
    ]
    assert types == [("screen", ann.member), ("device", ann.member)]
    assert len(members(api, ann.session)) == 2
    assert code(bob.invite("device", additionalDevice=True)) == "403"
    ann.verto("verto.bye", {"callID": ann.call_id})
    assert len(bob.events("video.member.left")) == 3


def test_a_screen_brings_a_layout_along_where_its_owner_may_set_one(page, api):
    ann, bob = page(), page("Bob", permissions=["room.self.screenshare"])
    for member, call_id, layout in ((bob, "one", "1x1"), (ann, "two", "5up")):
        params = {
            "sdp": "",
            "layout": layout,
            "dialogParams": {"callID": call_id, "screenShare": True},
        }
        member.verto("verto.invite", params)
    assert session(api)["layout"] == "5up"


def test_audience_watches_is_counted_and_is_in_no_list(page, api):
    ann, wim = page(), page("Wim", join_as="audience")
    assert wim.welcome["authorization"]["audio_allowed"] == "receive"
    assert [one["total"] for one in ann.events("video.room.audience_count")] == [0, 1]
    answer = ann.ask("video.members.get", {"room_session_id": ann.session})
    assert [one["name"] for one in answer["members"]] == ["Ann"]
    assert code(wim.invite("screen", screenShare=True)) == "403"
    assert members(api, ann.session) == [("Ann", False), ("Wim", False)]


def test_promotion_and_demotion_go_by_a_new_call(page):
    ann, wim = page(), page("Wim", join_as="audience")
    assert ann.do("member.promote", member_id=wim.member, permissions=["room.lock"]) == "200"
    (told,) = wim.events("video.member.promoted")
    assert (told["authorization"]["join_as"], told["authorization"]["room"]["scopes"]) == (
        "member",
        ["room.lock"],
    )
    ann.forget()
    old, member = wim.call_id, wim.member
    wim.join("promoted")
    wim.verto("verto.bye", {"callID": old})
    assert ann.events()[0] == "video.member.joined"
    assert "video.member.left" not in ann.events()
    assert wim.member == member
    assert wim.do("lock") == "200"

    assert ann.do("member.demote", member_id=wim.member) == "200"
    assert wim.do("unlock") == "403"
    wim.join("demoted")
    wim.verto("verto.bye", {"callID": "promoted"})
    assert "video.member.left" in ann.events()
    assert (
        ann.ask("video.members.get", {"room_session_id": ann.session})["members"][0]["name"]
        == "Ann"
    )


def test_reauthentication_takes_a_token_of_the_same_room_and_project(page, token, api):
    ann = page(permissions=[])
    fresh = token(user_name="Ann", permissions=["room.lock"])
    api.post("/rooms", json={"name": "other"})
    other = token(room_name="other")
    assert ann.ask(
        "signalwire.reauthenticate", {"authentication": {"project": "p", "jwt_token": fresh}}
    )["authorization"]
    for project, given in (("p", other), ("q", fresh), ("p", "nothing")):
        answer = ann.ask(
            "signalwire.reauthenticate",
            {"authentication": {"project": project, "jwt_token": given}},
        )
        assert answer["code"] == -32002


def test_conference_tokens_lead_in_with_the_scopes_that_are_listed(api, hub, connect):
    hall = api.post("/conferences", json={"display_name": "Hall", "name": "hall"}).json()["id"]
    moderator, guest = api.get(f"/conferences/{hall}/conference_tokens").json()["data"]
    pages = [connect(hub, one["token"]) for one in (moderator, guest)]
    assert [one.welcome["authorization"]["room"]["scopes"] for one in pages] == [
        moderator["scopes"],
        guest["scopes"],
    ]
    for one in pages:
        assert code(one.join()) == "200"
    assert [one.do("lock") for one in pages] == ["200", "403"]
    assert session(api)["room_id"] == hall


def test_recordings_are_kept_in_the_space(page, api, clock):
    ann = page()
    recording = ann.ask("video.recording.start", {"room_session_id": ann.session})["recording"]
    kept = api.get("/room_recordings").json()["data"][0]
    assert (kept["id"], kept["status"], kept["format"], kept["size_in_bytes"]) == (
        recording["id"],
        "recording",
        "video/mp4",
        None,
    )
    ann.do("recording.pause", recording_id=recording["id"])
    assert api.get("/room_recordings").json()["data"][0]["status"] == "paused"
    clock.move(8)
    ann.do("recording.stop", recording_id=recording["id"])
    kept = api.get("/room_recordings").json()["data"][0]
    assert (kept["status"], kept["duration"]) == ("completed", 8)
    assert kept["size_in_bytes"] > 0


def test_a_recording_that_began_with_the_session_can_be_stopped(page, api, lobby):
    api.put(f"/rooms/{lobby['id']}", json={"record_on_start": True})
    ann = page()
    (told,) = ann.events("video.room.subscribed")
    (recording,) = told["room_session"]["recordings"]
    assert told["room_session"]["recording"] is True
    assert ann.do("recording.stop", recording_id=recording["id"]) == "200"
    assert [one["status"] for one in api.get("/room_recordings").json()["data"]] == ["completed"]


def test_digits_holds_and_offers_that_cannot_be_read(page):
    ann = page()
    inner = ann.verto("verto.modify", {"callID": ann.call_id, "action": "hold"})["result"]["result"]
    assert inner == {"action": "hold", "callID": ann.call_id, "holdState": "held"}
    assert ann.verto("verto.info", {"callID": ann.call_id, "dtmf": "1"})["code"] == "200"
    assert ann.verto("verto.modify", {"callID": "nothing", "action": "hold"})["code"] == "404"
    assert (
        ann.verto("verto.modify", {"callID": ann.call_id, "action": "updateMedia", "sdp": "x"})[
            "code"
        ]
        == "422"
    )
    bob = page("Bob", joins=False)
    bob.verto("verto.invite", {"sdp": "nonsense", "dialogParams": {"callID": "c"}})
    assert (bob.calls(), "video.member.left" in ann.events()) == (["verto.bye"], True)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '{"method": 7}', '{"id": 1, "result": {}}', "[" * 5000, b"\xff"]
)
def test_what_cannot_be_read_is_passed_over(page, text):
    ann = page()
    ann.forget()
    ann.said.receive(text)
    assert ann.inbox.messages == []
    assert ann.do("lock") == "200"


@pytest.mark.parametrize(
    "params",
    [
        None,
        [],
        {"room_session_id": []},
        {"message": "x"},
        {"message": {"params": []}},
        {"authentication": 7},
    ],
)
@pytest.mark.parametrize(
    "method",
    [
        "signalwire.connect",
        "signalwire.reauthenticate",
        "signalwire.subscribe",
        "video.message",
        "video.lock",
    ],
)
def test_odd_parameters_get_an_answer_and_break_nothing(page, method, params):
    ann = page()
    answer = ann.ask(method, params)
    assert answer.get("code") not in (None, -32603)
    assert ann.do("lock") == "200"


def test_the_server_side_sdk_listens_and_asks(page, hub, connect):
    server = connect(hub, authentication={"project": "p", "token": "secret"})
    assert server.welcome["authorization"]["project_id"] == "p"
    server.ask(
        "signalwire.subscribe",
        {"event_channel": "video.rooms", "events": ["video.room.started", "video.room.ended"]},
    )
    ann = page()
    assert server.events() == ["video.room.started"]
    assert [one["name"] for one in server.ask("video.rooms.get")["rooms"]] == ["lobby"]
    assert (
        server.ask("video.room.get", {"room_session_id": ann.session})["room"]["members"][0]["name"]
        == "Ann"
    )
    server.ask(
        "signalwire.subscribe",
        {"event_channel": f"room.{ann.session}", "events": ["video.member.updated"]},
    )
    server.session = ann.session
    assert server.do("member.audio_mute", member_id=ann.member) == "200"
    ann.verto("verto.bye", {"callID": ann.call_id})
    assert server.events() == ["video.room.started", "video.member.updated", "video.room.ended"]
    assert (ann.ask("video.rooms.get")["code"], ann.ask("signalwire.subscribe", {})["code"]) == (
        "403",
        "403",
    )
    assert connect(hub, authentication={"project": "", "token": "secret"}).welcome["code"] == -32002
