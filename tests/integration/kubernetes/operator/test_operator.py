"""The operator against a real API server: what is declared is in the Space, and every guard holds."""

import pytest

from tests.integration.kubernetes.api import Refusal
from tests.integration.kubernetes.operator.running import until

PATH_OF_STREAMS = "/api/video/rooms/{}/streams"


@pytest.fixture
def main(declared, live, operator):
    """A Space ``main`` with an operator that looks after it."""
    declared.space("main", live)
    operator.start()
    return declared


def test_what_is_declared_is_made_and_ready(main, live):
    main.make("Preset", "webinar", layout="2x2", max_members=20)
    main.room("lobby", presets=["webinar"], max_members=30)
    main.make(
        "Conference",
        "hall",
        spaceRef={"name": "main"},
        roomName="Town_Hall",
        display_name="Town Hall",
    )

    main.wait("lobby", "Ready", "True Available")
    main.wait("hall", "Ready", "True Available", kind="Conference")

    room = live.rooms["lobby"]
    assert (room["layout"], room["max_members"]) == ("2x2", 30)
    status = main.get("lobby")["status"]
    assert (status["id"], status["name"], status["protect"]) == (room["id"], "lobby", False)
    assert main.condition("lobby", "Synced") == "True Synced"
    assert main.condition("lobby", "Drifted") == "False AsDeclared"
    assert main.condition("lobby", "Stalled") == "False Synced"
    main.wait("main", "Ready", "True Reconciled", kind="Space")
    until(lambda: main.get("main", "Space")["status"].get("managed") == 2)


@pytest.mark.long
def test_a_changed_preset_changes_what_uses_it(main, live):
    main.make("Preset", "look", layout="2x2")
    main.room("a", presets=["look"])
    main.wait("a", "Ready", "True Available")

    main.set("look", "Preset", layout="5x5")

    until(lambda: live.rooms["a"]["layout"] == "5x5")


@pytest.mark.long
def test_a_wrong_one_stops_itself_only(main, live):
    main.room("right")
    main.room("wrong", presets=["missing"])

    main.wait("right", "Ready", "True Available")
    main.wait("wrong", "Synced", "False Invalid")
    assert "there is no Preset 'missing'" in main.message("wrong")
    assert main.condition("wrong", "Stalled") == "True Invalid"
    assert set(live.rooms) == {"right"}


@pytest.mark.long
def test_a_managed_one_that_becomes_wrong_keeps_what_it_has(main, live):
    main.room("a", layout="2x2")
    main.room("b")
    main.wait("a", "Ready", "True Available")

    main.set("a", presets=["missing"], layout="5x5")
    main.wait("a", "Synced", "False Invalid")

    assert main.condition("a", "Ready") == "True Available"
    assert live.rooms["a"]["layout"] == "2x2"


def test_deletion_deletes_and_retain_forgets(main, live):
    for name in ("a", "b", "c", "d"):
        main.room(name)
    main.wait("d", "Ready", "True Available")
    main.set("b", deletionPolicy="Retain")

    main.delete("a")
    main.delete("b")

    until(lambda: main.names() == {"c", "d"})
    assert set(live.rooms) == {"b", "c", "d"}


@pytest.mark.long
def test_a_room_protected_a_minute_ago_is_not_deleted(main, live):
    main.room("a")
    main.room("b")
    main.wait("a", "Ready", "True Available")
    main.set("a", protect=True)

    with pytest.raises(Refusal, match="is protected: set spec"):
        main.delete("a")
    main.wait("a", "Ready", "True Available")
    until(lambda: main.get("a")["status"]["protect"] is True)


@pytest.mark.long
def test_a_refused_deletion_waits_and_goes_on_when_its_reason_is_gone(main, live):
    for name in ("a", "b", "c"):
        main.room(name)
    main.wait("a", "Ready", "True Available")
    session = live.enter("a")
    main.delete("a")

    main.wait("a", "Ready", "False DeletionRefused")
    assert "live session" in main.message("a")
    assert "a" in live.rooms

    live.leave(session)
    until(lambda: main.names() == {"b", "c"})
    assert set(live.rooms) == {"b", "c"}


@pytest.mark.long
def test_deleting_all_is_refused_until_the_space_consents_once(main, live):
    for name in ("a", "b", "c"):
        main.room(name)
    main.wait("c", "Ready", "True Available")
    main.annotate("main", "Space", paused="true")
    main.wait("main", "Ready", "True Paused", kind="Space")
    for name in ("a", "b", "c"):
        main.delete(name)
    main.annotate("main", "Space", paused=None)

    main.wait("a", "Ready", "False DeletionRefused")
    assert "all 3 managed Rooms would be deleted" in main.message("a")
    assert set(live.rooms) == {"a", "b", "c"}

    main.annotate("main", "Space", allow_delete="3")
    until(lambda: not main.names())
    assert not live.rooms
    until(
        lambda: (
            "reconciler.dev/allow-delete"
            not in main.get("main", "Space")["metadata"].get("annotations", {})
        )
    )


@pytest.mark.long
def test_adoption_needs_consent_and_retained_ones_come_back_with_it(main, live):
    identity = live.make("lobby", layout="5x5")
    main.room("lobby", layout="2x2")

    main.wait("lobby", "Synced", "False Refused")
    assert "was not created by this tool" in main.message("lobby")
    assert live.rooms["lobby"]["layout"] == "5x5"

    main.set("lobby", adoptionPolicy="IfExists")
    main.wait("lobby", "Ready", "True Available")
    assert live.rooms["lobby"]["layout"] == "2x2"
    assert main.get("lobby")["status"]["id"] == identity


@pytest.mark.long
def test_a_stranger_with_a_refused_claim_is_never_deleted(main, live):
    live.make("lobby")
    main.room("lobby")
    main.wait("lobby", "Synced", "False Refused")

    main.delete("lobby")

    until(lambda: not main.names())
    assert set(live.rooms) == {"lobby"}


def test_the_room_name_renames_in_place(main, live):
    main.room("lobby")
    main.wait("lobby", "Ready", "True Available")
    identity = live.rooms["lobby"]["id"]

    main.set("lobby", roomName="Front_Door")

    until(lambda: "Front_Door" in live.rooms)
    assert live.rooms["Front_Door"]["id"] == identity
    main.wait("lobby", "Ready", "True Available")
    assert main.get("lobby")["status"]["name"] == "Front_Door"


@pytest.mark.long
def test_of_two_claimants_the_older_has_it(main, live):
    main.room("first", roomName="lobby", layout="2x2")
    main.wait("first", "Ready", "True Available")
    main.room("second", roomName="lobby", layout="5x5")

    main.wait("second", "Ready", "False Conflict")
    assert "Room/first has 'lobby'" in main.message("second")
    assert live.rooms["lobby"]["layout"] == "2x2"

    main.delete("second")
    until(lambda: main.names() == {"first"})
    assert set(live.rooms) == {"lobby"}


@pytest.mark.long
def test_a_paused_room_is_left_alone_and_says_so(main, live):
    main.room("a", layout="2x2")
    main.wait("a", "Ready", "True Available")
    main.annotate("a", paused="true")
    main.wait("a", "Synced", "False Paused")

    main.set("a", layout="5x5")
    main.wait("a", "Synced", "False Paused")
    assert live.rooms["a"]["layout"] == "2x2"

    main.annotate("a", paused=None)
    main.wait("a", "Synced", "True Synced")
    assert live.rooms["a"]["layout"] == "5x5"


@pytest.mark.long
def test_what_is_only_observed_is_never_written(main, live):
    live.make("lobby", layout="5x5")
    main.room("lobby", managementPolicy="Observe", layout="2x2")
    main.room("gone", managementPolicy="Observe")

    main.wait("lobby", "Synced", "False DriftReported")
    main.wait("gone", "Ready", "False Missing")
    assert main.get("lobby")["status"]["drift"] == [
        {"field": "layout", "declared": "2x2", "live": "5x5"}
    ]
    main.delete("lobby")
    until(lambda: main.names() == {"gone"})
    assert live.rooms["lobby"]["layout"] == "5x5"


@pytest.mark.long
def test_drift_is_put_back_with_an_event(main, live):
    main.room("a", layout="2x2")
    main.wait("a", "Ready", "True Available")

    live.change("a", layout="5x5")

    until(lambda: live.rooms["a"]["layout"] == "2x2")
    main.wait("a", "Drifted", "False Corrected")
    (event,) = [one for one in main.events("a") if one["reason"] == "ChangedOutside"]
    assert event["message"] == 'layout is "5x5" and declared "2x2"; restored'


@pytest.mark.long
def test_drift_is_reported_only_where_the_space_says_so(declared, live, operator):
    declared.space("main", live, driftPolicy="Report")
    declared.room("a", layout="2x2")
    operator.start()
    declared.wait("a", "Ready", "True Available")

    live.change("a", layout="5x5")

    declared.wait("a", "Synced", "False DriftReported")
    declared.wait("a", "Drifted", "True ChangedOutside")
    assert declared.condition("a", "Ready") == "True Available"
    assert live.rooms["a"]["layout"] == "5x5"
    declared.set("a", layout="3x3")
    until(lambda: live.rooms["a"]["layout"] == "3x3")


def test_the_url_of_a_stream_comes_from_a_secret_and_is_shown_nowhere(main, live, operator):
    url = "rtmp://live.example.com/app/very-secret-key"
    main.room("a", streams=[{"urlFrom": {"secretKeyRef": {"name": "rtmp", "key": "url"}}}])
    main.wait("a", "Synced", "False Invalid")
    assert "Secret 'rtmp'" in main.message("a")

    main.secret("rtmp", url=url)
    main.annotate("a", nudge="1")

    main.wait("a", "Ready", "True Available")
    identity = live.rooms["a"]["id"]
    streams = live._client.get(PATH_OF_STREAMS.format(identity), auth=live._auth).json["data"]
    assert [one["url"] for one in streams] == [url]
    assert "very-secret-key" not in f"{main.get('a')}{main.events('a')}{operator.log}"


def test_a_session_that_was_seen_refuses_the_deletion_itself(main, live):
    main.room("a")
    main.room("b")
    main.wait("a", "Ready", "True Available")
    session = live.enter("a")
    main.annotate("main", "Space", nudge="1")
    # A pass asks for no members: the answer about the room names its session only.
    until(lambda: main.get("a")["status"].get("session", {}).get("id") == session)

    with pytest.raises(Refusal, match="Room/a has a session in progress"):
        main.delete("a")

    live.leave(session)
    main.annotate("main", "Space", nudge="2")
    until(lambda: "session" not in main.get("a")["status"])
    main.delete("a")
    until(lambda: main.names() == {"b"})


@pytest.mark.long
def test_a_room_without_its_space_says_so_until_the_space_comes(declared, live, operator):
    operator.start()
    declared.room("a")
    declared.wait("a", "Ready", "False SpaceMissing")
    assert "the Space 'main' is not there" in declared.message("a")

    declared.space("main", live)

    declared.wait("a", "Ready", "True Available")
    assert declared.condition("a", "Synced") == "True Synced"


@pytest.mark.long
def test_kubectl_waits_and_shows_the_reason(main, live, kubectl):
    main.room("right")
    main.room("wrong", presets=["missing"])
    where = ("--namespace", main.namespace)
    kubectl("wait", "--for=condition=Ready", "room/right", "--timeout=170s", *where, timeout=200)
    kubectl("wait", "--for=condition=Stalled", "room/wrong", "--timeout=170s", *where, timeout=200)

    lines = kubectl("get", "rooms.reconciler.dev", "-o", "wide", "--no-headers", *where)
    columns = {line.split()[0]: line.split() for line in lines.splitlines()}
    assert columns["right"][1:4] == ["main", "True", "True"]
    assert columns["right"][-1] == live.rooms["right"]["id"]
    assert "Invalid" in columns["wrong"]


@pytest.mark.long
def test_a_space_outlives_its_rooms_and_then_goes(main, live):
    main.room("a")
    main.wait("a", "Ready", "True Available")
    main.delete("main", "Space")
    main.delete("main-credentials", "Secret")

    main.wait("main", "Ready", "False InUse", kind="Space")
    main.delete("a")

    until(lambda: not main.names("Space"))
    until(lambda: "main-credentials" not in main.names("Secret"))
    assert not live.rooms
