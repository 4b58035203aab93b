"""The action for one resource: its verb, its reason, and all that the executor is given."""

from dataclasses import replace

import pytest

from reconciler.core.fingerprint import SealingKeys, fingerprint
from reconciler.core.matching import Match
from reconciler.core.plan_model import MISSING, REPLACED, Action
from reconciler.core.resource_actions import action_or_record, deletion, room_ids
from reconciler.core.resources import Address, AppliedChild, Origin, Place, Secret
from tests.unit.core.worlds import KEY, KINDS, applied, desired, ident, live

KEYS = SealingKeys(KEY, b"f" * 32)
LOBBY = desired("Room", "lobby", layout="3x3")
KNOWN = applied("Room", "lobby", 1, layout="3x3")
LIVE = live("Room", "lobby", 1, layout="3x3")
A, B = "rtmp://a.example/x", "rtmp://b.example/x"


def made(wanted=LOBBY, known=KNOWN, there=LIVE, *, prune=True):
    return action_or_record(KINDS, Match(wanted, known, there), keys=KEYS, prune=prune)


def changed(action):
    return [(one.path, one.before, one.after, one.origin) for one in action.changes]


@pytest.mark.parametrize(
    ("known", "there", "verb", "reason"),
    [
        (None, None, "create", ""),
        (KNOWN, None, "create", MISSING),
        (None, LIVE, "adopt", ""),
        (KNOWN, live("Room", "lobby", 2, layout="3x3"), "adopt", REPLACED),
        (KNOWN, live("Room", "foyer", 1, layout="3x3"), "rename", ""),
        (KNOWN, live("Room", "lobby", 1, layout="5x5"), "update", ""),
    ],
)
def test_verbs(known, there, verb, reason):
    action = made(known=known, there=there)
    assert (action.action, action.reason, action.address) == (verb, reason, LOBBY.address)


def test_where_nothing_has_to_be_done_the_record_stays_or_says_more():
    assert made() is KNOWN
    more = made(desired("Room", "lobby", layout="3x3", max_members=20))
    assert more == applied("Room", "lobby", 1, layout="3x3", max_members=20)
    assert made(replace(LOBBY, protect=True)) == replace(KNOWN, protect=True)


def test_what_is_missing_in_the_space_drifted_as_a_whole():
    assert changed(made(there=None)) == [("layout", None, "3x3", "drift")]
    assert changed(made(known=None, there=None)) == [("layout", None, "3x3", "manifest")]


def test_the_executor_is_given_all_that_it_rechecks():
    there = live(
        "Room", "lobby", 1, layout="5x5", updated_at="2027-01-01T00:00:00Z", session={"id": "s"}
    )
    action = made(there=there)
    assert action == Action(
        "update",
        LOBBY.address,
        ident(1),
        action.changes,
        fingerprint=fingerprint(KINDS, there, key=KEYS.fingerprint),
        session={"id": "s"},
        live_name="lobby",
        known=KNOWN,
        updated_at="2027-01-01T00:00:00Z",
        body={"layout": "3x3"},
        presumed={"layout": "5x5"},
        record=KNOWN,
        at_risk=action.at_risk,
    )
    assert "layout" in action.at_risk


def test_a_creation_presumes_nothing():
    action = made(known=None, there=None)
    assert action == Action(
        "create",
        LOBBY.address,
        None,
        action.changes,
        body={"layout": "3x3"},
        presumed=action.presumed,
        record=replace(KNOWN, id=""),
    )


def test_a_time_that_is_no_text_is_none():
    action = made(there=live("Room", "lobby", 1, layout="5x5", updated_at=7))
    assert action.updated_at is None


@pytest.mark.parametrize(
    ("live_name", "known", "origin"),
    [
        ("old", applied("Room", "old", 1, layout="3x3"), "manifest"),
        ("other", KNOWN, "drift"),
        ("other", applied("Room", "old", 1, layout="3x3"), "conflict"),
        ("old", None, "manifest"),
        ("made-up", replace(applied("Room", "x", 1), rename_target="lobby"), "manifest"),
    ],
)
def test_a_name_that_differs_is_a_change_with_an_origin(live_name, known, origin):
    action = made(known=known, there=live("Room", live_name, 1, layout="3x3"))
    assert changed(action)[0] == ("name", live_name, "lobby", origin)
    assert action.live_name == live_name


@pytest.mark.parametrize(
    ("origins", "line"), [({"metadata.name": 3, "": 1}, 3), ({"": 1}, 1), ({}, None)]
)
def test_a_rename_has_the_place_of_the_name(origins, line):
    places = {path: Origin(Place("m.yaml", number, 1)) for path, number in origins.items()}
    action = made(replace(LOBBY, origins=places), there=live("Room", "old", 1, layout="3x3"))
    place = action.changes[0].declared_at
    assert (place.place.line if place else None) == line


@pytest.mark.parametrize(
    ("wanted", "recorded", "rename_target", "there", "protected"),
    [
        (False, False, None, "old", False),
        (True, False, None, "old", True),
        (False, True, None, "old", True),
        # A creation under another name is finished, whatever was declared meanwhile.
        (True, False, "lobby", "old", False),
        (True, False, "hall", "old", True),
        (True, True, "lobby", "old", True),
        # What begins to be protected may still be changed, and is recorded as protected.
        (True, False, None, "lobby", False),
    ],
)
def test_protection_holds_as_recorded_and_for_renames_as_declared(
    wanted, recorded, rename_target, there, protected
):
    known = replace(KNOWN, protect=recorded, rename_target=rename_target)
    action = made(replace(LOBBY, protect=wanted), known, live("Room", there, 1, layout="5x5"))
    assert action.protect is protected
    assert action.record.protect is wanted


def test_without_pruning_streams_are_not_taken_away():
    wanted = desired("Room", "lobby", streams=[B], layout="5x5")
    known = applied("Room", "lobby", 1, streams=[(8, A), (9, B)], layout="3x3")
    there = live("Room", "lobby", 1, streams=[(8, A), (9, B)], layout="3x3")
    pruned = made(wanted, known, there)
    assert [path for path, *_ in changed(pruned)] == ["layout", "streams[1]"]
    kept = made(wanted, known, there, prune=False)
    assert [path for path, *_ in changed(kept)] == ["layout"]
    assert kept.record.children == known.children
    assert len(pruned.record.children["streams"]) == 1


def test_a_session_may_name_the_room_by_other_ids():
    kind = replace(KINDS["Room"], session_ids=("id", "room_id", "other"))
    there = live("Room", "lobby", 1, room_id="r", other=7)
    assert room_ids(kind, there) == ("r",)


def deleted(known=KNOWN, there=LIVE, **options):
    match = Match(None, known, there)
    given = {"renamed_to_by": None, "reason": "why"} | options
    return deletion(KINDS, match, keys=KEYS, **given)


def test_a_deletion_presumes_all_that_was_read():
    action = deleted(replace(KNOWN, protect=True), renamed_to_by=Address("Room", "new"))
    assert (action.action, action.address, action.id, action.reason, action.protect) == (
        "delete",
        KNOWN.address,
        ident(1),
        "why",
        True,
    )
    assert (action.known.id, action.live_name, action.renamed_to_by) == (
        KNOWN.id,
        "lobby",
        Address("Room", "new"),
    )
    assert action.presumed["layout"] == "3x3"
    assert (action.body, action.record) == ({}, None)
    assert deleted(there=live("Room", "lobby", 1, session={"id": "s"})).session == {"id": "s"}
    assert deleted(there=live("Room", "lobby", 1, updated_at="now")).updated_at == "now"


@pytest.mark.parametrize("other", [{"layout": "5x5"}, {"note": "by hand"}])
def test_a_deletion_has_another_fingerprint_where_any_field_differs(other):
    there = live("Room", "lobby", 1, **{"layout": "3x3"} | other)
    assert deleted(there=there).fingerprint != deleted().fingerprint
    assert deleted().fingerprint == deleted().fingerprint


@pytest.mark.parametrize(
    ("recorded", "shown", "changes"),
    [
        ({"layout": "3x3"}, {"layout": "3x3"}, []),
        ({"layout": "3x3"}, {"layout": "5x5"}, [("layout", "5x5", None, "drift")]),
        (
            {"description": "a"},
            {"description": None},
            [("description", None, "a", "drift")],
        ),
        ({"layout": "3x3"}, {"layout": "3x3", "max_members": 3}, []),
    ],
)
def test_what_was_changed_outside_is_told_before_a_deletion(recorded, shown, changes):
    known, there = applied("Room", "lobby", 1, **recorded), live("Room", "lobby", 1, **shown)
    unset = replace(KINDS["Room"], unset={}, defaults={}, null_means={})
    action = deletion(
        KINDS | {"Room": unset},
        Match(None, known, there),
        renamed_to_by=None,
        reason="",
        keys=KEYS,
    )
    assert changed(action) == changes


def test_a_recorded_value_is_told_to_one_level():
    known = replace(KNOWN, attributes={"meta": {"deep": {"er": 1}, "list": [1], "flat": 2}})
    unset = replace(KINDS["Room"], unset={}, defaults={}, null_means={})
    action = deletion(
        KINDS | {"Room": unset},
        Match(None, known, live("Room", "lobby", 1, meta=None)),
        renamed_to_by=None,
        reason="",
        keys=KEYS,
    )
    assert changed(action) == [("meta", None, {"deep": {}, "list": {}, "flat": 2}, "drift")]


def test_a_field_that_the_kind_no_longer_has_is_no_drift():
    known = replace(KNOWN, attributes={"layout": "3x3", "dropped": 1})
    assert deleted(known).changes == ()


def test_foreign_streams_are_counted_and_all_are_presumed():
    known = applied("Room", "lobby", 1, streams=[(8, A)])
    there = live("Room", "lobby", 1, streams=[(9, B), (8, A), (7, B)])
    action = deleted(known, there)
    assert action.foreign_children == (("streams", 2),)
    assert action.presumed_children == {
        "streams": tuple(
            AppliedChild(ident(number), {"url": Secret(url).sealed(KEY)})
            for number, url in ((7, B), (8, A), (9, B))
        )
    }
    assert deleted(known, live("Room", "lobby", 1, streams=[(8, A)])).foreign_children == ()
    assert deleted().presumed_children == {"streams": ()}
