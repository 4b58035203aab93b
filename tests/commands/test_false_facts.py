"""Each fact that a run uses, and a Space in which it is false: no command writes what its plan did not show."""

from typing import Any, NamedTuple

import pytest

from reconciler import catalog
from reconciler.core.kinds import resources
from reconciler.engine.probe.questions import QUESTIONS
from reconciler.localspace import Settings
from tests.commands.words import MAKERS, MANIFESTS

KINDS = catalog.kinds()
EACH_KIND = pytest.mark.parametrize("kind", MAKERS)
UNTIL = "2030-01-01T00:00:00Z"


def flag_of(kind):
    """A boolean field without a documented default, that no request must have."""
    own = KINDS[kind]
    must = {*own.required_on_create, *own.required_on_update}
    return next(
        name
        for name in own.attributes
        if own.spellings[name] == "boolean" and not own.is_documented(name) and name not in must
    )


class Lie(NamedTuple):
    """An answer, and the settings of a Space in which it is false."""

    answer: Any
    settings: dict


def true_answers(kind):
    """What is true of a Space as it is served."""
    return {
        "omitted_fields": "kept",
        "active_session": "shown" if KINDS[kind].session_told else "absent",
        "defaults": {flag_of(kind): KINDS[kind].initial(flag_of(kind), "a"), "join_until": None},
        "null": "accepted",
        "list_lag": {"seconds": 0, "listings": 1},
    }


FALSE = {
    "omitted_fields": lambda _: Lie("kept", {"put": "replace"}),
    "active_session": lambda _: Lie("shown", {"active_session": "absent"}),
    "defaults": lambda kind: Lie({flag_of(kind): True, "join_until": None}, {}),
    "null": lambda _: Lie("accepted", {"clear": "refused"}),
    "list_lag": lambda _: Lie({"seconds": 0, "listings": 1}, {"lag_seconds": 3600}),
}
EACH = pytest.mark.parametrize("question", FALSE)


def test_every_kind_of_resource_has_a_maker():
    assert {kind.name for kind in resources(KINDS)} == MAKERS.keys()


def test_every_fact_that_a_run_uses_is_tried_where_it_is_false():
    assert {question.id for question in QUESTIONS if question.uses} == FALSE.keys()


@pytest.fixture
def lying(space, apply, know, declare):
    """Four resources with another user's edits and a session; then one fact is false."""

    def made(question, kind, *, session=True):
        make, flag = MAKERS[kind], flag_of(kind)
        apply(
            make("a", layout="3x3", join_until=UNTIL, **{flag: True}),
            make("b"),
            make("c", layout="3x3"),
            make("d"),
        )
        for name in "abcd":
            space.change(kind, name, description="theirs", quality="1080p")
        lie = FALSE[question](kind)
        know([kind], **{**true_answers(kind), question: lie.answer})
        if session:
            space.space.start_session(kind, "b", members=2)
        space.space.knobs = Settings(**lie.settings)
        declare(make("a", layout="5x5"), make("c", layout="5x5"), make("d"), make("n"))
        return space

    return made


def contents(space, kind):
    """Everything of a kind by name, without what every write changes."""
    found = space.space._store.page(kind)
    return {record.name: (record.id, dict(record.attributes)) for record in found}


def unshown(before, after, plan):
    """What happened to resources that the plan does not say."""
    shown = {
        (action["name"], change["path"].partition(".")[0])
        for action in plan["actions"]
        for change in action["changes"]
    }
    verbs = {(action["action"], action["name"]) for action in plan["actions"]}
    found = [("delete", name) for name in before if name not in after]
    found += [("create", name) for name in after if name not in before]
    wrong = [one for one in found if one not in verbs]
    for name in before.keys() & after.keys():
        (old_id, old), (new_id, new) = before[name], after[name]
        wrong += [(name, "id")] if old_id != new_id else []
        wrong += [
            (name, field)
            for field in {*old, *new}
            if old.get(field) != new.get(field) and (name, field) not in shown
        ]
    return wrong


@EACH_KIND
@EACH
def test_plan_and_drift_write_nothing_and_drift_is_as_without_facts(
    lying, plan, reconciler, know, question, kind
):
    space = lying(question, kind)
    space.space.set_fields(kind, "d", layout="8x8")
    before, ledger = contents(space, kind), len(space.space.ledger)
    plan()
    with_fact = reconciler("drift", MANIFESTS, "--format", "json")
    know([kind])
    without = reconciler("drift", MANIFESTS, "--format", "json")
    assert (with_fact.code, with_fact.json["drift"]) == (without.code, without.json["drift"])
    assert (contents(space, kind), len(space.space.ledger)) == (before, ledger)


@EACH_KIND
@EACH
@pytest.mark.parametrize("saved", [False, True], ids=["apply", "saved plan"])
def test_apply_writes_nothing_that_its_plan_did_not_show(
    lying, plan, reconciler, question, kind, saved
):
    space = lying(question, kind)
    shown = plan("--out", "plan.json") if saved else plan()
    before = contents(space, kind)

    words = ["--plan", "plan.json"] if saved else [MANIFESTS, "--yes"]
    ran = reconciler("apply", *words)

    after = contents(space, kind)
    assert ran.code in (0, 3, 4), ran.out + ran.err
    assert unshown(before, after, shown) == []
    assert "b" in after, "people are in it"


@EACH_KIND
@EACH
def test_what_is_done_in_spite_of_a_false_fact_is_what_was_shown(
    lying, plan, reconciler, question, kind
):
    """Without a session that refuses everything."""
    space = lying(question, kind, session=False)
    shown = plan()
    before = contents(space, kind)

    ran = reconciler("apply", MANIFESTS, "--yes")

    after = contents(space, kind)
    assert ran.code in (0, 4), ran.out + ran.err
    assert unshown(before, after, shown) == []
    assert after["a"][1]["description"] == after["c"][1]["description"] == "theirs"
    assert after["c"][1]["layout"] == "5x5"
    assert sorted(after) == ["a", "c", "d", "n"]
