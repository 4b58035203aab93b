"""Rooms as values: every method in a table, with what it changes, what it tells, and
what it needs.
"""

from dataclasses import replace

import pytest

from reconciler.calls.room.methods import METHODS, perform
from reconciler.calls.room.model import Command, Member, Refused, Room, Show

ANN, BOB = Member("a", "Ann"), Member("b", "Bob")
REC = Show("rec", "recording", 100.0, since=100.0)
PLAY = Show("play", "playing", 100.0, since=100.0, url="https://example.com/a.mp4")
STREAM = Show("str", "streaming", 100.0, since=100.0, url="rtmp://example.com/a")
ROOM = Room(
    "room",
    "session",
    "lobby",
    "Lobby",
    meta={"k": 1, "l": 2},
    members=(
        ANN,
        BOB,
        Member("s", "Ann", type="screen", parent_id="a"),
        Member("w", "Wim", audience=True),
    ),
    recordings=(REC,),
    playbacks=(PLAY,),
    streams=(STREAM,),
)


def done(method, params=None, *, room=ROOM, scopes=None, actor="a"):
    """The step that a method comes to when Ann calls it with these permissions (None: with all of
    them).
    """
    if scopes is not None:
        room = replace(
            room,
            members=tuple(
                replace(one, scopes=tuple(scopes)) if one.id == actor else one
                for one in room.members
            ),
        )
    else:
        actor = None if actor == "a" and (params or {}).get("member_id") else actor
        every = tuple(word for needed in NEEDS.values() for word in needed[1].split() if word)
        room = replace(room, members=tuple(replace(one, scopes=every) for one in room.members))
    return perform(room, Command(f"video.{method}", params or {}, actor, 110.0, "fresh"))


# Each method with a use of it and the permissions that it needs, where Ann calls it for herself.
NEEDS = {
    "members.get": ({}, ""),
    "room.get": ({}, ""),
    "list_available_layouts": ({}, "room.list_available_layouts"),
    "set_layout": ({"name": "2x2"}, "room.set_layout"),
    "set_position": ({"positions": {"self": "off-canvas"}}, "room.set_position"),
    "lock": ({}, "room.lock"),
    "unlock": ({}, "room.unlock"),
    "hide_video_muted": ({}, "room.hide_video_muted"),
    "show_video_muted": ({}, "room.show_video_muted"),
    "prioritize_handraise": ({"enable": True}, "room.prioritize_handraise"),
    "get_meta": ({}, ""),
    "set_meta": ({"meta": {"m": 3}}, "room.set_meta"),
    "update_meta": ({"meta": {"m": 3}}, "room.set_meta"),
    "delete_meta": ({"keys": ["k"]}, "room.set_meta"),
    "member.audio_mute": ({}, "room.self.audio_mute"),
    "member.audio_unmute": ({}, "room.self.audio_unmute"),
    "member.video_mute": ({}, "room.self.video_mute"),
    "member.video_unmute": ({}, "room.self.video_unmute"),
    "member.deaf": ({}, "room.self.deaf"),
    "member.undeaf": ({}, "room.self.undeaf"),
    "member.set_input_volume": ({"volume": 5}, "room.self.set_input_volume"),
    "member.set_output_volume": ({"volume": 5}, "room.self.set_output_volume"),
    "member.set_input_sensitivity": ({"value": 5}, "room.self.set_input_sensitivity"),
    "member.raisehand": ({}, "room.self.raisehand"),
    "member.lowerhand": ({}, "room.self.lowerhand"),
    "member.set_position": ({"position": "standard-2"}, "room.self.set_position"),
    "member.get_meta": ({}, ""),
    "member.set_meta": ({"meta": {"m": 3}}, "room.self.set_meta"),
    "member.update_meta": ({"meta": {"m": 3}}, "room.self.set_meta"),
    "member.delete_meta": ({"keys": ["k"]}, "room.self.set_meta"),
    "member.remove": ({"member_id": "b"}, "room.member.remove"),
    "member.promote": ({"member_id": "w"}, "room.member.promote"),
    "member.demote": ({"member_id": "b"}, "room.member.demote"),
    "recording.list": ({}, "room.recording"),
    "recording.start": ({}, "room.recording"),
    "recording.pause": ({"recording_id": "rec"}, "room.recording"),
    "recording.resume": ({"recording_id": "rec"}, "room.recording"),
    "recording.stop": ({"recording_id": "rec"}, "room.recording"),
    "playback.list": ({}, "room.playback"),
    "playback.start": ({"url": "https://example.com/b.mp4"}, "room.playback"),
    "playback.pause": ({"playback_id": "play"}, "room.playback"),
    "playback.resume": ({"playback_id": "play"}, "room.playback"),
    "playback.stop": ({"playback_id": "play"}, "room.playback"),
    "playback.set_volume": ({"playback_id": "play", "volume": 7}, "room.playback"),
    "playback.seek_absolute": ({"playback_id": "play", "position": 5000}, "room.playback_seek"),
    "playback.seek_relative": ({"playback_id": "play", "position": -2000}, "room.playback_seek"),
    "stream.list": ({}, "room.stream"),
    "stream.start": ({"url": "rtmp://example.com/b"}, "room.stream"),
    "stream.stop": ({"stream_id": "str"}, "room.stream"),
}


def test_the_table_holds_every_method():
    assert {f"video.{name}" for name in NEEDS} == set(METHODS)


@pytest.mark.parametrize("method", sorted(NEEDS))
def test_a_method_needs_its_permission_and_no_other(method):
    params, needed = NEEDS[method]
    assert done(method, params, scopes=needed.split()).code == "200"
    if needed:
        others = {word for _, words in NEEDS.values() for word in words.split()} - {needed}
        with pytest.raises(Refused, match="Unauthorized") as refused:
            done(method, params, scopes=sorted(others))
        assert refused.value.code == "403"


@pytest.mark.parametrize("method", sorted(name for name in NEEDS if "room.self" in NEEDS[name][1]))
def test_of_others_the_permission_is_another_one_and_of_ones_own_screen_it_is_the_same(method):
    params, own = NEEDS[method]
    other = own.replace("self", "member")
    assert done(method, {**params, "member_id": "b"}, scopes=[other]).code == "200"
    assert done(method, {**params, "member_id": "s"}, scopes=[own]).code == "200"
    for target, scope, code in (
        ("b", own, "403"),
        ("nobody", own, "403"),
        ("nobody", other, "404"),
    ):
        with pytest.raises(Refused) as refused:
            done(method, {**params, "member_id": target}, scopes=[scope])
        assert refused.value.code == code


def test_a_layout_with_positions_needs_both_permissions():
    params = {"name": "2x2", "positions": {"b": "standard-1"}}
    with pytest.raises(Refused):
        done("set_layout", params, scopes=["room.set_layout"])
    assert (
        done("set_layout", params, scopes=["room.set_layout", "room.set_position"])
        .room.member("b")
        .requested_position
        == "standard-1"
    )


def test_a_stream_can_be_allowed_by_its_own_word():
    assert (
        done("stream.start", {"url": "rtmp://example.com/b"}, scopes=["room.stream.start"]).code
        == "200"
    )


def told(step):
    return [event.type.removeprefix("video.") for event in step.events]


@pytest.mark.parametrize(
    ("method", "params", "events"),
    [
        ("set_layout", {"name": "5up"}, ["layout.changed"]),
        ("set_layout", {"name": "grid-responsive"}, []),
        ("set_position", {"positions": {"b": "off-canvas"}}, ["member.updated", "layout.changed"]),
        ("member.set_position", {"position": "standard-1"}, ["member.updated", "layout.changed"]),
        ("lock", {}, ["room.updated"]),
        ("unlock", {}, []),
        ("set_meta", {"meta": {}}, ["room.updated"]),
        ("prioritize_handraise", {"enable": True}, ["room.updated"]),
        ("member.audio_mute", {}, ["member.updated"]),
        ("member.audio_unmute", {}, []),
        ("member.video_mute", {}, ["member.updated"]),
        ("member.deaf", {}, ["member.updated"]),
        ("member.raisehand", {}, ["member.updated"]),
        ("member.remove", {"member_id": "b"}, ["member.left", "layout.changed"]),
        ("member.promote", {"member_id": "w"}, ["member.promoted"]),
        ("member.promote", {"member_id": "nobody"}, []),
        ("member.demote", {"member_id": "b"}, ["member.demoted"]),
        ("recording.start", {}, ["recording.started"]),
        ("recording.pause", {"recording_id": "rec"}, ["recording.updated"]),
        ("recording.stop", {"recording_id": "rec"}, ["recording.ended", "room.updated"]),
        ("playback.start", {"url": "https://example.com/b.mp4"}, ["playback.started"]),
        ("playback.seek_relative", {"playback_id": "play", "position": 1}, ["playback.updated"]),
        ("playback.stop", {"playback_id": "play"}, ["playback.ended"]),
        ("stream.stop", {"stream_id": "str"}, ["stream.ended", "room.updated"]),
        ("members.get", {}, []),
    ],
)
def test_what_a_method_tells(method, params, events):
    assert told(done(method, params)) == events


@pytest.mark.parametrize(
    ("method", "params", "updated"),
    [
        ("audio_mute", {}, {"audio_muted": True}),
        ("video_mute", {}, {"video_muted": True, "visible": False}),
        ("deaf", {}, {"deaf": True, "audio_muted": True}),
        ("set_input_volume", {"volume": -50}, {"input_volume": -50}),
        ("set_output_volume", {"volume": 50}, {"output_volume": 50}),
        ("set_input_sensitivity", {"value": 100}, {"input_sensitivity": 100}),
        ("raisehand", {}, {"handraised": True}),
        ("set_meta", {"meta": {"x": 1}}, {"meta": {"x": 1}}),
    ],
)
def test_what_is_told_of_a_member(method, params, updated):
    (event,) = done(f"member.{method}", params).events
    assert event.params["member"] == {
        "id": "a",
        "room_id": "room",
        "room_session_id": "session",
        "updated": sorted(updated),
        **updated,
    }


def test_what_is_told_of_the_room():
    (event,) = done("lock").events
    assert (event.params["room_session"]["updated"], event.params["room_session"]["locked"]) == (
        ["locked"],
        True,
    )
    assert (event.params["room_session"]["id"], event.params["room"]["id"]) == ("session", "room")


def test_hidden_tiles_and_raised_hands_move_the_others():
    muted = done("member.video_mute").room
    hidden = perform(muted, Command("video.hide_video_muted", {}, None, 1.0, "x"))
    assert told(hidden) == ["room.updated", "layout.changed"]
    layers = hidden.events[-1].params["layout"]["layers"]
    assert [layer.get("member_id") for layer in layers] == ["s", "b"]

    first = replace(ROOM, prioritize_handraise=True)
    raised = done("member.raisehand", {"member_id": "b"}, room=first)
    assert [layer.get("member_id") for layer in raised.events[-1].params["layout"]["layers"]] == [
        "s",
        "b",
        "a",
    ]


def test_a_leaving_parent_takes_its_children_along_and_all_means_all():
    assert [one.id for one in done("member.remove", {"member_id": "a"}).room.members] == ["b", "w"]
    assert done("member.remove", {"member_id": "all"}).room.members == ()


def test_meta():
    assert done("get_meta").answer == {"meta": {"k": 1, "l": 2}}
    assert done("update_meta", {"meta": {"l": 3}}).room.meta == {"k": 1, "l": 3}
    assert done("delete_meta", {"keys": ["k", "none"]}).room.meta == {"l": 2}
    assert done("member.get_meta").answer == {"meta": {}}


def test_a_promotion_and_a_demotion_are_promises_that_carry_what_may_be_done():
    promoted = done(
        "member.promote", {"member_id": "w", "permissions": ["room.lock"], "join_audio_muted": True}
    ).room.member("w")
    assert (promoted.audience, promoted.promised, promoted.scopes) == (
        True,
        "member",
        ("room.lock",),
    )
    assert (promoted.audio, promoted.video, promoted.audio_muted) == ("both", "both", True)
    demoted = done("member.demote", {"member_id": "b", "media_allowed": "audio-only"}).room.member(
        "b"
    )
    assert (demoted.promised, demoted.scopes, demoted.audio, demoted.video) == (
        "audience",
        (),
        "receive",
        "none",
    )
    assert done("member.promote", {"member_id": "nobody"}).code == "202"


def test_recordings_count_their_time_without_pauses():
    paused = perform(
        ROOM, Command("video.recording.pause", {"recording_id": "rec"}, None, 110.0, "x")
    ).room
    resumed = perform(
        paused, Command("video.recording.resume", {"recording_id": "rec"}, None, 200.0, "x")
    ).room
    ended = perform(
        resumed, Command("video.recording.stop", {"recording_id": "rec"}, None, 205.0, "x")
    )
    assert ended.events[0].params["recording"] == {
        "id": "rec",
        "state": "completed",
        "started_at": 100,
        "ended_at": 205,
        "duration": 15,
    }
    with pytest.raises(Refused):
        perform(
            ended.room, Command("video.recording.resume", {"recording_id": "rec"}, None, 300.0, "x")
        )


def test_playbacks_know_where_they_are():
    forward = done("playback.seek_relative", {"playback_id": "play", "position": 5000})
    assert forward.events[0].params["playback"]["position"] == 15000
    back = done("playback.seek_relative", {"playback_id": "play", "position": -50000})
    assert back.events[0].params["playback"]["position"] == 0
    started = done(
        "playback.start", {"url": "https://example.com/b.mp4", "volume": 3, "seek_position": 2000}
    ).answer["playback"]
    assert (started["volume"], started["position"], started["state"]) == (3, 2000, "playing")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("set_layout", {"name": "7x7"}),
        ("set_layout", {"name": ["2x2"]}),
        ("set_position", {"positions": []}),
        ("set_position", {"positions": {"a": "middle"}}),
        ("member.set_position", {"position": None}),
        ("member.set_input_volume", {"volume": 51}),
        ("member.set_input_volume", {"volume": True}),
        ("member.set_input_sensitivity", {"value": "loud"}),
        ("set_meta", {"meta": "text"}),
        ("set_meta", {"meta": {"k": "v" * 2001}}),
        ("delete_meta", {"keys": "k"}),
        ("member.promote", {"member_id": "w", "permissions": "room.lock"}),
        ("playback.start", {"url": "file:///etc/passwd"}),
        ("playback.seek_absolute", {"playback_id": "play", "position": -1}),
        ("stream.start", {"url": "http://example.com"}),
        ("stream.start", {}),
    ],
)
def test_what_cannot_be_is_refused(method, params):
    with pytest.raises(Refused) as refused:
        done(method, params)
    assert refused.value.code == "422"


def test_unknown_methods_shows_and_callers():
    for method, params, actor, code in (
        ("fly", {}, None, "501"),
        ("recording.stop", {"recording_id": "none"}, None, "404"),
        ("set_position", {"positions": {"none": "auto"}}, None, "404"),
        ("members.get", {}, "stranger", "403"),
    ):
        with pytest.raises(Refused) as refused:
            perform(ROOM, Command(f"video.{method}", params, actor, 1.0, "x"))
        assert refused.value.code == code
