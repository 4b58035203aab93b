from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.export import (
    Draft,
    document_of,
    in_order,
    to_manifest,
    with_references,
    without,
    without_secrets,
)
from reconciler.core.resources import Address, Secret
from reconciler.core.secret_texts import NO_SECRETS, SecretTexts
from reconciler.engine.importer.common_fragments import (
    Suggestion,
    common,
    shared,
    suggested,
    suggestions,
)
from tests.effort import examples
from tests.unit.core.worlds import KINDS, UNDOCUMENTED, live

NEST = []
for _ in range(60):
    NEST = [NEST]


def spec(kind="Room", *, full=False, streams=(), **attributes):
    return to_manifest(KINDS, live(kind, "a", 1, streams=streams, **attributes), full=full).spec


def drafts(*specs, kind="Room"):
    return [
        Draft(Address(kind, f"{kind[0].lower()}-{number}"), one) for number, one in enumerate(specs)
    ]


def test_only_what_differs_from_the_defaults_is_declared():
    assert spec() == {}
    assert spec(layout="grid-responsive", quality="1080p", display_name="a", max_members=20.0) == {
        "quality": "1080p"
    }


def test_what_a_manifest_must_have_is_declared_whatever_it_is():
    assert spec("Conference", display_name="a") == {"display_name": "a", **UNDOCUMENTED}


def test_a_value_whose_default_is_not_documented_is_declared_unless_it_is_unset():
    assert spec("Conference", display_name="a", record_on_start=True)["record_on_start"] is True
    assert {
        field for field, value in spec("Conference", display_name="a").items() if value is None
    } == set()
    assert all(not KINDS["Conference"].is_documented(field) for field in UNDOCUMENTED)


def test_full_declares_defaults_too_and_what_is_unset_where_it_may_be():
    found = spec("Room", full=True)
    assert list(found) == [
        name for name in KINDS["Room"].fields if name not in ("presets", "streams")
    ]
    assert (found["layout"], found["description"], found["join_from"]) == (
        "grid-responsive",
        "",
        None,
    )


def test_what_only_the_space_sets_is_never_declared():
    assert (
        spec(fps=30, tone_on_entry_and_exit=True, created_at="2022-01-01T00:00:00Z", a_new_field=1)
        == {}
    )
    assert spec("Conference", display_name="x", meta={"a": 1}) == {
        "display_name": "x",
        **UNDOCUMENTED,
    }


@pytest.mark.parametrize(
    ("kind", "field", "there", "written"),
    [
        ("Room", "join_from", "2027-01-01T01:00:00.000+01:00", "2027-01-01T00:00:00Z"),
        ("Conference", "dark_primary", "#abcdef", "#ABCDEF"),
        ("Room", "description", "e\u0301", "\u00e9"),
        ("Room", "description", "costs ${x}", "costs $${x}"),
        ("Room", "description", "$${x}", "$$${x}"),
        ("Room", "meta", {"b": 1e300, "a": ["${x}"]}, {"b": 1e300, "a": ["$${x}"]}),
    ],
)
def test_values_are_written_in_one_spelling_and_nothing_in_them_is_filled_in(
    kind, field, there, written
):
    assert spec(kind, **{field: there})[field] == written


@pytest.mark.parametrize(
    ("field", "there", "why"),
    [
        ("description", "a\u200bb", "it holds an invisible character"),
        ("description", "\ud800", "it holds an invisible character"),
        ("meta", {"a\u202e": 1}, "it holds an invisible character"),
        ("meta", {"a": NEST}, "it is nested too deep"),
        ("meta", {"a": float("nan")}, "it holds a number that is not valid in JSON"),
    ],
)
def test_what_no_manifest_can_hold_is_left_out_and_told(field, there, why):
    draft = to_manifest(KINDS, live("Room", "a", 1, **{field: there}))
    assert (draft.spec, draft.left_out) == ({}, {field: why})


def test_a_required_field_that_is_not_set_is_told():
    assert to_manifest(KINDS, live("Conference", "a", 1, display_name=None)).left_out == {
        "display_name": "it is not set"
    }


def test_the_order_is_fragments_then_the_schema_then_sub_resources():
    given_order = {
        "streams": [],
        "quality": "1080p",
        "display_name": "x",
        "theme": "t",
        "presets": ["p"],
    }
    assert list(in_order(KINDS["Conference"], given_order)) == [
        "presets",
        "theme",
        "display_name",
        "quality",
        "streams",
    ]


def test_secrets_become_references_with_the_same_names_in_every_run():
    one = to_manifest(KINDS, live("Room", "a-b", 1, streams=[(7, "rtmp://one"), (8, "rtmp://two")]))
    other = to_manifest(KINDS, live("Room", "a_b", 2, streams=[(9, "rtmp://three")]))
    written, variables = with_references(KINDS, [one, other], taken={"ROOM_A_B_STREAM_URL_2"})
    assert [draft.spec["streams"] for draft in written] == [
        [{"url": "${env:ROOM_A_B_STREAM_URL}"}, {"url": "${env:ROOM_A_B_STREAM_URL_3}"}],
        [{"url": "${env:ROOM_A_B_STREAM_URL_4}"}],
    ]
    assert variables == {
        "ROOM_A_B_STREAM_URL": Secret("rtmp://one"),
        "ROOM_A_B_STREAM_URL_3": Secret("rtmp://two"),
        "ROOM_A_B_STREAM_URL_4": Secret("rtmp://three"),
    }


def test_a_field_can_be_taken_out_with_a_reason():
    draft = without(
        Draft(Address("Room", "a"), {"layout": "7x7", "quality": "1080p"}), {"layout": "unknown"}
    )
    assert (draft.spec, draft.left_out) == ({"quality": "1080p"}, {"layout": "unknown"})


def test_the_document_of_a_draft():
    assert document_of(
        KINDS, Draft(Address("Room", "a"), {"quality": "1080p"}, {"protect": True})
    ) == {
        "apiVersion": "reconciler.dev/v1",
        "kind": "Room",
        "metadata": {"name": "a", "protect": True},
        "spec": {"quality": "1080p"},
    }


HD = {"quality": "1080p", "layout": "5x5"}


def test_fields_that_three_share_are_offered_as_a_bundle_and_what_saves_most_comes_first():
    some = [
        *drafts(*[HD | {"max_members": number} for number in range(3)]),
        *drafts(*[{**HD, "display_name": "x"}] * 2, kind="Conference"),
    ]
    found = suggestions(KINDS, some, palettes=False)
    assert [(offer.kind, offer.fields, len(offer.users)) for offer in found] == [("Preset", HD, 5)]


@pytest.mark.parametrize(
    "specs", [[HD] * 2, [{"quality": "1080p"}] * 5, [HD | {"presets": ["x"]}] * 4]
)
def test_what_few_share_or_is_one_line_or_has_a_preset_already_is_not_offered(specs):
    assert suggestions(KINDS, drafts(*specs), palettes=False) == ()


DARK = {"dark_primary": "#111111", "light_negative": "#222222"}


def test_equal_palettes_are_offered_as_a_theme_and_never_as_a_bundle():
    some = drafts(
        *[DARK | {"display_name": str(number)} for number in range(3)],
        DARK | {"dark_success": "#333333"},
        kind="Conference",
    )
    assert suggestions(KINDS, some, palettes=False) == ()
    (offer,) = suggestions(KINDS, some, palettes=True)
    theme, rest = shared(KINDS, some, offer, name="brand")
    assert theme == Draft(
        Address("Theme", "brand"),
        {"dark": {"primary": "#111111"}, "light": {"negative": "#222222"}},
    )
    assert [draft.spec for draft in rest[:3]] == [
        {"theme": "brand", "display_name": str(number)} for number in range(3)
    ]
    assert rest[3] == some[3]


def test_a_bundle_says_which_kinds_it_is_for_and_stands_first_in_its_users():
    some = drafts(HD | {"max_members": 3}, HD)
    preset, rest = shared(KINDS, some, common(KINDS, some, fragment="Preset"), name="hd")
    assert preset == Draft(
        Address("Preset", "hd"), {"appliesTo": ["Room"], "quality": "1080p", "layout": "5x5"}
    )
    assert [draft.spec for draft in rest] == [
        {"presets": ["hd"], "max_members": 3},
        {"presets": ["hd"]},
    ]


def test_what_nobody_shares_is_an_offer_without_fields():
    assert (
        common(KINDS, drafts({"layout": "5x5"}, {"layout": "2x2"}), fragment="Preset").fields == {}
    )
    assert common(KINDS, drafts(HD), fragment="Theme") == Suggestion("Theme", {}, ())


def test_an_offer_is_asked_for_by_a_pattern_by_names_or_by_its_own_name():
    web = [Draft(Address("Room", f"web-{letter}"), HD) for letter in "abc"]
    first, other = (
        [Draft(Address("Room", name), {"layout": layout, "quality": "1080p"}) for name in names]
        for names, layout in (("xyz", "2x2"), ("pqr", "3x3"))
    )
    words = {
        str(offer.users[0]): name
        for offer, name in suggested(
            KINDS,
            suggestions(KINDS, [*web, *first, *other], palettes=False),
            [*web, *first, *other],
            name="common",
        )
    }
    assert words == {
        "Room/x": "common",
        "Room/p": "common-2=Room/p,Room/q,Room/r",
        "Room/web-a": "web=web-*",
    }


VALUES = {
    "quality": st.just("1080p"),
    "layout": st.sampled_from(["2x2", "5x5"]),
    "max_members": st.integers(1, 3),
    "meta": st.just({"a": [1]}),
}


def spelled(fields):
    return sorted((name, repr(value)) for name, value in fields.items())


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional=VALUES), max_size=12))
def test_sharing_changes_the_words_and_not_what_is_said(specs):
    rest, fragments = tuple(drafts(*specs)), {}
    while found := suggestions(KINDS, rest, palettes=False):
        fragment, rest = shared(KINDS, rest, found[0], name=f"p{len(fragments)}")
        fragments[fragment.address.name] = {
            name: value for name, value in fragment.spec.items() if name != "appliesTo"
        }
    for draft, before in zip(rest, specs, strict=True):
        said = {name: value for name, value in draft.spec.items() if name != "presets"}
        for name in draft.spec.get("presets", ()):
            assert not fragments[name].keys() & said.keys()
            said |= fragments[name]
        assert spelled(said) == spelled(before)


def test_a_secret_of_the_resource_itself_becomes_a_reference_too():
    room = Draft(Address("Room", "a"), {"layout": "3x3", "description": Secret("x")})
    (written,), variables = with_references(KINDS, [room])
    assert written.spec == {"layout": "3x3", "description": "${env:ROOM_A_DESCRIPTION}"}
    assert variables == {"ROOM_A_DESCRIPTION": Secret("x")}


def test_what_an_answer_leaves_out_does_not_end_the_manifest():
    there = live("Room", "a", 1, layout="3x3", quality="1080p", max_members=3)
    for absent in ("display_name", "layout", "quality"):
        fields = {name: value for name, value in there.attributes.items() if name != absent}
        expected = {"layout": "3x3", "quality": "1080p", "max_members": 3}
        expected.pop(absent, None)
        assert to_manifest(KINDS, replace(there, attributes=fields)).spec == expected


@pytest.mark.parametrize("bad", [(1,), (2,), (1, 2)])
def test_a_stream_that_no_manifest_can_hold_is_told_of_its_list(bad):
    there = live("Room", "a", 1, streams=[(number, "rtmp://h/x") for number in (1, 2, 3)])
    streams = tuple(
        replace(one, attributes=one.attributes | {"url": None}) if number in bad else one
        for number, one in enumerate(there.children["streams"], 1)
    )
    draft = to_manifest(KINDS, replace(there, children={"streams": streams}))
    assert (draft.spec, draft.left_out) == ({}, {"streams": "it is not set"})


@pytest.mark.parametrize("full", [False, True])
def test_an_empty_list_of_sub_resources_is_declared_in_full_only(full):
    there = live("Room", "a", 1)
    unread = to_manifest(KINDS, there, full=full).spec
    empty = to_manifest(KINDS, replace(there, children={"streams": ()}), full=full).spec
    assert ("streams" in unread, empty.get("streams")) == (False, [] if full else None)


@pytest.mark.parametrize("field", ["display_name", "description", "layout", "quality"])
@pytest.mark.parametrize("there", ["a\u200bb", Secret("x")])
def test_a_field_that_is_not_written_as_it_is_does_not_end_the_manifest(field, there):
    others = {"description": "x", "layout": "3x3", "quality": "1080p", "max_members": 3}
    draft = to_manifest(KINDS, live("Room", "a", 1, **{**others, field: there}))
    expected = {name: value for name, value in others.items() if name != field}
    written = {name: value for name, value in draft.spec.items() if name != field}
    assert written == expected
    assert (field in draft.left_out) is isinstance(there, str)


def test_what_holds_a_secret_of_the_environment_is_hidden_or_left_out():
    secrets = SecretTexts(lambda: ["hunter2hunter2"])
    spec = {
        "description": "word: hunter2hunter2",
        "meta": {"a": "hunter2hunter2"},
        "layout": "3x3",
    }
    draft = Draft(Address("Room", "a"), spec, {"b": "2"}, {"quality": "why"})
    assert without_secrets(draft, secrets) == Draft(
        draft.address,
        {"description": Secret("word: hunter2hunter2"), "layout": "3x3"},
        {"b": "2"},
        {"quality": "why", "meta": "it holds the value of a variable"},
    )
    assert without_secrets(draft, NO_SECRETS) == draft


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("town-hall_2", "ROOM_TOWN_HALL_2_DESCRIPTION"),
        ("a--b", "ROOM_A_B_DESCRIPTION"),
        # A name that makes the variable look like a credential is left out of it.
        ("keynote", "ROOM_DESCRIPTION"),
    ],
)
def test_a_variable_is_named_for_the_resource_and_the_field(name, variable):
    draft = Draft(Address("Room", name), {"description": Secret("x")})
    assert with_references(KINDS, [draft])[1] == {variable: Secret("x")}
