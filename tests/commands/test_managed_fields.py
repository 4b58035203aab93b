"""Only declared fields are managed, wherever they are declared, and each environment on its own."""

from pathlib import Path

import pytest

from tests.commands.words import MANIFESTS, conference, counts, manifest, room


def test_only_declared_fields_are_managed(apply, done, space):
    apply(room("lobby", layout="2x2"))
    space.change("Room", "lobby", quality="1080p", description="by hand", meta={"a": 1})

    shown = done("plan", MANIFESTS, "--detailed-exitcode").out
    assert shown.endswith("\nNo changes: 1 resource matches.\n")
    apply(room("lobby", layout="3x3"))
    lobby = space.get("Room", "lobby")
    assert {name: lobby[name] for name in ("layout", "quality", "description", "meta")} == {
        "layout": "3x3",
        "quality": "1080p",
        "description": "by hand",
        "meta": {"a": 1},
    }


@pytest.mark.parametrize(
    ("field", "value", "default"),
    [
        ("layout", "2x2", "grid-responsive"),
        ("quality", "1080p", "720p"),
        ("max_members", 5, 20),
        ("display_name", "Entrance", "lobby"),
        ("record_on_start", True, False),
        ("enable_room_previews", True, False),
        ("description", "by the door", ""),
        ("meta", {"a": {"b": 1}}, {}),
    ],
)
def test_a_field_declared_no_longer_goes_back_to_its_default_and_is_then_forgotten(
    apply, declare, plan, done, space, field, value, default
):
    apply(room("lobby", **{field: value}))
    declare(room("lobby"))

    assert [
        (change["path"], change["after"], change["origin"])
        for change in plan()["actions"][0]["changes"]
    ] == [(field, default, "released")]
    done("apply", MANIFESTS, "--yes")
    assert space.get("Room", "lobby")[field] == default
    space.change("Room", "lobby", **{field: value})
    assert plan()["summary"] == counts(noop=1)


def test_presets_a_theme_and_the_own_spec_win_in_this_order_and_each_change_tells_its_line(
    declare, plan, space
):
    declare(
        manifest("Preset", "wall", quality="1080p", layout="5up", size="small"),
        manifest("Preset", "show", layout="3x3", dark_primary="#111111"),
        manifest("Theme", "brand", dark={"primary": "#222222", "background": "#333333"}),
        conference(
            "hall", presets=["wall", "show"], theme="brand", size="large", dark_background="#444444"
        ),
    )

    changes = {
        change["path"]: (change["after"], change.get("declared_via"))
        for change in plan()["actions"][0]["changes"]
    }

    assert changes == {
        "display_name": ("Hall", None),
        "quality": ("1080p", "preset wall"),
        "layout": ("3x3", "preset show"),
        "size": ("large", None),
        "dark_primary": ("#222222", "theme brand"),
        "dark_background": ("#444444", None),
    }
    assert space.writes == []


def test_a_change_in_a_preset_reaches_all_who_use_it_and_tells_the_line_of_the_preset(
    apply, declare, plan, space
):
    preset, users = (
        manifest("Preset", "wall", layout="2x2"),
        [room("a", presets=["wall"]), conference("b", presets=["wall"]), room("c")],
    )
    apply(preset, *users)
    declare(manifest("Preset", "wall", layout="3x3"), *users)

    changes = [
        (one["name"], change["before"], change["after"], change["declared_at"])
        for one in plan()["actions"]
        for change in one["changes"]
    ]

    assert changes == [
        ("b", "2x2", "3x3", "rooms.yaml:8:13"),
        ("a", "2x2", "3x3", "rooms.yaml:8:13"),
    ]
    assert len(space.writes) == 3


def test_a_room_and_a_conference_of_one_name_are_two(apply, space, plan):
    apply(room("hall"), conference("hall"))

    assert space.names() == {"Room/hall", "Conference/hall"}
    assert plan()["summary"] == counts(noop=2)


def test_an_environment_has_its_own_space_variables_and_record(done, declare, space):
    Path("reconciler.yaml").write_text(
        "environments:\n"
        "  dev: {space: local, vars: {city: Oslo}}\n"
        "  prod: {space: '${env:SIGNALWIRE_SPACE}', project_id: '${env:SIGNALWIRE_PROJECT_ID}', "
        "api_token: '${env:SIGNALWIRE_API_TOKEN}', vars: {city: Lisbon}}\n",
        encoding="utf-8",
    )
    declare(room("lobby", display_name="${var:city}"))

    done("apply", MANIFESTS, "--env", "dev", "--yes")
    assert space.writes == []
    done("apply", MANIFESTS, "--env", "prod", "--yes")

    assert space.get("Room", "lobby")["display_name"] == "Lisbon"
    assert sorted(path.name for path in Path(".reconciler").glob("*.state.json")) == [
        "dev.state.json",
        "prod.state.json",
    ]


def test_a_trial_on_the_local_space_never_mixes_with_a_real_one(done, declare, plan, space):
    declare(room("lobby"))
    done("apply", MANIFESTS, "--space", "local", "--yes")

    assert plan()["summary"] == counts(create=1)
    assert space.writes == []
