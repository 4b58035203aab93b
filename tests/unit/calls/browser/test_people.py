"""People in a room: they see and hear each other, permissions hold, and the Space and its guard
know of them.
"""

import io

import httpx
import pytest
from PIL import Image

from reconciler.cli.app import run

pytestmark = pytest.mark.long

RED, BLUE, DARK = [192, 0, 0], [0, 0, 192], -70
LOUD = -45


def member(page):
    return page.evaluate("session.memberId")


def until(page, expression, argument=None):
    """Wait for a state of the page."""
    page.wait_for_function(expression, arg=argument, polling=50)


def sees(page, member_id, colour):
    until(page, "([id, colour]) => isColour(id, colour)", [member_id, colour])


def hears(page, pitch):
    until(page, f"(pitch) => loudness(pitch) > {LOUD}", pitch)


def hears_nothing_of(page, pitch):
    until(page, f"(pitch) => loudness(pitch) < {DARK}", pitch)


def tried(page, call):
    return page.evaluate(f"tried({call})")


def test_they_see_and_hear_each_other_and_not_themselves(pair):
    ann, bob = pair
    sees(ann, member(bob), BLUE)
    sees(bob, member(ann), RED)
    sees(ann, member(ann), RED)
    hears(ann, 1000)
    hears(bob, 440)
    hears_nothing_of(ann, 440)
    until(
        ann,
        "(id) => seen.some(([name, told]) => name === 'member.talking' && told.member.id === id)",
        member(bob),
    )
    until(ann, "names().includes('media.connected')")
    assert ann.errors + bob.errors == []


def test_a_role_is_enforced_and_a_layout_is_seen(pair):
    ann, bob = pair
    assert tried(bob, "session.setLayout({name: '5up'})") == {"done": False, "code": "403"}
    assert tried(bob, f"session.removeMember({{memberId: '{member(ann)}'}})") == {
        "done": False,
        "code": "403",
    }
    assert tried(ann, "session.setLayout({name: '5up'})") == {"done": True, "result": None}
    for page in pair:
        until(
            page,
            "seen.filter(([name]) => name === 'layout.changed').at(-1)[1].layout.name === '5up'",
        )
    sees(bob, member(ann), RED)
    sees(bob, member(bob), BLUE)
    assert tried(ann, "session.setLayout({name: 'grid-responsive'})")["done"]


def test_mutes_blank_a_tile_and_silence(pair):
    ann, bob = pair
    sees(ann, member(bob), BLUE)
    hears(ann, 1000)
    assert tried(bob, "session.videoMute()")["done"]
    until(ann, "([id, colour]) => colourOf(id) && !isColour(id, colour)", [member(bob), BLUE])
    assert tried(bob, "session.audioMute()")["done"]
    hears_nothing_of(ann, 1000)
    assert tried(bob, "session.audioUnmute()")["done"]
    hears(ann, 1000)
    assert tried(ann, "session.deaf()")["done"]
    hears_nothing_of(ann, 1000)
    assert tried(ann, "session.undeaf()")["done"]
    assert tried(ann, f"session.videoUnmute({{memberId: '{member(bob)}'}})")["done"]


MANIFEST = """\
apiVersion: reconciler.dev/v1
kind: Room
metadata: {name: NAME}
spec: {enable_room_previews: true}
"""


@pytest.fixture
def desired(tmp_path, monkeypatch, calls):
    """Say which room the manifest declares; the environment points at the Space with the calls."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGNALWIRE_SPACE", f"127.0.0.1:{calls.port}")
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "p")
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "t")
    return lambda name: (tmp_path / "rooms.yaml").write_text(
        MANIFEST.replace("NAME", name), encoding="utf-8"
    )


def test_the_session_its_preview_and_the_guard(visit, desired, api, capsys):
    desired("hall")
    assert run(["apply", "--yes"]) == 0
    ann = visit("Ann", "#c00000", 440, room_name="hall")
    bob = visit("Bob", "#0000c0", 1000, room_name="hall")
    sees(ann, member(bob), BLUE)
    live = api.get(f"/room_sessions/{ann.evaluate('session.roomSessionId')}").json()
    assert live["preview_url"] == ann.evaluate("session.previewUrl")
    people = api.get(f"/room_sessions/{live['id']}/members").json()["data"]
    assert [one["name"] for one in people] == ["Ann", "Bob"]

    layers = ann.evaluate(
        "seen.filter(([name]) => name === 'layout.changed').at(-1)[1].layout.layers"
    )
    wanted = {member(ann): RED, member(bob): BLUE}
    while True:  # another picture comes once both are seen
        shown = Image.open(io.BytesIO(httpx.get(live["preview_url"]).content))
        picture = shown.convert("RGB")
        middles = {
            one["member_id"]: (
                (one["x"] + one["width"] / 2) * 3.2,
                (one["y"] + one["height"] / 2) * 1.8,
            )
            for one in layers
        }
        found = {id_: picture.getpixel((int(x), int(y))) for id_, (x, y) in middles.items()}
        if all(
            abs(found[id_][channel] - wanted[id_][channel]) < 60
            for id_ in wanted
            for channel in range(3)
        ):
            break
        ann.wait_for_timeout(100)
    until_animated(live["preview_url"], ann)

    desired("other")
    # The new room looks like a rename of the old one.
    apply = ("apply", "--yes", "--allow-delete", "Room=1")
    assert run(apply) == 3
    assert "2 members" in capsys.readouterr().out
    assert api.get("/rooms/hall").status_code == 200
    for page in (ann, bob):
        page.evaluate("session.leave()")
        until(page, "names().includes('room.left')")
    assert api.get(f"/room_sessions/{live['id']}").json()["status"] == "completed"
    assert run(apply) == 0
    assert api.get("/rooms/hall").status_code == 404


def until_animated(url, page):
    while True:
        shown = Image.open(io.BytesIO(httpx.get(url).content))
        if shown.n_frames > 1:
            assert shown.size == (320, 180)
            return
        page.wait_for_timeout(100)


def test_a_screen_is_shared_and_seen(pair):
    ann, bob = pair
    assert tried(bob, "session.startScreenShare({video: true})")["code"] == "403"
    screen = ann.evaluate("session.startScreenShare({video: true}).then((made) => made.memberId)")
    until(
        bob,
        "(id) => seen.some(([name, told]) => name === 'member.joined' && told.member.id === id)",
        screen,
    )
    until(
        bob,
        "(id) => seen.filter(([name]) => name === 'layout.changed').at(-1)[1].layout.layers[0].member_id === id",
        screen,
    )
    until(
        bob,
        "(id) => { const found = colourOf(id); return found && found.some((level) => level > 150); }",
        screen,
    )
    assert bob.evaluate("tried(session.getMembers())")["result"]["members"][-1]["type"] == "screen"
    ann.evaluate("Promise.all(session.screenShareList.map((one) => one.leave()))")
    until(
        bob,
        "(id) => seen.some(([name, told]) => name === 'member.left' && told.member.id === id)",
        screen,
    )


def test_a_reload_is_the_same_member(pair, api):
    ann, bob = pair
    before = member(ann)
    assert tried(ann, "session.audioMute()")["done"]
    ann.reload()
    ann.evaluate("joined()")
    assert member(ann) == before
    sees(bob, before, RED)
    assert ann.evaluate("session.getMembers().then(({members}) => members[0].audio_muted)") is True
    assert tried(ann, "session.audioUnmute()")["done"]
    people = api.get(f"/room_sessions/{ann.evaluate('session.roomSessionId')}/members").json()[
        "data"
    ]
    assert [one["leave_time"] for one in people] == [None, None]


def test_a_cut_socket_comes_back_and_nobody_leaves(pair, calls):
    ann, bob = pair
    sees(bob, member(ann), RED)
    (client,) = [
        one
        for one in calls.hub.clients.values()
        if member(ann) in {leg.member_id for leg in one.legs.values()}
    ]
    before = client.outbox
    before.close()
    while client.outbox in (None, before):
        ann.wait_for_timeout(50)
    assert tried(ann, "session.lock()") == {"done": True, "result": None}
    until(bob, "seen.some(([name, told]) => name === 'room.updated' && told.room_session.locked)")
    sees(bob, member(ann), RED)
    hears(bob, 440)
    assert member(ann) not in bob.evaluate(
        "seen.filter(([name]) => name === 'member.left').map(([, told]) => told.member.id)"
    )
    assert tried(ann, "session.unlock()")["done"]


def test_audience_watches_is_promoted_and_demoted(visit):
    ann = visit("Ann", "#c00000", 440, room_name="stage")
    wim = visit("Wim", "#0000c0", 1000, room_name="stage", join_as="audience")
    assert wim.evaluate("session.interactivityMode") == "audience"
    sees(wim, member(ann), RED)
    hears(wim, 440)
    until(ann, "seen.some(([name, told]) => name === 'room.audienceCount' && told.total === 1)")
    watcher = member(wim)
    assert tried(
        ann, f"session.promote({{memberId: '{watcher}', permissions: ['room.self.audio_mute']}})"
    )["done"]
    until(
        ann,
        "(id) => seen.some(([name, told]) => name === 'member.joined' && told.member.id === id)",
        watcher,
    )
    sees(ann, watcher, BLUE)
    hears(ann, 1000)
    assert "member.promoted" in wim.evaluate("names()")
    assert tried(ann, f"session.demote({{memberId: '{watcher}'}})")["done"]
    until(
        ann,
        "(id) => seen.some(([name, told]) => name === 'member.left' && told.member.id === id)",
        watcher,
    )
    until(wim, "names().includes('member.demoted')")
    hears_nothing_of(ann, 1000)


def test_no_media_leaves_loopback(pair):
    ann, _ = pair
    until(ann, "names().includes('media.connected')")
    sdp = ann.evaluate("session.peer.instance.remoteDescription.sdp")
    candidates = [line.split()[4] for line in sdp.splitlines() if line.startswith("a=candidate")]
    assert candidates
    assert set(candidates) == {"127.0.0.1"}


# Every method of the vendor's reference that a call has, with a use of it by the host; ``bob`` is the guest's id.
METHODS = {
    "getMembers": "session.getMembers()",
    "getLayouts": "session.getLayouts()",
    "setLayout": "session.setLayout({name: '2x1', positions: {self: 'standard-2'}})",
    "setPositions": "session.setPositions({positions: {self: 'auto'}})",
    "setMemberPosition": "session.setMemberPosition({memberId: bob, position: 'auto'})",
    "audioMute": "session.audioMute({memberId: bob})",
    "audioUnmute": "session.audioUnmute({memberId: bob})",
    "videoMute": "session.videoMute({memberId: bob})",
    "videoUnmute": "session.videoUnmute({memberId: bob})",
    "deaf": "session.deaf({memberId: bob})",
    "undeaf": "session.undeaf({memberId: bob})",
    "setInputVolume": "session.setInputVolume({memberId: bob, volume: 10})",
    "setOutputVolume": "session.setOutputVolume({memberId: bob, volume: 10})",
    "setInputSensitivity": "session.setInputSensitivity({memberId: bob, value: 80})",
    "setRaisedHand": "session.setRaisedHand({memberId: bob})",
    "setRaisedHand, lowered": "session.setRaisedHand({memberId: bob, raised: false})",
    "setPrioritizeHandraise": "session.setPrioritizeHandraise(true)",
    "hideVideoMuted": "session.hideVideoMuted()",
    "showVideoMuted": "session.showVideoMuted()",
    "setHideVideoMuted": "session.setHideVideoMuted(false)",
    "lock": "session.lock()",
    "unlock": "session.unlock()",
    "setMeta": "session.setMeta({a: 1})",
    "updateMeta": "session.updateMeta({b: 2})",
    "getMeta": "session.getMeta()",
    "deleteMeta": "session.deleteMeta(['a'])",
    "setMemberMeta": "session.setMemberMeta({memberId: bob, meta: {a: 1}})",
    "updateMemberMeta": "session.updateMemberMeta({memberId: bob, meta: {b: 2}})",
    "getMemberMeta": "session.getMemberMeta({memberId: bob})",
    "deleteMemberMeta": "session.deleteMemberMeta({memberId: bob, keys: ['a']})",
    "promote": "session.promote({memberId: 'nobody'})",
    "demote": "session.demote({memberId: 'nobody'})",
    "sendDigits": "session.sendDigits('1')",
    "startRecording": "session.startRecording().then((made) => { window.recording = made; })",
    "getRecordings": "session.getRecordings()",
    "recording.pause": "recording.pause()",
    "recording.resume": "recording.resume()",
    "recording.stop": "recording.stop()",
    "play": "session.play({url: 'https://example.com/a.mp4', volume: 5}).then((made) => { window.playback = made; })",
    "getPlaybacks": "session.getPlaybacks()",
    "playback.pause": "playback.pause()",
    "playback.resume": "playback.resume()",
    "playback.setVolume": "playback.setVolume(2)",
    "playback.seek": "playback.seek(5000)",
    "playback.forward": "playback.forward(1000)",
    "playback.rewind": "playback.rewind(1000)",
    "playback.stop": "playback.stop()",
    "startStream": "session.startStream({url: 'rtmp://example.com/a'}).then((made) => { window.stream = made.stream ?? made; })",
    "getStreams": "session.getStreams().then(({streams}) => { window.streams = streams; })",
    "stream.stop": "streams.at(-1).stop()",
    "addCamera": "session.addCamera({deviceId: 'default'}).then((made) => made.leave())",
    "addMicrophone": "session.addMicrophone({deviceId: 'default'}).then((made) => made.leave())",
    "addDevice": "session.addDevice({audio: true, video: true}).then((made) => made.leave())",
    "createScreenShareObject": "session.createScreenShareObject({video: true}).then((made) => made.leave())",
    "updateCamera": "device('videoinput').then((deviceId) => session.updateCamera({deviceId}))",
    "updateMicrophone": "device('audioinput').then((deviceId) => session.updateMicrophone({deviceId}))",
    "updateSpeaker": "device('audiooutput').then((deviceId) => session.updateSpeaker({deviceId}))",
    "setLocalStream": "navigator.mediaDevices.getUserMedia({audio: true, video: true}).then((made) => session.setLocalStream(made))",
    "once, off, removeAllListeners": "(async () => { session.once('x', tried); session.off('x'); })()",
    "properties": (
        "(async () => { for (const name of ['active', 'memberId', 'roomId', 'roomSessionId', 'permissions', 'interactivityMode',"
        " 'previewUrl', 'deviceList', 'screenShareList', 'remoteStream', 'localStream', 'cameraId', 'microphoneId'])"
        " if (session[name] === undefined) throw new Error(name); })()"
    ),
}
# Every event that a page can be told of; those of promotion stand in the test of the audience.
EVENTS = {
    *(
        "room.joined",
        "room.updated",
        "room.audienceCount",
        "member.joined",
        "member.left",
        "member.updated",
        "member.talking",
    ),
    *(
        "memberList.updated",
        "layout.changed",
        "recording.started",
        "recording.updated",
        "recording.ended",
    ),
    *(
        "playback.started",
        "playback.updated",
        "playback.ended",
        "stream.started",
        "stream.ended",
        "media.connected",
    ),
    *("camera.updated", "microphone.updated", "speaker.updated"),
}


def test_every_method_and_event_of_the_reference(pair):
    ann, bob = pair
    answers = {
        name: ann.evaluate(f"const bob = '{member(bob)}'; tried({use})")
        for name, use in METHODS.items()
    }
    assert {name: answer for name, answer in answers.items() if not answer["done"]} == {}
    muted = tried(ann, f"session.audioMute({{memberId: '{member(bob)}'}})")
    assert muted["done"], (muted, bob.evaluate("names()")[-5:], bob.errors)
    until(ann, "names().includes('member.talking')")
    bob.evaluate("session.audioUnmute()")
    until(ann, "(wanted) => wanted.every((name) => names().includes(name))", sorted(EVENTS))
    assert ann.errors == []


def test_everybody_is_sent_away_and_the_session_ends(pair, api):
    ann, bob = pair
    live = ann.evaluate("session.roomSessionId")
    assert tried(ann, f"session.removeMember({{memberId: '{member(bob)}'}})") == {
        "done": True,
        "result": None,
    }
    until(bob, "names().includes('room.left')")
    assert tried(ann, "session.removeAllMembers()")["done"]
    until(ann, "names().includes('room.left')")
    assert api.get(f"/room_sessions/{live}").json()["status"] == "completed"
