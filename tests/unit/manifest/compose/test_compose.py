import pytest

from reconciler.core.resources import Origin, Place

HEAD = "apiVersion: reconciler.dev/v1\nkind: {}\nmetadata: {{name: {}}}\nspec: {}\n"


def manifests(*parts):
    return "---\n".join(HEAD.format(*part) for part in parts)


def told(loaded):
    return [
        (problem.place.line, problem.place.column, problem.pointer, problem.message)
        for problem in loaded.problems
    ]


def test_later_wins_and_each_field_knows_where_it_came_from(load_text):
    loaded = load_text(
        manifests(
            ("Preset", "one", "{quality: 720p, layout: 2x2, size: small, theme: dull}"),
            ("Preset", "two", "{quality: 1080p, dark_primary: '#000000'}"),
            ("Theme", "dull", "{dark: {primary: '#111111'}}"),
            (
                "Theme",
                "brand",
                "{dark: {primary: '#222222'}, light: {primary: '#333333', success: '#444444'}}",
            ),
            (
                "Conference",
                "hall",
                "{presets: [one, two], theme: brand, size: large, light_primary: '#555555', display_name: Hall}",
            ),
        )
    )
    (hall,) = loaded.desired
    assert loaded.problems == ()
    assert hall.attributes == {
        "display_name": "Hall",
        "quality": "1080p",
        "layout": "2x2",
        "size": "large",
        "dark_primary": "#222222",
        "light_primary": "#555555",
        "light_success": "#444444",
    }
    assert {name: (origin.place.line, origin.via) for name, origin in hall.origins.items()} == {
        "": (23, ""),
        "metadata.name": (23, ""),
        "presets": (24, ""),
        "theme": (24, ""),
        "display_name": (24, ""),
        "quality": (9, "preset two"),
        "layout": (4, "preset one"),
        "size": (24, ""),
        "dark_primary": (19, "theme brand"),
        "light_primary": (24, ""),
        "light_success": (19, "theme brand"),
    }


def test_a_preset_brings_a_theme(load_text):
    loaded = load_text(
        manifests(
            ("Conference", "hall", "{presets: [branded], display_name: Hall}"),
            ("Preset", "branded", "{theme: brand, dark_primary: '#000000'}"),
            ("Theme", "brand", "{dark: {primary: '#222222'}}"),
        )
    )
    (hall,) = loaded.desired
    assert hall.attributes == {"display_name": "Hall", "dark_primary": "#222222"}
    assert hall.origins["dark_primary"] == Origin(Place("<stdin>", 14, 24), "theme brand")


def test_meta_wins_as_a_whole(load_text):
    loaded = load_text(
        manifests(
            ("Preset", "p", "{meta: {a: 1, b: 2}}"),
            ("Room", "r", "{presets: [p], meta: {a: 3}}"),
            ("Room", "s", "{presets: [p]}"),
        )
    )
    assert [room.attributes for room in loaded.desired] == [
        {"meta": {"a": 3}},
        {"meta": {"a": 1, "b": 2}},
    ]


def test_required_fields_may_come_from_a_preset(load_text):
    parts = ("Preset", "p", "{display_name: Hall}"), ("Preset", "q", "{size: small}")
    assert load_text(manifests(*parts, ("Conference", "hall", "{presets: [p]}"))).problems == ()
    assert told(load_text(manifests(*parts, ("Conference", "hall", "{presets: [q]}")))) == [
        (14, 7, "spec.display_name", "this is required and missing")
    ]


@pytest.mark.parametrize(
    ("preset", "user", "expected"),
    [
        (
            "{enable_chat: true}",
            ("Room", "r", "{presets: [p]}"),
            "preset 'p' sets enable_chat (<stdin>:4:21), which a Room does not have",
        ),
        (
            "{theme: t}",
            ("Room", "r", "{presets: [p]}"),
            "preset 'p' sets theme (<stdin>:4:15), which a Room does not have",
        ),
        (
            "{max_members: 3}",
            ("Conference", "c", "{presets: [p], display_name: x}"),
            "preset 'p' sets max_members (<stdin>:4:21), which a Conference does not have",
        ),
        (
            "{appliesTo: [Conference]}",
            ("Room", "r", "{presets: [p]}"),
            "preset 'p' is for Conference only (<stdin>:4:19), and this is a Room",
        ),
    ],
)
def test_what_a_kind_cannot_take_is_told_where_it_is_used(load_text, preset, user, expected):
    theme = ("Theme", "t", "{dark: {primary: '#222222'}}")
    assert told(load_text(manifests(("Preset", "p", preset), theme, user))) == [
        (14, 18, "spec.presets[0]", expected)
    ]


def test_windows_are_checked_across_fragments(load_text):
    loaded = load_text(
        manifests(
            ("Preset", "p", "{join_until: 2027-01-01}"),
            ("Room", "r", "{presets: [p], join_from: 2027-01-01T00:00:00+00:00}"),
        )
    )
    assert told(loaded) == [
        (
            4,
            20,
            "spec.join_until",
            "join_until of Room/r must be later than join_from (<stdin>:9:33)",
        ),
        (
            9,
            33,
            "spec.join_from",
            "join_from of Room/r must be earlier than join_until (<stdin>:4:20)",
        ),
    ]


def test_sizes_are_checked_where_the_kind_limits_them(load_text):
    preset = ("Preset", "p", "{meta: {a: %s}}" % ("é" * 1992))
    assert load_text(manifests(preset, ("Room", "r", "{presets: [p]}"))).problems == ()
    preset = ("Preset", "p", "{meta: {a: %s}}" % ("é" * 1993))
    assert load_text(manifests(preset)).problems == ()
    assert told(load_text(manifests(preset, ("Room", "r", "{presets: [p]}")))) == [
        (
            4,
            14,
            "spec.meta",
            "this is 2,001 characters long when serialised as JSON; at most 2,000 are allowed",
        )
    ]


def test_unknown_fragments(load_text):
    parts = (
        ("Preset", "webinar", "{theme: brnad}"),
        ("Theme", "brand", "{dark: {primary: '#222222'}}"),
    )
    user = (
        "Conference",
        "c",
        "{presets: [webinra, brand, webinar], theme: nothing-like-it, display_name: x}",
    )
    assert told(load_text(manifests(*parts, user))) == [
        (
            4,
            15,
            "spec.theme",
            "there is no Theme 'brnad' in these manifests; did you mean 'brand'?",
        ),
        (
            14,
            18,
            "spec.presets[0]",
            "there is no Preset 'webinra' in these manifests; did you mean 'webinar'?",
        ),
        (14, 27, "spec.presets[1]", "'brand' is a Theme, not a Preset"),
        (14, 51, "spec.theme", "there is no Theme 'nothing-like-it' in these manifests"),
    ]


def test_nothing_is_called_unknown_while_part_of_the_manifests_cannot_be_read(load_text):
    broken = manifests(("Room", "r", "{presets: [p]}")) + "---\na: [\n"
    assert [problem.place.line for problem in load_text(broken).problems] == [6]


def test_a_wrong_value_in_a_preset_is_told_once(load_text):
    loaded = load_text(
        manifests(
            ("Preset", "p", "{max_members: 0}"),
            ("Room", "r", "{presets: [p]}"),
            ("Room", "s", "{presets: [p]}"),
        )
    )
    assert told(loaded) == [(4, 21, "spec.max_members", "0 is outside 1 to 300")]
