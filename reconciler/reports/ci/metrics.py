"""Prometheus metrics of a watch: results of the last round, and counters."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

_HELP = {
    "reconciler_up": ("gauge", "Whether the last run could read the Space."),
    "reconciler_last_round_timestamp_seconds": (
        "gauge",
        "When the last run ended, in seconds since 1970.",
    ),
    "reconciler_last_success_timestamp_seconds": (
        "gauge",
        "When the last successful run ended.",
    ),
    "reconciler_round_duration_seconds": ("gauge", "How long the last run took."),
    "reconciler_rounds_total": ("counter", "Runs since the start, by result."),
    "reconciler_actions": ("gauge", "What the last plan would do, by action."),
    "reconciler_resources": ("gauge", "Resources at the last run: unchanged, drifted, unmanaged."),
}


class Watched(NamedTuple):
    """State of a watch. Times are seconds since 1970, durations are seconds.

    ``summary`` is the summary of the last plan, empty before the first one.
    """

    up: bool
    ended_at: float
    succeeded_at: float
    duration: float
    rounds: Mapping[str, int]
    summary: Mapping[str, int]
    space: str = ""
    environment: str = ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _samples(watched: Watched) -> Iterator[tuple[str, dict[str, str], float]]:
    yield "reconciler_up", {}, float(watched.up)
    yield "reconciler_last_round_timestamp_seconds", {}, watched.ended_at
    if watched.succeeded_at:
        yield "reconciler_last_success_timestamp_seconds", {}, watched.succeeded_at
    yield "reconciler_round_duration_seconds", {}, watched.duration
    for result, number in sorted(watched.rounds.items()):
        yield "reconciler_rounds_total", {"result": result}, number
    for name in ("create", "update", "rename", "adopt", "delete"):
        if watched.summary:
            yield "reconciler_actions", {"action": name}, watched.summary[name]
    for word, name in (("unchanged", "noop"), ("drifted", "drifted"), ("unmanaged", "unmanaged")):
        if watched.summary:
            yield "reconciler_resources", {"state": word}, watched.summary[name]


def metrics_text(watched: Watched) -> str:
    """The metrics file, labelled with the Space and the environment."""
    about = {
        name: value
        for name, value in (("space", watched.space), ("environment", watched.environment))
        if value
    }
    lines: list[str] = []
    current = ""
    for name, labels, value in _samples(watched):
        if name != current:
            kind, words = _HELP[name]
            lines += [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
            current = name
        inside = ",".join(
            f'{label}="{_escaped(text)}"' for label, text in {**about, **labels}.items()
        )
        lines.append(f"{name}{{{inside}}} {value:.15g}" if inside else f"{name} {value:.15g}")
    return "\n".join(lines) + "\n"
