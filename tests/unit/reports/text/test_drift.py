from dataclasses import replace

from reconciler.core.drift import drifted_part
from reconciler.core.plan_model import Plan
from tests.unit.reports.cases import CREATE, DELETE, PROJECT, RECREATE, RENAME, SPACE, UPDATE, plan


def test_only_what_somebody_else_changed_is_drift():
    only_drift = replace(UPDATE, changes=UPDATE.changes[1:3])
    assert drifted_part(
        plan(CREATE, UPDATE, RENAME, DELETE, RECREATE, noop=5, unmanaged=())
    ) == Plan(SPACE, PROJECT, (only_drift, RECREATE), 7, ())


def test_taking_the_drifted_part_twice_changes_nothing():
    once = drifted_part(plan(CREATE, UPDATE, RENAME, DELETE, RECREATE))
    assert drifted_part(once) == once


def test_a_plan_without_drift_has_none():
    assert drifted_part(plan(CREATE, DELETE)).actions == ()
