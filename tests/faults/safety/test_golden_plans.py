"""What a reader of plans, drifts and refusals sees, each in a file of golden/; made through the real command line.

After a wanted change run ``RECONCILER_UPDATE_GOLDEN=1 pytest tests/faults/safety``, and read the diff.
"""

import os
import re
from pathlib import Path

import pytest

from tests.commands.words import CREDENTIALS, MANIFESTS, conference, manifest, room, rooms

GOLDEN = Path(__file__).parent / "golden"
SAVED = "plan.json"
UPDATE = (
    "RECONCILER_UPDATE_GOLDEN" in os.environ
)  # each test starts without what speaks to the tool
CASES = {}


def case(function):
    """Register a story: it brings a Space and manifests about, and gives the command lines to show."""
    CASES[function.__name__.replace("_", "-")] = function
    return function


PLAN = ("plan", MANIFESTS)
APPLY = ("apply", MANIFESTS, "--yes")


@case
def origin_manifest(apply, declare, space, done):
    apply(room("lobby", layout="2x2"))
    declare(room("lobby", layout="3x3"))
    return [PLAN]


@case
def origin_drift(apply, declare, space, done):
    apply(room("lobby", layout="2x2"))
    space.change("Room", "lobby", layout="5x5")
    return [PLAN, ("drift", MANIFESTS)]


@case
def origin_conflict(apply, declare, space, done):
    apply(room("lobby", layout="2x2"))
    space.change("Room", "lobby", layout="5x5")
    declare(room("lobby", layout="3x3"))
    return [PLAN, ("drift", MANIFESTS)]


@case
def origin_released(apply, declare, space, done):
    apply(room("lobby", layout="2x2", description="of old"))
    declare(room("lobby"))
    return [PLAN]


@case
def every_action(apply, declare, space, done):
    apply(
        room("update", layout="2x2"),
        room("old"),
        room("gone"),
        room("same"),
        room("missing"),
        conference("hall"),
    )
    space.create("Room", name="adopt", layout="5x5")
    space.create("Room", name="free")
    space.remove("Room", "missing")
    space.change("Room", "update", layout="3x3")
    declare(
        room("update", layout="2x2", quality="1080p"),
        room("new", renamed_from="old", description="moved"),
        room("same"),
        room("missing"),
        room("adopt", layout="2x2"),
        room("create", max_members=5),
        conference("hall"),
    )
    return [(*PLAN, "--unmanaged"), ("drift", MANIFESTS, "--unmanaged")]


@case
def replaced_outside(apply, declare, space, done):
    apply(room("lobby", layout="2x2"))
    space.remove("Room", "lobby")
    space.create("Room", name="lobby", layout="5x5")
    return [PLAN, ("drift", MANIFESTS), APPLY]


@case
def gone_on_both_sides(apply, declare, space, done):
    apply(room("a"), room("b"))
    space.remove("Room", "b")
    declare(room("a"))
    return [PLAN]


@case
def refused_protected(apply, declare, space, done):
    apply(room("a", protect=True), room("b"))
    declare(room("b"))
    return [PLAN, APPLY]


@case
def refused_protected_rename(apply, declare, space, done):
    apply(room("a", protect=True))
    declare(room("b", renamed_from="a"))
    return [PLAN, APPLY]


@case
def refused_too_many(apply, declare, space, done):
    apply(*rooms("a", "b", "c", "d", "e"))
    declare(*rooms("a", "b"))
    return [PLAN, APPLY]


@case
def refused_all(apply, declare, space, done):
    apply(*rooms("a", "b"), conference("hall"))
    declare(conference("hall"))
    return [PLAN, APPLY]


@case
def refused_adopt(apply, declare, space, done):
    space.create("Room", name="lobby", layout="5x5")
    declare(room("lobby", layout="2x2"))
    return [PLAN, APPLY]


@case
def refused_live(apply, declare, space, done):
    apply(*rooms("a", "b"))
    space.space.start_session("Room", "b", members=3)
    declare(room("a"))
    return [PLAN, APPLY]


@case
def refused_live_rename(apply, declare, space, done):
    apply(room("a"))
    space.space.start_session("Room", "a", members=1)
    declare(room("b", renamed_from="a"))
    return [PLAN, APPLY]


@case
def refused_strayed(apply, declare, space, done):
    apply(*rooms("a", "b"))
    space.ask("PUT", f"/rooms/{space.get('Room', 'b')['id']}", {"name": "z"})
    declare(room("a"))
    return [PLAN, APPLY]


@case
def refused_claimed(apply, declare, space, done):
    apply(*rooms("a", "b", "c"))
    declare(room("b", renamed_from="a"), room("c"))
    return [PLAN, APPLY]


@case
def refused_zero_declared(apply, declare, space, done):
    apply(room("lobby"))
    declare(manifest("Theme", "brand", dark={"primary": "#102030"}))
    return [PLAN, APPLY]


@case
def rename(apply, declare, space, done):
    apply(room("a", layout="2x2"))
    declare(room("b", renamed_from="a", layout="3x3"))
    return [PLAN, APPLY]


@case
def renamed_outside(apply, declare, space, done):
    apply(room("a", layout="2x2"))
    space.ask("PUT", f"/rooms/{space.get('Room', 'a')['id']}", {"name": "z"})
    return [PLAN, ("drift", MANIFESTS)]


@case
def swap(apply, declare, space, done):
    apply(room("a", layout="2x2"), room("b", layout="3x3"))
    declare(room("a", renamed_from="b", layout="3x3"), room("b", renamed_from="a", layout="2x2"))
    return [PLAN, APPLY]


@case
def suggested_rename(apply, declare, space, done):
    apply(room("old", layout="3x3", max_members=9), room("other"))
    declare(room("new", layout="3x3", max_members=9), room("other"))
    return [PLAN]


@case
def protection_begins_and_ends(apply, declare, space, done):
    apply(room("a", protect=True), room("b"))
    declare(room("a"), room("b", protect=True))
    return [PLAN, APPLY]


@case
def left_out(apply, declare, space, done):
    apply(*rooms("a", "b", "c"))
    declare(room("a", layout="3x3"), room("b", layout="3x3"))
    return [(*PLAN, "--target", "Room/a"), (*PLAN, "--no-prune")]


@case
def half_of_a_swap(apply, declare, space, done):
    apply(room("a", layout="2x2"), room("b", layout="3x3"))
    declare(room("a", renamed_from="b", layout="3x3"), room("b", renamed_from="a", layout="2x2"))
    return [(*PLAN, "--target", "Room/a")]


@case
def refused_taken_name(apply, declare, space, done):
    apply(room("a"))
    space.create("Room", name="b")
    declare(room("b", renamed_from="a"))
    return [PLAN, APPLY]


@case
def most_is_gone(apply, declare, space, done):
    apply(*rooms("a", "b", "c"))
    for name in "ab":
        space.remove("Room", name)
    return [PLAN, ("drift", MANIFESTS)]


@case
def stale_saved_plan(apply, declare, space, done):
    apply(*rooms("a", "b"))
    declare(room("a", layout="3x3"), room("b", layout="3x3"))
    done("plan", MANIFESTS, "--out", SAVED)
    space.change("Room", "a", layout="5x5")
    return [("apply", MANIFESTS, "--plan", SAVED)]


@case
def saved_plan_used_twice(apply, declare, space, done):
    declare(room("a"))
    done("plan", MANIFESTS, "--out", SAVED)
    done("apply", MANIFESTS, "--plan", SAVED)
    return [("apply", MANIFESTS, "--plan", SAVED)]


@case
def state_lost(apply, declare, space, done):
    apply(room("a", layout="2x2"), room("b"))
    for path in Path(".reconciler").iterdir():
        path.unlink()
    return [PLAN, ("drift", MANIFESTS), APPLY]


def masked(text):
    """Without what is another in each run: ports, ids, and when a session began."""
    text = re.sub(r"127\.0\.0\.1([:_])\d+", r"127.0.0.1\1PORT", text)
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", text)
    text = re.sub(r'("(updated_at|start_time)": )"[^"]+"', r'\1"TIME"', text)
    text = re.sub(r"-moving-[0-9a-f]{6}\b", "-moving-xxxxxx", text)
    text = re.sub(r"last changed (\S+\)|[-\d]+ [:\d]+ UTC)", "last changed TIME", text)
    return re.sub(r"since \d\S*( \d\d:\d\d\S*)?( UTC)?", "since TIME", text)


@pytest.mark.parametrize("name", CASES)
def test_what_is_shown_is_as_it_was(name, apply, declare, space, done, reconciler, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    shown = ""
    for line in CASES[name](apply, declare, space, done):
        code, out, err = reconciler(*line)
        shown += f"$ reconciler {' '.join(line)}\n{out}{err}[exit {code}]\n\n"
    shown = masked(shown)
    path = GOLDEN / f"{name}.txt"
    if UPDATE:
        path.write_text(shown, encoding="utf-8", newline="\n")
    assert shown == path.read_text(encoding="utf-8")
    assert CREDENTIALS[1] not in shown


@pytest.mark.parametrize("name", CASES)
def test_what_programs_read_is_as_it_was(
    name, apply, declare, space, done, reconciler, monkeypatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    plan = next(
        line for line in [*CASES[name](apply, declare, space, done), PLAN] if line[0] == "plan"
    )
    code, out, err = reconciler(*plan, "--format", "json")
    path = GOLDEN / f"{name}.json"
    shown = masked(out or err)
    assert code == (0 if out else 1)
    if UPDATE:
        path.write_text(shown, encoding="utf-8", newline="\n")
    assert shown == path.read_text(encoding="utf-8")


def test_every_golden_file_has_a_case():
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)
