"""The formats of each kind of report. A format is one entry in a dict here, and is imported when it is asked for."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from reconciler.core.stages import stage

if TYPE_CHECKING:
    from reconciler.reports.outcomes import OutcomeReport
    from reconciler.reports.plan_text import PlanReport
    from reconciler.reports.problems import ProblemReport


def _late(module: str, name: str) -> Callable[[Any], str]:
    def render(report: Any) -> str:
        with stage("report"):
            text: str = getattr(import_module(f"reconciler.reports.{module}"), name)(report)
        return text

    return render


# The keys are the choices of --format.
PLAN_FORMATS: Mapping[str, Callable[["PlanReport"], str]] = {
    "text": _late("plan_text", "plan_text"),
    "json": _late("plan_json", "plan_json"),
    "markdown": _late("markdown", "plan_markdown"),
    "html": _late("html", "plan_html"),
}
DRIFT_FORMATS: Mapping[str, Callable[["PlanReport"], str]] = {
    "text": _late("drift", "drift_text"),
    "json": _late("drift", "drift_json"),
    "markdown": _late("markdown", "drift_markdown"),
    "html": _late("html", "drift_html"),
    "junit": _late("junit", "junit_drift"),
    "sarif": _late("sarif", "sarif_drift"),
}
OUTCOME_FORMATS: Mapping[str, Callable[["OutcomeReport"], str]] = {
    "text": _late("outcomes", "outcomes_text"),
    "json": _late("outcomes", "outcomes_json"),
}
PROBLEM_FORMATS: Mapping[str, Callable[["ProblemReport"], str]] = {
    "text": _late("problems", "problems_text"),
    "json": _late("problems", "problems_json"),
    "junit": _late("junit", "junit_problems"),
    "sarif": _late("sarif", "sarif_problems"),
}
