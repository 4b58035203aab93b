from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.plan_model import Action
from reconciler.core.resources import Address
from reconciler.core.text import hidden_characters
from reconciler.reports.formats import DRIFT_FORMATS, PLAN_FORMATS
from reconciler.reports.text.plan import PlanReport
from tests.effort import examples
from tests.unit.reports.cases import CREATE, DELETE, LONG, NOW, PLANS, UPDATE, at, change, plan

text_of = PLAN_FORMATS["text"]


def test_deletions_stand_first_and_the_counts_last():
    lines = text_of(PlanReport(plan(UPDATE, CREATE, DELETE), NOW)).splitlines()
    assert [line[0] for line in lines if line[:1] in "+~-" and line] == ["-", "+", "~"]
    assert (
        lines[-1]
        == "Plan: 1 to create, 1 to update, 1 to delete; 37 unchanged, 1 drifted, 4 unmanaged."
    )


@pytest.mark.parametrize(
    ("noop", "line"),
    [(40, "40 resources match"), (1, "1 resource matches"), (0, "there is nothing to manage")],
)
def test_nothing_to_do_is_one_line(noop, line):
    assert text_of(PlanReport(plan(noop=noop, unmanaged=()), NOW)) == f"No changes: {line}.\n"


def test_without_a_project_none_is_named():
    report = PLANS["plan-short"]
    assert (
        text_of(replace(report, plan=replace(report.plan, space="local", project=""))).splitlines()[
            0
        ]
        == "Space local"
    )


def test_verbose_shows_long_values_in_full():
    ending = "Bring coffee."
    assert ending in text_of(PlanReport(plan(LONG), NOW, verbose=True))
    assert max(map(len, text_of(PlanReport(plan(LONG), NOW)).splitlines())) < 160


def test_ordinary_values_are_not_cut():
    assert '"grid-responsive" → "highlight-1-responsive"' in text_of(
        PlanReport(plan(UPDATE), NOW, width=80)
    )


@settings(max_examples=examples(60), deadline=None)
@given(st.text(), st.text(), st.sampled_from(["text"]), st.integers(20, 120), st.booleans())
def test_what_comes_from_outside_cannot_leave_its_line(name, value, fmt, width, verbose):
    changes = (
        change("display_name", value, name, "drift", at(value or "x", 1, 1)),
        change("meta." + name, name, value),
    )
    report = PlanReport(
        plan(Action("update", Address("Room", name), value, changes)),
        NOW,
        width=width,
        verbose=verbose,
    )
    calm = PlanReport(
        plan(
            Action(
                "update",
                Address("Room", "x"),
                "y",
                (change("display_name", "a", "b", "drift"), change("m", "a", "b")),
            )
        ),
        NOW,
    )
    for formats in (PLAN_FORMATS, DRIFT_FORMATS):
        shown = formats[fmt](report)
        assert hidden_characters(shown) == []
        assert "\t" not in shown
        assert "\r" not in shown
        assert shown.count("\n") - formats[fmt](calm).count("\n") in (0, 1, 2)
