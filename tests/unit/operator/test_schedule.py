"""When a Space is looked at, and what wakes a pass."""

import pytest

from reconciler.operator.metrics import Metrics
from reconciler.operator.reporting import Report
from reconciler.operator.resources import FINALIZER, SpaceKey, metadata_of
from reconciler.operator.schedule import FIRST_PAUSE, LOCKED_PAUSE, Changes, Pauses


def seen(**changes):
    metadata = {"uid": "1", "generation": 1, "annotations": {}, "finalizers": [], **changes}
    return metadata_of({"metadata": metadata}, "Room")


WAKING = {
    "a new generation": {"generation": 2},
    "a deletion mark": {"deletionTimestamp": "2027-01-01T00:00:00Z"},
    "our annotation": {"annotations": {"reconciler.dev/paused": "true"}},
}
OWN = {
    "a finalizer": {"finalizers": [FINALIZER]},
    "a version": {"resourceVersion": "17"},
    "an annotation of others": {"annotations": {"kubectl.kubernetes.io/x": "1"}},
}


@pytest.mark.parametrize("changes", WAKING.values(), ids=WAKING)
def test_what_people_change_wakes(changes):
    known = Changes()
    assert known.matters(seen(), {"type": None})
    assert known.matters(seen(**changes), {"type": "MODIFIED"})


@pytest.mark.parametrize("changes", OWN.values(), ids=OWN)
def test_what_the_operator_writes_wakes_nothing(changes):
    known = Changes()
    known.matters(seen(), {"type": "ADDED"})
    assert not known.matters(seen(**changes), {"type": "MODIFIED"})


def test_a_deletion_wakes_once_and_frees_a_name():
    known = Changes()
    known.matters(seen(), {"type": "ADDED"})
    assert known.matters(seen(), {"type": "DELETED"})
    assert not known.matters(seen(), {"type": "DELETED"})
    assert known.matters(seen(), {"type": "ADDED"})


def test_each_failure_doubles_the_pause_up_to_eight_intervals():
    pauses = Pauses()
    found = [pauses.after(Report(error="down"), 10.0) for _ in range(7)]
    assert found == [FIRST_PAUSE * 2**number for number in range(4)] + [
        80.0,
        80.0,
        80.0,
    ]
    assert 9 <= pauses.after(Report(), 10.0) <= 11
    assert pauses.after(Report(error="down"), 10.0) == FIRST_PAUSE


def test_what_was_done_in_part_is_repeated_soon_and_a_lock_sooner():
    pauses = Pauses()
    assert pauses.after(Report(outcomes={"failed": 1}), 300.0) == FIRST_PAUSE
    assert pauses.after(Report(locked="another"), 300.0) == LOCKED_PAUSE


def test_the_figures():
    metrics = Metrics()
    key = SpaceKey("team", 'a"b')
    metrics.note(key, Report(managed=3, outcomes={"create": 3}), seconds=0.5, at=100.0)
    metrics.note(key, Report(error="down"), seconds=1.0, at=101.0)

    text = metrics.text()
    where = r'namespace="team",space="a\"b"'
    assert f'reconciler_passes_total{{{where},result="ok"}} 1\n' in text
    assert f'reconciler_passes_total{{{where},result="failed"}} 1\n' in text
    assert f'reconciler_actions_total{{{where},result="create"}} 3\n' in text
    assert f"reconciler_managed{{{where}}} 3\n" in text
    assert text.count("# TYPE reconciler_passes_total counter") == 1

    metrics.note(key, Report(), seconds=1.0, at=1_796_000_123.25)
    assert f"reconciler_last_success_timestamp_seconds{{{where}}} 1796000123.25\n" in metrics.text()

    metrics.forget(key)
    assert "reconciler_managed" not in metrics.text()
