"""House rule 4: values are frozen. And what is not said of one is empty, but for these defaults."""

import time

import pytest

from reconciler import state
from reconciler.state.backends.object_head import ObjectNames
from reconciler.state.lock_record import LockRecord, Version
from reconciler.state.snapshot import Snapshot
from tests.unit.values import check_frozen, dataclasses_in, defaults_in


@pytest.mark.parametrize("value", dataclasses_in(state), ids=lambda one: one.__name__)
def test_a_value_is_frozen(value):
    check_frozen(value)


def test_what_is_not_said_is_empty():
    assert defaults_in(state) == {
        "Clock.monotonic": time.monotonic,
        "Clock.sleep": time.sleep,
        "HeadVersion.names": ObjectNames(),
        "Lock.newest": Version(),
        "Lock.seconds": 60.0,
        "LockRecord.newest": Version(),
        "Snapshot.head": LockRecord(),
        "Timing.heartbeat": 15.0,
        "Timing.lease": 60.0,
        "Timing.poll": 3.0,
        "VersionedSnapshot.snapshot": Snapshot(),
    }
