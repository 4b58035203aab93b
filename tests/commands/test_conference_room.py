"""The kind ConferenceRoom through every command, as a Room goes through them; and one room that two kinds show."""

import json
from pathlib import Path

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import (
    MANIFESTS,
    actions,
    conference,
    fabric_room,
    flags_in,
    manifest,
    room,
)

COLLECTION = "/api/fabric/resources/conference_rooms"
STAGE = "ConferenceRoom/stage"
KEEP = (room("kept"), fabric_room("kept-too"))
# What manages one face of a room: its address, and that of the other face.
FACES = {room: ("Room/stage", STAGE), fabric_room: (STAGE, "Room/stage")}


def requests_to_fabric(space):
    return [one for one in space.space.requests if one.path.startswith("/api/fabric")]


def test_it_is_planned_applied_changed_and_destroyed(apply, declare, done, plan, space):
    declare(fabric_room("stage", layout="3x3"))
    assert actions(plan()) == [("create", STAGE, ["layout", "enable_room_previews"])]
    apply(fabric_room("stage", layout="3x3"))
    assert done("plan", MANIFESTS, "--detailed-exitcode").code == 0

    declare(fabric_room("stage", layout="5x5"))
    assert actions(plan()) == [("update", STAGE, ["layout", "sync_audio_video"])]
    apply(fabric_room("stage", layout="5x5"))
    there = space.get("ConferenceRoom", "stage")
    assert (there["layout"], there["sync_audio_video"]) == ("5x5", False)

    done("destroy", "--yes")
    assert space.names() == set()


def test_drift_is_seen_pulled_and_undone(apply, done, reconciler, space):
    apply(fabric_room("stage", layout="3x3", quality="1080p"))
    space.change("ConferenceRoom", "stage", layout="5x5", quality="720p")

    result = reconciler("drift", MANIFESTS, "--format", "json")
    (drifted,) = result.json["drift"]
    assert (result.code, {change["path"] for change in drifted["changes"]}) == (
        2,
        {"layout", "quality"},
    )
    done("pull", STAGE, MANIFESTS, "--yes")
    assert json.loads(Path(MANIFESTS).read_text())["spec"]["layout"] == "5x5"
    assert done("plan", MANIFESTS, "--detailed-exitcode").code == 0
    apply(fabric_room("stage", layout="3x3", quality="1080p"))
    assert space.get("ConferenceRoom", "stage")["layout"] == "3x3"


@pytest.mark.parametrize("arguments", [[STAGE], ["--all"], ["--matching", "sta*"]])
def test_it_is_imported(done, space, arguments):
    space.create("ConferenceRoom", name="stage", layout="8x8", meta={"team": "growth"})

    done("import", *arguments, "--out", "imported")

    text = Path("imported/conference_rooms/stage.yaml").read_text()
    assert "kind: ConferenceRoom" in text
    assert "layout: 8x8" in text
    assert done("plan", "imported", "--detailed-exitcode").code == 0


def test_it_is_renamed_in_place(apply, done, declare, space):
    apply(fabric_room("stage"))
    before = space.get("ConferenceRoom", "stage")["id"]

    apply(fabric_room("arena", renamed_from="stage"))

    assert space.get("ConferenceRoom", "arena")["id"] == before


def test_it_is_protected(apply, declare, refused):
    apply(fabric_room("stage", protect=True), fabric_room("other"))
    declare(fabric_room("other"))

    assert f"{STAGE} is protected" in refused()


def test_people_in_it_are_not_thrown_out(apply, declare, refused, done, space):
    apply(fabric_room("stage"), fabric_room("other"), room("stage"))
    space.space.start_session("ConferenceRoom", "stage", members=3)
    declare(fabric_room("other"), room("stage"))

    message = refused()

    assert flags_in(message) == [f"--allow-live {STAGE}"]
    assert "3 members" in message
    done("apply", MANIFESTS, "--yes", "--allow-live", STAGE)


def test_its_session_does_not_stop_a_room_of_the_same_name(apply, declare, done, space):
    """The session names the room inside the Fabric resource, which is no Room of the list."""
    apply(fabric_room("stage"), room("stage"), room("other"))
    space.space.start_session("Room", "stage", members=3)
    declare(room("stage"), room("other"))

    done("apply", MANIFESTS, "--yes")

    assert space.names() == {"Room/stage", "Room/other"}


def test_its_previews_are_shown(apply, done, space):
    apply(fabric_room("stage", enable_room_previews=True), fabric_room("quiet"))
    space.space.start_session("ConferenceRoom", "stage", members=2)

    out = done("previews").out

    assert "stage" in out
    assert "2" in out
    done("previews", "--save", "pictures")
    assert [path.suffix for path in Path("pictures").iterdir()] == [".webp"]


def test_a_saved_plan_is_applied_or_refused(apply, declare, done, reconciler, space):
    apply(fabric_room("stage", layout="3x3"))
    declare(fabric_room("stage", layout="5x5"))
    done("plan", MANIFESTS, "--out", "plan.json")
    space.change("ConferenceRoom", "stage", description="theirs")
    assert reconciler("apply", "--plan", "plan.json").code == 3
    done("plan", MANIFESTS, "--out", "plan.json")
    done("apply", "--plan", "plan.json")
    there = space.get("ConferenceRoom", "stage")
    assert (there["layout"], there["description"]) == ("5x5", "theirs")


@pytest.mark.parametrize("form", ["markdown", "html", "json", "text"])
def test_reports_show_it(declare, done, space, form):
    declare(fabric_room("stage", layout="3x3"))
    assert "stage" in done("plan", MANIFESTS, "--format", form).out


@pytest.mark.parametrize("form", ["junit", "sarif", "markdown", "html"])
def test_reports_of_drift_show_it(apply, reconciler, space, form):
    apply(fabric_room("stage", layout="3x3"))
    space.change("ConferenceRoom", "stage", layout="5x5")
    result = reconciler("drift", MANIFESTS, "--format", form)
    assert (result.code, "ConferenceRoom/stage" in result.out) == (2, True)


def test_it_is_explained_and_in_the_schemas(done):
    assert "grid-responsive" in done("explain", "ConferenceRoom.layout").out
    assert done("schema", "ConferenceRoom").json["title"] == "ConferenceRoom"
    assert "conference-room" in done("schema").out


def test_show_lists_its_addresses(apply, done, space):
    apply(fabric_room("stage"))
    out = done("show", STAGE).out
    assert "addresses[0]" in out
    shown = done("show", STAGE, "--format", "json").out
    assert "/public/stage?channel=video" in shown


def test_it_uses_presets_and_is_refused_a_field_it_lacks(declare, done, reconciler):
    preset = manifest("Preset", "webinar", layout="3x3", appliesTo=["ConferenceRoom"])
    declare(preset, fabric_room("stage", presets=["webinar"]))
    done("apply", MANIFESTS, "--yes", "--space", "local")
    declare(manifest("Preset", "big", size="large"), fabric_room("stage", presets=["big"]))
    result = reconciler("validate", MANIFESTS)
    assert (result.code, "size" in result.out + result.err) == (1, True)


# Requests


def test_a_project_without_one_sends_no_request_for_it(apply, declare, done, reconciler, space):
    apply(room("lobby"), conference("hall"))
    declare(room("lobby", layout="3x3"), conference("hall"))
    done("plan", MANIFESTS)
    done("apply", MANIFESTS, "--yes")
    reconciler("drift", MANIFESTS)
    done("show")
    done("destroy", "--yes")
    assert requests_to_fabric(space) == []


def test_what_is_unmanaged_is_asked_for_by_its_flag_alone(apply, done, plan, reconciler, space):
    space.create("ConferenceRoom", name="theirs")
    apply(room("lobby"))
    assert plan("--unmanaged")["unmanaged"] == ["ConferenceRoom/theirs"]
    assert "theirs" in reconciler("drift", MANIFESTS, "--unmanaged").out
    done("pull", MANIFESTS, "--add", "ConferenceRoom/theirs", "--yes")


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("command", [["import", "--all", "--out", "i"], ["plan", "--unmanaged"]])
def test_a_space_without_it_stops_no_run_that_does_not_use_it(apply, done, space, status, command):
    apply(room("lobby"))
    space.space.knobs = Settings(faults=(Fault(path_regex="conference_rooms", status=status),))
    result = done(*command)
    assert "ConferenceRoom" in result.out + result.err


def test_a_token_without_its_scope_is_told_which_it_needs(declare, reconciler, space):
    declare(fabric_room("stage"))
    space.space.knobs = Settings(faults=(Fault(path_regex="conference_rooms", status=403),))
    result = reconciler("plan", MANIFESTS)
    assert result.code == 1
    assert "voice or messaging or fax or video" in result.err


# One room, two kinds


@pytest.fixture
def twice(space):
    space.space.knobs = Settings(one_room="shown")
    return space


def test_import_writes_one_of_the_two_and_says_what_it_left(twice, done):
    twice.create("ConferenceRoom", name="stage")

    result = done("import", "--all", "--out", "imported")

    assert [path.as_posix() for path in sorted(Path("imported").rglob("*.yaml"))] == [
        "imported/conference_rooms/stage.yaml"
    ]
    told = result.out + result.err
    assert "Room/stage: it is the same room as ConferenceRoom/stage (their ids are equal)" in told
    assert done("plan", "imported", "--detailed-exitcode").code == 0
    again = done("import", "--all", "--out", "imported")
    assert "managed or declared already" in again.out + again.err


def test_the_second_face_of_a_managed_room_is_not_adopted(twice, apply, declare, refused):
    apply(fabric_room("stage"))
    declare(fabric_room("stage"), room("stage"))

    message = refused("--adopt", "Room/stage")

    assert "is the same room as ConferenceRoom/stage" in message
    assert "reconciler state rm ConferenceRoom/stage" in message


@pytest.mark.parametrize("proven", [True, False])
@pytest.mark.parametrize("own", [room, fabric_room])
def test_import_of_the_second_face_by_its_name_leaves_it_and_says_why(
    space, apply, done, own, proven
):
    space.space.knobs = Settings(one_room="shown" if proven else "apart")
    first, second = FACES[own]
    space.create("ConferenceRoom", name="stage")
    if not proven:
        space.create("Room", name="stage")
    apply(own("stage"), *KEEP, flags=("--adopt", first))

    result = done("import", second, "--out", "imported")

    told = result.out + result.err
    relation = "is the same room as" if proven else "may be the same room as"
    assert f"{second}: it {relation} {first}" in told
    assert "and is managed or declared already" in told
    assert not list(Path().rglob("imported/**/*.yaml"))


@pytest.mark.parametrize("proven", [True, False])
@pytest.mark.parametrize("own", [room, fabric_room])
def test_the_second_face_is_not_added_to_the_files(space, apply, reconciler, own, proven):
    """Neither of a managed room, nor of one that another document declares."""
    space.space.knobs = Settings(one_room="shown" if proven else "apart")
    first, second = FACES[own]
    space.create("ConferenceRoom", name="stage")
    if not proven:
        space.create("Room", name="stage")
    apply(own("stage"), *KEEP, flags=("--adopt", first))
    before = Path(MANIFESTS).read_bytes()

    result = reconciler("pull", MANIFESTS, "--add", second, "--yes")

    assert result.code == 1
    assert f"--add {second}: it " in result.err
    assert f"the same room as {first}" in result.err
    assert "is managed or declared already" in result.err
    assert Path(MANIFESTS).read_bytes() == before


def test_of_two_faces_the_wrapper_is_added_alone(twice, apply, reconciler, done):
    apply(*KEEP)
    twice.create("ConferenceRoom", name="stage")

    result = reconciler("pull", MANIFESTS, "--add", "Room/stage", "--add", STAGE, "--yes")

    assert result.code == 1
    assert "--add Room/stage: it is the same room as ConferenceRoom/stage" in result.err
    assert "is added" in result.err
    done("pull", MANIFESTS, "--add", STAGE, "--yes")
    assert STAGE in done("apply", MANIFESTS, "--yes", "--adopt", STAGE).out


@pytest.mark.parametrize("targets", [[], ["--target", "Room/stage"]])
def test_a_target_does_not_hide_the_other_face(twice, apply, declare, refused, targets):
    apply(fabric_room("stage"))
    declare(fabric_room("stage"), room("stage"))

    assert "is the same room" in refused("--adopt", "Room/stage", *targets)


def test_a_room_moves_from_one_kind_to_the_other(twice, apply, declare, done):
    twice.create("ConferenceRoom", name="stage")
    declare(room("stage"))
    done("apply", MANIFESTS, "--yes", "--adopt", "Room/stage")
    done("state", "rm", "Room/stage")
    declare(fabric_room("stage"))

    done("apply", MANIFESTS, "--yes", "--adopt", STAGE)

    assert "ConferenceRoom/stage" in done("state", "list").out
