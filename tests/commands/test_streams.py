import json
from pathlib import Path

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import MANIFESTS, actions, conference, counts, room

A, B, C = (f"rtmp://live.example.com/app/key-{letter}" for letter in "abc")


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    for letter, url in zip("ABC", (A, B, C), strict=True):
        monkeypatch.setenv(f"STREAM_{letter}", url)


def to(letters):
    return [{"url": f"${{env:STREAM_{letter}}}"} for letter in letters]


def urls(space, kind="Room", name="a"):
    return sorted(stream["url"] for stream in space.streams(kind, name))


@pytest.mark.parametrize("declared", [room, conference], ids=["Room", "Conference"])
@pytest.mark.parametrize(
    ("first", "second", "there"),
    [
        ("", "A", [A]),
        ("A", "AB", [A, B]),
        ("AB", "B", [B]),
        ("A", "B", [B]),
        ("AB", "BC", [B, C]),
        ("AB", "BA", [A, B]),
        ("A", "", []),
    ],
    ids=[
        "first",
        "one more",
        "one less",
        "another",
        "one goes and one comes",
        "another order",
        "none",
    ],
)
def test_the_streams_become_what_is_declared(apply, plan, space, declared, first, second, there):
    kind = declared("a")["kind"]
    apply(declared("a", streams=to(first)))

    apply(declared("a", streams=to(second)))

    assert urls(space, kind) == there
    assert plan()["summary"] == counts(noop=1)


def test_what_stays_is_not_touched(apply, space):
    apply(room("a", streams=to("AB")))
    kept = next(stream["id"] for stream in space.streams("Room", "a") if stream["url"] == A)

    apply(room("a", streams=to("AC")))

    assert kept in {stream["id"] for stream in space.streams("Room", "a")}
    assert ("PUT", "Room") not in space.writes


def test_streams_declared_no_longer_are_removed_and_then_left_alone(apply, plan, space):
    apply(room("a", streams=to("A")))
    apply(room("a"))
    assert urls(space) == []

    space.stream_to("Room", "a", B)

    assert plan()["summary"] == counts(noop=1)


@pytest.mark.parametrize("now", ["A", "", None], ids=["one less", "none", "no longer declared"])
def test_no_prune_keeps_streams_too_and_remembers_whose_they_are(
    apply, declare, done, plan, space, now
):
    apply(room("a", streams=to("AB")))
    declare(room("a", layout="2x2") if now is None else room("a", layout="2x2", streams=to(now)))

    done("apply", MANIFESTS, "--yes", "--no-prune")

    assert urls(space) == [A, B]
    assert plan("--no-prune")["summary"] == counts(noop=1)
    assert {change["after"] for change in plan()["actions"][0]["changes"]} == {None}
    done("apply", MANIFESTS, "--yes")
    assert urls(space) == ([A] if now == "A" else [])


def test_streams_that_nobody_declared_are_left_alone(apply, plan, space):
    apply(room("a"))
    space.stream_to("Room", "a", A)

    apply(room("a", layout="2x2"))

    assert urls(space) == [A]
    assert plan()["summary"] == counts(noop=1)


@pytest.mark.parametrize("deed", ["added", "removed"])
def test_a_stream_changed_outside_is_drift_and_apply_puts_it_right(
    apply, reconciler, done, space, deed
):
    apply(room("a", streams=to("A")))
    if deed == "added":
        space.stream_to("Room", "a", B)
    else:
        space.ask("DELETE", f"/streams/{space.streams('Room', 'a')[0]['id']}")

    assert reconciler("drift", MANIFESTS).code == 2
    done("apply", MANIFESTS, "--yes")
    assert urls(space) == [A]


def test_a_stream_sent_elsewhere_outside_is_drift(apply, reconciler, done, space):
    apply(room("a", streams=to("A")))
    space.ask("PUT", f"/streams/{space.streams('Room', 'a')[0]['id']}", {"url": C})

    code, out, _ = reconciler("drift", MANIFESTS)

    assert code == 2
    assert "key-" not in out
    done("apply", MANIFESTS, "--yes")
    assert urls(space) == [A]


def test_a_list_that_is_declared_for_the_first_time_makes_no_drift_of_what_was_there(
    apply, declare, plan, space
):
    apply(room("a"))
    space.stream_to("Room", "a", B)
    declare(room("a", streams=[]))

    document = plan()

    assert (document["summary"]["drifted"], document["actions"][0]["changes"][0]["origin"]) == (
        0,
        "manifest",
    )


def test_a_stream_beside_a_declared_list_is_drift(apply, plan, space):
    apply(room("a", streams=[]))
    space.stream_to("Room", "a", B)

    document = plan()

    assert (document["summary"]["drifted"], document["actions"][0]["changes"][0]["origin"]) == (
        1,
        "drift",
    )


def test_a_plan_shows_streams_and_no_address(apply, declare, plan, space):
    apply(room("a", streams=to("A")))
    declare(room("a", streams=to("B")))

    document = plan()

    assert [change["path"].split("[")[0] for change in document["actions"][0]["changes"]] == [
        "streams"
    ] * len(document["actions"][0]["changes"])
    assert actions(document)[0][:2] == ("update", "Room/a")
    assert "live.example.com/app" not in str(document)
    assert urls(space) == [A]


def test_two_equal_streams_cannot_be_told_apart(reconciler, declare, space):
    declare(room("a", streams=to("AA")))

    code, out, err = reconciler("validate", MANIFESTS)

    assert code == 1
    assert "key-a" not in out + err
    assert space.writes == []


def test_streams_go_with_their_room(apply, space):
    apply(room("a", streams=to("AB")), room("b"))

    apply(room("b"))

    assert space.names() == {"Room/b"}


def test_a_run_of_something_else_does_not_forget_a_stream_that_may_still_come(
    apply, declare, done, space
):
    apply(room("a", streams=to("A")), room("b"))
    path = next(Path(".reconciler").glob("*.state.json"))
    record = json.loads(path.read_text(encoding="utf-8"))
    sent = {
        "kind": "Room",
        "name": "a",
        "attributes": {"url": {"$sealed": "0" * 64}},
        "since": "2026-01-01T00:00:00Z",
        "until": "2026-01-01T00:01:00Z",
        "child": "streams",
    }
    edited = path.with_name("edited.json")
    edited.write_text(json.dumps(record | {"intents": [sent]}), encoding="utf-8")
    done("state", "push", str(edited))

    declare(room("a", streams=to("A")), room("b", layout="2x2"))
    done("apply", MANIFESTS, "--yes", "--target", "Room/b")
    kept = json.loads(path.read_text(encoding="utf-8"))["intents"]
    done("apply", MANIFESTS, "--yes")
    after = json.loads(path.read_text(encoding="utf-8"))["intents"]

    assert (kept, after, urls(space)) == ([sent], [], [A])


def test_a_list_that_shows_everyones_streams_is_not_used(apply, reconciler, declare, space):
    apply(room("a", streams=to("A")), room("b"))
    space.stream_to("Room", "b", B)
    everyone = [stream for name in "ab" for stream in space.streams("Room", name)]
    body = json.dumps({"links": {}, "data": everyone})
    space.space.knobs = Settings(faults=(Fault("GET", "/streams$", status=200, body=body),))
    before = list(space.writes)

    for command in (["plan"], ["apply", "--yes"], ["plan", "--target", "Room/a"]):
        code, _, err = reconciler(*command, MANIFESTS)
        assert (code, "among those of Room/a" in err) == (1, True), command
    assert space.writes == before


def test_a_stream_whose_removal_is_confirmed_and_had_no_effect_stays_recorded(
    apply, reconciler, declare, plan, space
):
    apply(room("a", streams=to("AB")))
    declare(room("a"))
    space.space.knobs = Settings(faults=(Fault("DELETE", "/streams/", times=1, status=204),))

    code, _, err = reconciler("apply", MANIFESTS, "--yes")

    assert (code, "streams of Room/a" in err, "still shows it" in err) == (4, True, True)
    assert len(urls(space)) == 1
    assert [change["after"] for change in plan()["actions"][0]["changes"]] == [None]
    apply(room("a"))
    assert urls(space) == []


def test_a_stream_whose_id_the_space_answers_in_upper_case_is_ours(
    apply, declare, done, plan, space
):
    apply(room("a", streams=to("A")))
    path = next(Path(".reconciler").glob("*.state.json"))
    record = json.loads(path.read_text(encoding="utf-8"))
    (stream,) = space.streams("Room", "a")
    text = json.dumps(record).replace(stream["id"], stream["id"].upper())
    edited = path.with_name("edited.json")
    edited.write_text(text, encoding="utf-8")
    done("state", "push", str(edited))
    assert plan()["summary"] == counts(noop=1)

    apply(room("a"))

    assert urls(space) == []
