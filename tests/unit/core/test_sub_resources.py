"""Which declared stream is which live one, and what a plan says about each."""

from dataclasses import replace

import pytest

from reconciler.core.matching import Match
from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import AppliedChild, Live, Origin, Place, Secret
from reconciler.core.sub_resources import (
    Pair,
    child_changes,
    child_records,
    pair_up,
    pairs,
    without_removals,
)
from tests.unit.core.worlds import KEY, KINDS, applied, desired, ident, live

A, B, C = (f"rtmp://{name}.example/live" for name in "abc")
STREAM, ROOM = KINDS["Stream"], KINDS["Room"]


def url(text):
    return {"url": Secret(text)}


def there(number, text):
    return live("Room", "lobby", 1, streams=[(number, text)]).children["streams"][0]


def paired(wanted, existing, ours=()):
    found = pairs(
        STREAM,
        [url(text) for text in wanted],
        existing,
        ours=frozenset(ident(number) for number in ours),
        key=KEY,
    )
    return [
        (
            pair.wanted["url"].value if pair.wanted else None,
            int(pair.live.id[-12:]) if pair.live else None,
        )
        for pair in found
    ]


@pytest.mark.parametrize(
    ("wanted", "existing", "ours", "found"),
    [
        ([A], [], [], [(A, None)]),
        ([], [(1, A)], [], [(None, 1)]),
        ([A, B], [(1, B), (2, A)], [], [(A, 2), (B, 1)]),
        # What is ours and declared no longer becomes what is new; a foreign one never does.
        ([B], [(1, A)], [1], [(B, 1)]),
        ([B], [(1, A)], [], [(B, None), (None, 1)]),
        ([B, C], [(1, A), (2, A)], [2], [(B, 2), (C, None), (None, 1)]),
        # Equal ones are as many as there are, and ours come first.
        ([A, A], [(1, A)], [], [(A, 1), (A, None)]),
        ([A], [(1, A), (2, A)], [2], [(A, 2), (None, 1)]),
        ([A], [(1, A), (2, A)], [1, 2], [(A, 1), (None, 2)]),
        ([B, A], [(1, A), (2, C)], [1, 2], [(B, 2), (A, 1)]),
    ],
)
def test_pairs(wanted, existing, ours, found):
    assert paired(wanted, [there(*one) for one in existing], ours) == found


def lobby(wanted=None, known=None, existing=(), *, recorded=True):
    return Match(
        desired("Room", "lobby", streams=wanted),
        applied("Room", "lobby", 1, streams=known) if recorded else None,
        live("Room", "lobby", 1, streams=existing),
    )


def changes(match):
    found = list(child_changes(KINDS, ROOM, match, key=KEY))
    assert all(change.child == "streams" for change in found)
    return [
        (
            change.path,
            change.before["url"].value if change.before else None,
            change.after["url"].value if change.after else None,
            change.origin,
            int(change.child_id[-12:]) if change.child_id else None,
        )
        for change in found
    ]


@pytest.mark.parametrize(
    ("match", "found"),
    [
        (lobby([A], None), [("streams[0]", None, A, "manifest", None)]),
        (lobby([A], [(1, A)], [(1, A)]), []),
        # Of what is recorded, one was deleted outside, one changed, and one added.
        (lobby([A], [(1, A)]), [("streams[0]", None, A, "drift", None)]),
        (lobby([A], [(1, A)], [(1, B)]), [("streams[0]", B, A, "drift", 1)]),
        (lobby([A], [(1, A)], [(1, A), (2, B)]), [("streams[1]", B, None, "drift", 2)]),
        # The manifest changed, or both sides did.
        (lobby([B], [(1, A)], [(1, A)]), [("streams[0]", A, B, "manifest", 1)]),
        (lobby([B], [(1, A)], [(1, C)]), [("streams[0]", C, B, "conflict", 1)]),
        (lobby([], [(1, A)], [(1, A)]), [("streams[0]", A, None, "manifest", 1)]),
        # Before the list was declared, a foreign one in it is no drift.
        (lobby([A], None, [(2, B)]), [
            ("streams[0]", None, A, "manifest", None),
            ("streams[1]", B, None, "manifest", 2),
        ]),
        (lobby([A], None, [(2, B)], recorded=False), [
            ("streams[0]", None, A, "manifest", None),
            ("streams[1]", B, None, "manifest", 2),
        ]),
        # A list that is declared no longer loses ours alone.
        (lobby(None, [(1, A)], [(2, B), (1, A)]), [("streams[0]", A, None, "released", 1)]),
        (lobby(None, None, [(2, B)]), []),
    ],
)  # fmt: skip
def test_changes_of_a_list_and_their_origin(match, found):
    assert changes(match) == found


@pytest.mark.parametrize(
    ("written", "line"),
    [
        (("streams[0].url", "streams[0]", "streams"), 1),
        (("streams[0]", "streams"), 2),
        (("streams",), 3),
        ((), None),
    ],
)
def test_a_change_has_the_nearest_place_in_the_manifest(written, line):
    lines = {"streams[0].url": 1, "streams[0]": 2, "streams": 3}
    origins = {path: Origin(Place("m.yaml", lines[path], 1)) for path in written}
    match = lobby([A])
    match = replace(match, desired=replace(match.desired, origins=origins))
    (change,) = child_changes(KINDS, ROOM, match, key=KEY)
    assert (change.declared_at.place.line if change.declared_at else None) == line


def test_only_a_declared_list_has_pairs():
    assert pair_up(KINDS, lobby(None), "streams", key=KEY) is None
    assert pair_up(KINDS, Match(None, None, None), "streams", key=KEY) is None
    assert pair_up(KINDS, lobby([]), "streams", key=KEY) == ()
    made = Match(desired("Room", "lobby", streams=[A]), None, None)
    assert pair_up(KINDS, made, "streams", key=KEY) == (Pair(url(A), None),)


def sealed(number, text):
    return AppliedChild(ident(number) if number else "", {"url": Secret(text).sealed(KEY)})


def test_the_record_has_what_is_declared_in_the_order_of_ids():
    match = lobby([A, B, C], [(1, A)], [(2, B), (1, A), (3, "rtmp://other.example")])
    assert child_records(KINDS, ROOM, match, key=KEY) == {
        "streams": (sealed(0, C), sealed(1, A), sealed(2, B))
    }
    assert child_records(KINDS, ROOM, lobby(None, [(1, A)], [(1, A)]), key=KEY) == {}


def test_without_removals_what_is_ours_stays_ours():
    removal = FieldChange("streams[1]", url(B), None, "manifest", None, "streams", ident(1))
    foreign = FieldChange("streams[2]", url(C), None, "drift", None, "streams", ident(9))
    creation = FieldChange("streams[0]", None, url(A), "manifest", None, "streams", None)
    record = applied("Room", "lobby", 1, streams=[(2, A)])
    known = applied("Room", "lobby", 1, streams=[(1, B), (3, C)])
    kept, after = without_removals([creation, removal, foreign], record, known=known)
    assert kept == (creation,)
    assert after == replace(record, children={"streams": (sealed(1, B), sealed(2, A))})
    assert without_removals([removal], record, known=None) == ((), record)
    bare = applied("Room", "lobby", 1)
    assert without_removals([removal], bare, known=known)[1].children == {
        "streams": (sealed(1, B),)
    }
    assert without_removals([creation], bare, known=known)[1] == bare


def test_a_field_that_only_the_space_sets_is_no_change():
    existing = there(1, A)
    more = Live(existing.address, existing.id, existing.attributes | {"state": "on"})
    match = lobby([A], [(1, A)])
    match = replace(match, live=replace(match.live, children={"streams": (more,)}))
    assert changes(match) == []


def test_a_stream_of_the_list_that_was_not_ours_and_becomes_ours_is_no_drift():
    taken = lobby([A], [(9, B)], [(1, A)])
    assert changes(taken) == []
    recorded = lobby([B], [(9, B)], [(1, A), (9, A)])
    assert changes(recorded) == [
        ("streams[0]", A, B, "drift", 9),
        ("streams[1]", A, None, "drift", 1),
    ]


def test_a_field_that_the_record_does_not_have_makes_no_drift():
    title = {"title": {"type": "string"}}
    kinds = KINDS | {"Stream": replace(STREAM, fields=STREAM.fields | title)}
    match = lobby([B], [(1, A)], [(1, A)])
    (stream,) = match.live.children["streams"]
    named = replace(stream, attributes=stream.attributes | {"title": "theirs"})
    match = replace(match, live=replace(match.live, children={"streams": (named,)}))
    (change,) = child_changes(kinds, ROOM, match, key=KEY)
    assert (change.after, change.origin) == (url(B), "manifest")


@pytest.mark.parametrize(("recorded", "origin"), [([], "manifest"), ([(1, A)], "conflict")])
def test_a_pair_of_a_foreign_stream_with_other_fields_is_of_the_manifest(recorded, origin):
    kind = replace(STREAM, key="name")
    kinds = KINDS | {"Stream": kind}
    wanted = desired("Room", "lobby", streams=[B])
    existing = live("Room", "lobby", 1, streams=[(1, C)])
    match = Match(wanted, applied("Room", "lobby", 1, streams=recorded), existing)
    # Neither has a name, so the key pairs them whatever else they hold.
    (change,) = child_changes(kinds, ROOM, match, key=KEY)
    assert (change.before, change.after, change.child_id) == (url(C), url(B), ident(1))
    assert change.origin == origin
