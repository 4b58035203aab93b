"""A saved plan is applied exactly or not at all, and once."""

import hashlib
import json
from pathlib import Path

import pytest

from reconciler import __version__
from reconciler.engine.saved_plan.document import binding
from tests.commands.words import MANIFESTS, conference, manifest, room

SAVED = "plan.json"


@pytest.fixture
def saved(declare, done, space):
    """A plan that creates a, changes b and deletes c, saved; gives the Space."""
    for documents in (
        [room("b"), room("c"), room("d")],
        [room("a", max_members=5), room("b", layout="3x3"), room("d")],
    ):
        declare(*documents)
        if documents[0]["metadata"]["name"] == "b":
            done("apply", MANIFESTS, "--yes")
    done("plan", MANIFESTS, "--out", SAVED)
    return space


@pytest.fixture
def stale(reconciler, saved):
    """Apply the saved plan, which must be refused with nothing written; gives the message."""

    def ran(*flags, manifests=MANIFESTS):
        before = list(saved.space.ledger)
        code, _, err = reconciler("apply", manifests, "--plan", SAVED, *flags)
        assert code == 3, err
        assert saved.space.ledger == before
        return err

    return ran


def test_it_is_carried_out_without_a_question(done, saved):
    result = done("apply", MANIFESTS, "--plan", SAVED)

    assert "Applied: 1 created, 1 updated, 1 deleted." in result.out
    assert saved.names() == {"Room/a", "Room/b", "Room/d"}


def test_it_is_carried_out_once(done, stale):
    done("apply", MANIFESTS, "--plan", SAVED)

    assert "the state was written since" in stale()


def test_what_nobody_declared_may_change_meanwhile(done, saved):
    saved.create("Room", name="theirs")

    done("apply", MANIFESTS, "--plan", SAVED)


def test_other_manifests_are_another_plan(declare, stale):
    declare(room("a", max_members=6), room("b", layout="3x3"), room("d"))

    message = stale()

    assert "the manifests were changed since the plan was made" in message
    assert "Room/a: max_members would become 6 now; the saved plan says 5" in message


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda space: space.change("Room", "b", layout="5x5"),
            'Room/b: layout was "grid-responsive" and is "5x5" now',
        ),
        (
            lambda space: space.change("Room", "b", layout="3x3"),
            "Room/b: the update is in the saved plan, but no longer needed",
        ),
        (
            lambda space: space.change("Room", "c", description="wanted after all"),
            "the saved plan was edited, or something that it does not list has changed",
        ),
        (
            lambda space: space.remove("Room", "c"),
            "Room/c: the delete is in the saved plan, but no longer needed",
        ),
        (lambda space: space.change("Room", "d", display_name="D"), None),
        (
            lambda space: space.remove("Room", "d"),
            "Room/d: the create is needed now, but not in the saved plan",
        ),
        (
            lambda space: space.create("Room", name="a"),
            "Room/a: the saved plan says create, but adopt is needed now",
        ),
    ],
)
def test_a_space_that_moved_is_told(done, saved, stale, change, told):
    change(saved)

    if told is None:
        done("apply", MANIFESTS, "--plan", SAVED)
    else:
        assert told in stale()


def test_people_who_come_and_go_do_not_make_it_stale(done, saved):
    saved.space.start_session("Room", "b", members=2)

    done("apply", MANIFESTS, "--plan", SAVED)


def rewritten(**changes):
    """The saved plan with other contents, and with the digest that belongs to them, as somebody would who knows how it is made."""
    document = json.loads(Path(SAVED).read_text(encoding="utf-8")) | changes
    canonical = json.dumps(binding(document), sort_keys=True, separators=(",", ":"))
    document["digest"] = f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"
    Path(SAVED).write_text(json.dumps(document), encoding="utf-8")


def test_an_edited_file_is_not_applied(saved, stale):
    Path(SAVED).write_text(
        Path(SAVED).read_text(encoding="utf-8").replace('"3x3"', '"4x4"'), encoding="utf-8"
    )

    assert "was edited or damaged" in stale()


def test_an_edited_file_whose_digest_was_made_to_fit_is_not_applied(saved, stale):
    document = json.loads(Path(SAVED).read_text(encoding="utf-8"))
    rewritten(
        actions=[one for one in document["actions"] if one["action"] != "delete"],
        summary=document["summary"] | {"delete": 0},
    )

    assert "Room/c: the delete was removed from it" in stale()


def test_a_manifest_that_was_moved_is_not_taken_for_an_edited_plan(saved, stale):
    Path("moved").mkdir()
    moved = Path(MANIFESTS).rename(Path("moved") / MANIFESTS)
    again = stale(manifests=moved)

    assert "is stale" in again
    assert "place in the manifests" in again
    assert "was edited" not in again


def test_other_actions_of_another_version_are_not_called_edited(saved, stale):
    document = json.loads(Path(SAVED).read_text(encoding="utf-8"))
    rewritten(
        actions=[one for one in document["actions"] if one["action"] != "delete"],
        summary=document["summary"] | {"delete": 0},
        made_by="reconciler 0.0.1",
    )

    assert "the plan was made by reconciler 0.0.1" in stale()


def test_a_summary_that_hides_an_action_is_told(saved, stale):
    document = json.loads(Path(SAVED).read_text(encoding="utf-8"))
    rewritten(summary=document["summary"] | {"delete": 0})

    assert "its summary has 0 to delete, its list 1" in stale()


def test_another_space_is_told_before_anything_else(saved, stale):
    rewritten(space="other.signalwire.com")

    assert "is for other.signalwire.com" in stale()


def test_another_version_of_the_tool_is_told_where_the_plan_is_stale(saved, stale):
    saved.change("Room", "b", layout="5x5")
    rewritten(made_by="reconciler 0.0.1")

    assert f"the plan was made by reconciler 0.0.1, and this is reconciler {__version__}" in stale()


def test_another_version_of_the_tool_alone_is_no_reason_to_refuse(done, saved):
    rewritten(made_by="reconciler 0.0.1")

    done("apply", MANIFESTS, "--plan", SAVED)


def test_what_is_refused_without_a_plan_is_refused_with_one(
    apply, declare, done, reconciler, space
):
    apply(room("a"), room("b"), room("c"))
    declare(room("a"))
    done("plan", MANIFESTS, "--out", SAVED)

    refused = reconciler("apply", MANIFESTS, "--plan", SAVED)

    assert (refused.code, "--allow-delete Room=2" in refused.err) == (3, True)
    done("apply", MANIFESTS, "--plan", SAVED, "--allow-delete", "Room=2")
    assert space.names() == {"Room/a"}


def test_it_remembers_what_it_was_about(declare, done, space):
    declare(room("a"), room("b"))
    done("plan", MANIFESTS, "--target", "Room/a", "--out", SAVED)

    done("apply", MANIFESTS, "--plan", SAVED)

    assert space.names() == {"Room/a"}


def test_a_first_plan_with_a_secret_can_be_applied_and_holds_none(
    declare, done, reconciler, space, monkeypatch
):
    monkeypatch.setenv("RTMP", "rtmp://live.example/app/k3y-canary")
    declare(conference("c", streams=[{"url": "${env:RTMP}"}]))
    done("plan", MANIFESTS, "--out", SAVED)
    assert "canary" not in Path(SAVED).read_text(encoding="utf-8")

    monkeypatch.setenv("RTMP", "rtmp://live.example/app/another")
    assert reconciler("apply", MANIFESTS, "--plan", SAVED).code == 3
    monkeypatch.setenv("RTMP", "rtmp://live.example/app/k3y-canary")
    done("apply", MANIFESTS, "--plan", SAVED)


def test_what_is_no_plan_is_said_so(
    declare, reconciler, space
):  # every case of it: tests/faults/catalogues/plans
    declare(room("a"))
    Path(SAVED).write_text("PK\x03\x04", encoding="utf-8")

    code, _, err = reconciler("apply", MANIFESTS, "--plan", SAVED)

    assert (code, "is a ZIP archive" in err, space.names()) == (1, True, set())


def test_a_missing_file_and_flags_that_belong_to_plan_are_said_so(declare, reconciler, saved):
    assert "cannot be read" in reconciler("apply", MANIFESTS, "--plan", "nowhere.json").err
    code, _, err = reconciler("apply", MANIFESTS, "--plan", SAVED, "--target", "Room/a")
    assert (code, "belong to 'reconciler plan'" in err) == (1, True)


def test_one_that_is_saved_among_the_manifests_is_not_one_of_them(declare, done, space):
    declare(room("a"), to="manifests/a.yaml")

    done("plan", "manifests", "--out", "manifests/plan.json")
    validated = done("validate", "manifests")
    applied = done("apply", "manifests", "--plan", "manifests/plan.json")

    assert space.names() == {"Room/a"}
    assert (
        "manifests/plan.json:1:1: warning: this is a saved plan, not a manifest, and is skipped"
        in validated.out
    )
    assert "warning" not in applied.err  # it is the plan of this run


def test_what_the_tool_writes_stops_nothing_where_it_lies_among_the_manifests(
    declare, done, reconciler, space
):
    declare(
        room("a", presets=["base"]), manifest("Preset", "base", layout="3x3"), to="manifests/a.yaml"
    )
    Path("reconciler.yaml").write_text(
        "manifests: [manifests]\nstate: manifests/prod.json\n", encoding="utf-8"
    )
    done("apply", "--yes")
    for name, words in (
        ("drift", ("drift", "--format", "json")),
        ("done", ("apply", "--yes", "--format", "json")),
    ):
        text = done(*words).out
        Path(f"manifests/{name}.json").write_text(text, encoding="utf-8")
    done("schema", "--write", "manifests/schemas")

    ran = done("plan")

    assert "No changes" in ran.out
    told = {line.split("warning: ")[1] for line in ran.err.splitlines() if "warning: " in line}
    assert told == {
        f"this is {what}, not a manifest, and is skipped"
        for what in (
            "a state",
            "a drift report",
            "the result of an apply",
            "a JSON Schema",
        )
    }


def test_what_has_a_kind_is_a_manifest_whatever_else_it_has(declare, reconciler, space):
    declare(room("a") | {"lineage": "x", "serial": 1})

    assert reconciler("validate", MANIFESTS).code == 1


@pytest.mark.parametrize("key", ["metadata", "spec", "kind", "apiVersion"])
def test_a_manifest_that_lost_half_of_its_head_stops_the_run_and_deletes_nothing(
    declare, done, reconciler, space, key
):
    declare(room("a"), room("b"), room("c"))
    done("apply", MANIFESTS, "--yes")
    declare(room("b"), room("c"), {"$schema": "room.schema.json", key: room("a")[key]})

    assert reconciler("apply", MANIFESTS, "--yes").code == 1
    assert space.names() == {"Room/a", "Room/b", "Room/c"}
