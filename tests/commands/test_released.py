"""A field that is no longer declared: what it goes back to where that is documented, and the live value where it is not."""

import json

import pytest

from tests.commands.words import MANIFESTS, conference, room

KEPT = {
    "Conference": {
        "tone_on_entry_and_exit": True,
        "room_join_video_off": True,
        "user_join_video_off": True,
        "record_on_start": True,
        "enable_room_previews": True,
        "join_from": "2027-01-01T00:00:00Z",
        "join_until": "2028-01-01T00:00:00Z",
    },
    "Room": {
        "join_from": "2027-01-01T00:00:00Z",
        "join_until": "2028-01-01T00:00:00Z",
        "remove_at": "2029-01-01T00:00:00Z",
        "remove_after_seconds_elapsed": 60,
        "sync_audio_video": True,
    },
}
GIVEN_BACK = {
    "Conference": {
        "description": ("x", ""),
        "size": ("large", "medium"),
        "quality": ("1080p", "720p"),
        "enable_chat": (False, True),
    },
    "Room": {
        "description": ("x", ""),
        "meta": ({"k": 1}, {}),
        "max_members": (5, 20),
        "display_name": ("A", "a"),
        "record_on_start": (True, False),
    },
}
KIND_OF = {"Room": room, "Conference": conference}


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, fields in KEPT.items() for field in fields]
)
def test_without_a_documented_default_the_live_value_stays_and_is_told(
    apply, declare, done, reconciler, space, kind, field
):
    make, value = KIND_OF[kind], KEPT[kind][field]
    apply(make("a", **{field: value}))
    declare(make("a"))
    ran = reconciler("plan", MANIFESTS, "--detailed-exitcode")
    assert (ran.code, "kept as they are" in ran.out, f"{kind}/a {field} stays" in ran.out) == (
        0,
        True,
        True,
    )
    told = done("plan", MANIFESTS, "--format", "json").json["left_as_is"]
    assert told == [{"kind": kind, "name": "a", "path": field, "value": value}]
    done("apply", MANIFESTS, "--yes")
    assert space.get(kind, "a")[field] == value
    assert "kept as they are" not in done("plan", MANIFESTS).out
    space.change(
        kind, "a", **{field: KEPT[kind][field] if not isinstance(value, bool) else not value}
    )
    assert reconciler("drift", MANIFESTS).code == 0  # it is managed no longer


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, fields in GIVEN_BACK.items() for field in fields]
)
def test_what_is_documented_is_given_back_and_no_request_holds_null(
    apply, declare, done, serving, kind, field
):
    space = serving(clear="refused")
    make, (value, back) = KIND_OF[kind], GIVEN_BACK[kind][field]
    apply(make("a", **{"display_name": "a", field: value}))
    declare(make("a") if field == "display_name" else make("a", display_name="a"))
    done("apply", MANIFESTS, "--yes")
    assert space.get(kind, "a")[field] == back
    assert [
        one
        for one in space.space.requests
        if one.method != "GET" and "null" in json.dumps(one.body)
    ] == []
    assert done("plan", MANIFESTS, "--detailed-exitcode").code == 0


def test_a_null_that_a_manifest_declares_is_sent_as_what_means_nothing(
    apply, declare, done, serving
):
    space = serving(clear="refused")
    apply(room("a", description="x", meta={"k": 1}))
    declare(room("a", description=None, meta=None))
    done("apply", MANIFESTS, "--yes")
    assert [space.get("Room", "a")[field] for field in ("description", "meta")] == ["", {}]
    assert done("plan", MANIFESTS, "--detailed-exitcode").code == 0


@pytest.mark.parametrize("value", [True, False])
def test_an_import_writes_what_has_no_documented_default(done, space, value):
    made = space.create("Conference", display_name="Hall", name="hall")
    fields = (
        "tone_on_entry_and_exit",
        "room_join_video_off",
        "user_join_video_off",
        "record_on_start",
        "enable_room_previews",
    )
    space.change("Conference", "hall", **dict.fromkeys(fields, value))
    done("import", "Conference/hall", "--out", "imported")
    from pathlib import Path  # noqa: PLC0415

    text = next(Path("imported").rglob("hall.yaml")).read_text(encoding="utf-8")
    assert [field for field in fields if f"{field}: {str(value).lower()}" not in text] == []
    assert made["id"] not in text


def test_an_import_says_of_a_room_made_when_its_session_began_that_it_may_go(done, space):
    space.create("Room", name="made-by-a-token")
    space.space.start_session("Room", "made-by-a-token", members=2)
    space.create("Room", name="empty")
    said = done("import", "--all", "--out", "imported").out
    assert "perhaps by a room token" in said
    assert "Room/made-by-a-token" in said.partition("perhaps by a room token")[2]
    assert "Room/empty" not in said
