"""Metrics of a watch, in Prometheus' text format or OpenMetrics: the last round, and counters."""

from collections.abc import Iterator, Mapping

from reconciler.core.named_tuple import NamedTuple

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
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_OPENMETRICS = "application/openmetrics-text"
_VERSIONS = ("1.0.0", "0.0.1")


class Watched(NamedTuple):
    """State of a watch. Times are seconds since 1970 (0: never), durations are seconds.

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


class Served(NamedTuple):
    """Metrics in the requested format: the Content-Type, and the text."""

    content_type: str
    text: str


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def sample_line(name: str, labels: Mapping[str, str], value: float) -> str:
    """One sample in the text format of Prometheus; a time in seconds keeps its fraction."""
    inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{inside}}} {value:.15g}" if inside else f"{name} {value:.15g}"


def _samples(watched: Watched) -> Iterator[tuple[str, dict[str, str], float]]:
    yield "reconciler_up", {}, float(watched.up)
    if watched.ended_at:
        yield "reconciler_last_round_timestamp_seconds", {}, watched.ended_at
    if watched.succeeded_at:
        yield "reconciler_last_success_timestamp_seconds", {}, watched.succeeded_at
    if watched.ended_at:
        yield "reconciler_round_duration_seconds", {}, watched.duration
    for result, number in sorted(watched.rounds.items()):
        yield "reconciler_rounds_total", {"result": result}, number
    states = {"noop": "unchanged", "drifted": "drifted", "unmanaged": "unmanaged"}
    for name, number in watched.summary.items():  # the actions come first there
        if name in states:
            yield "reconciler_resources", {"state": states[name]}, number
        else:
            yield "reconciler_actions", {"action": name}, number


def _lines(watched: Watched, *, openmetrics: bool) -> Iterator[str]:
    about = {
        name: value
        for name, value in (("space", watched.space), ("environment", watched.environment))
        if value
    }
    current = ""
    for name, labels, value in _samples(watched):
        if name != current:
            kind, words = _HELP[name]
            family = name.removesuffix("_total") if openmetrics else name
            yield from (f"# HELP {family} {words}", f"# TYPE {family} {kind}")
            current = name
        yield sample_line(name, {**about, **labels}, value)
    if openmetrics:
        yield "# EOF"


def metrics_text(watched: Watched, *, openmetrics: bool = False) -> str:
    """The metrics with help and type, labelled with the Space and the environment."""
    return "\n".join(_lines(watched, openmetrics=openmetrics)) + "\n"


def _weight(parameters: Mapping[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0


def _ranges(accept: str) -> Iterator[tuple[str, dict[str, str]]]:
    for part in accept.split(","):
        kind, *words = (word.strip() for word in part.split(";"))
        pairs = (word.partition("=") for word in words)
        yield (
            kind.lower(),
            {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs},
        )


def negotiated(watched: Watched, accept: str) -> Served:
    """The metrics in the format that ``accept`` (an Accept header) prefers; text by default."""
    best, weight, plain = "", 0.0, 0.0
    for kind, parameters in _ranges(accept):
        version = parameters.get("version", _VERSIONS[0])
        if kind == _OPENMETRICS and version in _VERSIONS and _weight(parameters) > weight:
            best, weight = version, _weight(parameters)
        elif kind in ("text/plain", "text/*") and parameters.get("version", "0.0.4") == "0.0.4":
            plain = max(plain, _weight(parameters))
    if not best or weight < plain:
        return Served(_TEXT, metrics_text(watched))
    return Served(
        f"{_OPENMETRICS}; version={best}; charset=utf-8", metrics_text(watched, openmetrics=True)
    )
