"""The part of a plan that is drift."""

from dataclasses import replace

from reconciler.core.drift import drifted_part
from reconciler.core.plan_model import MISSING, REPLACED, Action, FieldChange, Plan
from reconciler.core.resources import Address
from tests.unit.core.worlds import applied

LOBBY = Address("Room", "lobby")
DRIFT = FieldChange("layout", "5x5", "3x3", "drift")
CONFLICT = FieldChange("quality", "1080p", "720p", "conflict")
WANTED = FieldChange("max_members", 3, 5, "manifest")
UPDATE = Action("update", LOBBY, "1", (DRIFT, WANTED, CONFLICT), live_name="lobby")


def part(*actions, noop=0):
    found = drifted_part(Plan("s", "p", actions, noop, ()))
    return found.actions, found.noop


def test_of_an_update_what_was_changed_outside_stays():
    assert part(UPDATE) == ((replace(UPDATE, changes=(DRIFT, CONFLICT)),), 0)


def test_what_only_the_manifests_change_counts_as_unchanged():
    mine = replace(UPDATE, changes=(WANTED,))
    others = [replace(mine, action=verb) for verb in ("update", "rename", "delete")]
    assert part(*others, noop=2) == ((), 5)
    new = [replace(mine, action=verb) for verb in ("create", "adopt")]
    assert part(*new, noop=2) == ((), 2)


def test_what_is_missing_is_drift_with_all_of_its_fields():
    missing = replace(UPDATE, action="create", id=None, changes=(WANTED,), reason=MISSING)
    assert part(missing) == ((missing,), 0)


def test_what_was_replaced_outside_is_drift_with_what_differs():
    replaced = replace(UPDATE, action="adopt", changes=(WANTED, DRIFT), reason=REPLACED)
    assert part(replaced) == ((replace(replaced, changes=(DRIFT,)),), 0)


def test_drift_of_what_is_declared_no_longer_is_measured_against_the_record():
    known = applied("Room", "lobby", 1, layout="4x4")
    gone = replace(DRIFT, after=None)
    unset = FieldChange("quality", "1080p", None, "drift")
    deletion = replace(UPDATE, action="delete", changes=(gone, unset), known=known)
    expected = replace(deletion, action="update", changes=(replace(gone, after="4x4"), unset))
    assert part(deletion) == ((expected,), 0)
    assert part(replace(deletion, known=None)) == ((replace(deletion, known=None),), 0)
