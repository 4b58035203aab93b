import shlex
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.plan_model import Action
from reconciler.core.resources import Address
from reconciler.core.text import hidden_characters
from reconciler.reports.formats import DRIFT_FORMATS, PLAN_FORMATS
from reconciler.reports.text.plan import NextStep, PlanReport
from reconciler.reports.text.style import columns
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
def test_nothing_to_do_is_one_line_below_the_space(noop, line):
    empty = PlanReport(plan(noop=noop, unmanaged=()), NOW, environment="staging")
    space = "Space example.signalwire.com, project 1b2c3d4e…, environment staging"
    assert text_of(empty) == f"{space}\nNo changes: {line}.\n"


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
        most = 2 if width >= 90 or formats is DRIFT_FORMATS else 4  # lines for two changes
        assert 0 <= shown.count("\n") - formats[fmt](calm).count("\n") <= most


def five_rooms(**more):
    same = change("max_members", 15, 17, "manifest", at("presets.yaml", 12, 16))
    actions = [Action("update", Address("Room", f"r{number}"), "x", (same,)) for number in range(5)]
    own = (same, change("layout", "2x2", "3x3"))
    return PlanReport(
        plan(DELETE, *actions, Action("update", Address("Room", "own"), "x", own)), NOW, **more
    )


def test_equal_changes_of_many_resources_are_one_block():
    text = text_of(five_rooms())

    assert text.count("15 → 17") == 1
    assert "~ 6 Rooms" in text
    assert "    on r0, r1, r2, r3, r4, own\n" in text
    assert "    and 1 change shared with others, above\n" in text
    assert "- Room/old-standup" in text


def test_ten_thousand_equal_changes_fit_on_a_screen():
    same = change("max_members", 15, 17, "manifest", at("presets.yaml", 12, 16))
    actions = [Action("update", Address("Room", f"room-{n}"), "x", (same,)) for n in range(10_000)]

    short = text_of(PlanReport(plan(*actions), NOW))
    full = text_of(PlanReport(plan(*actions), NOW, verbose=True))

    assert len(short.splitlines()) < 24
    assert "and 9940 more (--verbose names all)" in short
    assert "room-9999" in full


def test_a_legend_explains_the_signs_that_are_shown_and_no_others():
    assert "Signs:  - delete  ~ update;  live → after apply\n" in text_of(five_rooms())
    assert "Signs:  + create\n" in text_of(PlanReport(plan(CREATE), NOW))
    assert "->" in text_of(five_rooms(ascii=True))


@pytest.mark.parametrize("lines", [5, 100])
def test_the_counts_come_first_as_well_where_the_plan_is_longer_than_a_screen(lines):
    text = text_of(five_rooms(lines=lines))
    assert text.count("Plan: ") == (2 if lines == 5 else 1)


@pytest.mark.parametrize("name", [name for name in PLANS if "hostile" not in name])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_on_a_terminal_no_line_is_wider_than_it(name, width):
    report = replace(PLANS[name], width=width, lines=30, colour=False, verbose=False)
    report = replace(report, ascii=False)  # escapes are longer than what they stand for
    assert [line for line in text_of(report).splitlines() if columns(line) > width] == []


def test_a_command_that_is_broken_can_be_pasted_whole():
    steps = (NextStep("Apply", f"reconciler apply {'a-long-file.yaml ' * 5}--env prod"),)
    shown = text_of(five_rooms(width=60, lines=30, next_steps=steps)).split("Apply: ")[1]

    assert " \\\n" in shown
    assert shlex.split(shown.replace("\\\n", "")) == shlex.split(steps[0].command)


def test_deletions_stand_line_below_line():
    gone = [
        replace(DELETE, address=Address("Room", f"room-{number}"), session=None)
        for number in range(3)
    ]

    lines = text_of(PlanReport(plan(*gone), NOW)).split("\n")

    first = next(index for index, line in enumerate(lines) if "room-0" in line)
    assert [line.split()[1] for line in lines[first : first + 3]] == [
        "Room/room-0",
        "Room/room-1",
        "Room/room-2",
    ]
