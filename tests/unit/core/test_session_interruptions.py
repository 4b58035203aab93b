from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.core.plan_model import FieldChange, Interruption
from reconciler.core.session_interruptions import RULES, interruptions
from tests.unit.core.worlds import KINDS

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
BEFORE, AT, AFTER, LATER = (
    f"2026-11-30T{time}Z" for time in ("11:59:59", "12:00:00", "12:00:01", "13:00:00")
)
SIZES = {"enum": ["small", "medium", "large"]}


@pytest.mark.parametrize(
    ("rule", "before", "after", "interrupts"),
    [
        ("sooner", None, LATER, True),
        ("sooner", LATER, AFTER, True),
        ("sooner", AFTER, LATER, False),
        ("sooner", AFTER, AFTER, False),
        ("sooner", LATER, None, False),
        ("sooner", None, None, False),
        ("sooner", 60, 59, True),
        ("sooner", 60, 60, False),
        ("sooner", 60, LATER, True),
        ("sooner", "soon", LATER, True),
        ("sooner", LATER, "later", True),
        ("sooner", LATER, 60, True),
        ("past", None, AT, True),
        ("past", None, AFTER, False),
        ("past", AFTER, BEFORE, True),
        ("past", AT, BEFORE, False),
        ("past", AFTER, None, False),
        ("future", None, AFTER, True),
        ("future", None, AT, False),
        ("future", AT, AFTER, True),
        ("future", AFTER, LATER, False),
        ("future", BEFORE, None, False),
        ("fewer", 10, 9, True),
        ("fewer", 10, 10, False),
        ("fewer", 10, 11, False),
        ("fewer", None, 5, True),
        ("fewer", 10, None, False),
        ("smaller", "medium", "small", True),
        ("smaller", "medium", "medium", False),
        ("smaller", "medium", "large", False),
        ("smaller", "huge", "large", True),
        ("smaller", "small", "huge", True),
        ("gone", {}, None, True),
        ("gone", None, {}, False),
    ],
)
def test_what_a_rule_says(rule, before, after, interrupts):
    assert RULES[rule](before, after, SIZES, NOW) is interrupts


def test_only_fields_with_a_rule_interrupt_and_a_maximum_is_kept():
    kind = replace(KINDS["Room"], interrupts={"max_members": "fewer", "layout": "smaller"})
    changes = [
        FieldChange("max_members", 10, 4, "manifest"),
        FieldChange("layout", None, "3x3", "manifest"),
        FieldChange("display_name", "a", "b", "manifest"),
    ]
    assert interruptions(kind, changes, now=NOW) == (
        Interruption("max_members", 4),
        Interruption("layout", None),
    )
