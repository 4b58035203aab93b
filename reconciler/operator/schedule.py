"""When to look at a Space again, and which events of the cluster ask for it at once."""

import random
from collections.abc import Mapping
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.operator.reporting import Report
from reconciler.operator.resources import Metadata

FIRST_PAUSE = 5.0
LOCKED_PAUSE = 3.0
_LONGEST_FACTOR = 8
_JITTER = 0.1
BATCH = 0.3  # seconds to wait for more changes before a pass


@dataclass(slots=True)
class Pauses:
    """The pauses between passes of one Space: each failure in a row doubles them."""

    failures: int = 0

    def after(self, report: Report, interval: float) -> float:
        """Return the seconds until the next pass."""
        if report.locked:
            return LOCKED_PAUSE
        partly = any(report.outcomes.get(name) for name in ("failed", "unknown", "skipped"))
        if not report.error and not partly:
            self.failures = 0
            return interval * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # spreads many Spaces
        self.failures += 1
        longest = interval if partly else interval * _LONGEST_FACTOR
        doubled: float = FIRST_PAUSE * 2.0 ** min(self.failures - 1, 16)
        return min(doubled, longest)


def _fingerprint(metadata: Metadata) -> tuple[Any, ...]:
    """What of a resource a pass depends on: not its status, nor our finalizer."""
    return metadata.generation, metadata.deleting, tuple(sorted(metadata.annotations.items()))


@dataclass(slots=True)
class Changes:
    """Remembers what was seen of each resource, so that our own writes wake no pass."""

    _seen: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def matters(self, metadata: Metadata, event: Mapping[str, Any]) -> bool:
        """Whether an event of the cluster asks for a pass."""
        if event.get("type") == "DELETED":
            return self._seen.pop(metadata.uid, None) is not None
        now = _fingerprint(metadata)
        before = self._seen.get(metadata.uid)
        self._seen[metadata.uid] = now
        return before != now
