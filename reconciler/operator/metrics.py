"""Figures of the operator in the text format of Prometheus."""

import threading
from collections import Counter

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.value_text import plain
from reconciler.operator.reporting import Report
from reconciler.operator.resources import SpaceKey
from reconciler.operator.texts import cut
from reconciler.reports.ci.metrics import sample_line

_HELP = {
    "reconciler_passes_total": ("counter", "Passes of a Space, by result."),
    "reconciler_actions_total": ("counter", "Actions in a Space, by result."),
    "reconciler_pass_seconds": ("gauge", "Seconds that the last pass took."),
    "reconciler_last_success_timestamp_seconds": ("gauge", "When a pass last came to its end."),
    "reconciler_managed": ("gauge", "Managed resources that are in the Space."),
    "reconciler_drifted": ("gauge", "Resources that were changed outside and not restored."),
    "reconciler_unmanaged": ("gauge", "Resources in the Space that are not managed."),
    "reconciler_refused": ("gauge", "Changes that the last pass refused."),
}

_LONGEST_LABEL = 253
_Sample = tuple[str, tuple[tuple[str, str], ...]]


def _line(sample: _Sample, value: float) -> str:
    name, labels = sample
    return sample_line(name, {key: cut(plain(text), _LONGEST_LABEL) for key, text in labels}, value)


@dataclass(slots=True)
class Metrics:
    """Counts passes and actions by Space. Thread-safe."""

    _counters: Counter[_Sample] = field(default_factory=Counter)
    _gauges: dict[_Sample, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, key: SpaceKey, report: Report, *, seconds: float, at: float) -> None:
        """Count one pass that took ``seconds`` and ended ``at`` (seconds since 1970)."""
        space = (("namespace", key.namespace), ("space", key.name))
        result = "locked" if report.locked else "failed" if report.error else "ok"
        with self._lock:
            self._counters["reconciler_passes_total", (*space, ("result", result))] += 1
            self._gauges["reconciler_pass_seconds", space] = round(seconds, 3)
            if result != "ok":
                return
            for name, number in report.outcomes.items():
                self._counters["reconciler_actions_total", (*space, ("result", name))] += number
            self._gauges |= {
                ("reconciler_last_success_timestamp_seconds", space): at,
                ("reconciler_managed", space): report.managed,
                ("reconciler_drifted", space): report.drifted,
                ("reconciler_unmanaged", space): report.unmanaged,
                ("reconciler_refused", space): report.refused,
            }

    def forget(self, key: SpaceKey) -> None:
        """Drop the gauges of a Space that is gone."""
        space = (("namespace", key.namespace), ("space", key.name))
        with self._lock:
            self._gauges = {one: value for one, value in self._gauges.items() if one[1] != space}

    def text(self) -> str:
        """Return all figures."""
        with self._lock:
            values: dict[_Sample, float] = {**self._counters, **self._gauges}
        lines = []
        for name, (kind, help_text) in _HELP.items():
            samples = sorted(one for one in values if one[0] == name)
            if samples:
                lines += [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
                lines += [_line(one, values[one]) for one in samples]
        return "".join(f"{line}\n" for line in lines)
