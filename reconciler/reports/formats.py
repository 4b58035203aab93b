"""Report formats, by the names that ``--format`` takes. A format is imported on first use."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from reconciler.timing import stage

if TYPE_CHECKING:
    from reconciler.reports.text.outcomes import OutcomeReport
    from reconciler.reports.text.plan import PlanReport
    from reconciler.reports.text.problems import ProblemReport


def _late(module: str, name: str) -> Callable[[Any], str]:
    def render(report: Any) -> str:
        with stage("report"):
            text: str = getattr(import_module(module), name)(report)
        return text

    return render


# The keys are the choices of --format. A new format is one entry here and one module.
PLAN_FORMATS: Mapping[str, Callable[["PlanReport"], str]] = {
    "text": _late("reconciler.reports.text.plan", "plan_text"),
    "json": _late("reconciler.engine.saved_plan.document", "plan_json"),
    "markdown": _late("reconciler.reports.markdown.plan", "plan_markdown"),
    "html": _late("reconciler.reports.html.report", "plan_html"),
}
DRIFT_FORMATS: Mapping[str, Callable[["PlanReport"], str]] = {
    "text": _late("reconciler.reports.text.drift", "drift_text"),
    "json": _late("reconciler.reports.text.drift", "drift_json"),
    "markdown": _late("reconciler.reports.markdown.plan", "drift_markdown"),
    "html": _late("reconciler.reports.html.report", "drift_html"),
    "junit": _late("reconciler.reports.ci.junit", "junit_drift"),
    "sarif": _late("reconciler.reports.ci.sarif", "sarif_drift"),
}
OUTCOME_FORMATS: Mapping[str, Callable[["OutcomeReport"], str]] = {
    "text": _late("reconciler.reports.text.outcomes", "outcomes_text"),
    "json": _late("reconciler.reports.text.outcomes", "outcomes_json"),
}
PROBLEM_FORMATS: Mapping[str, Callable[["ProblemReport"], str]] = {
    "text": _late("reconciler.reports.text.problems", "problems_text"),
    "json": _late("reconciler.reports.text.problems", "problems_json"),
    "junit": _late("reconciler.reports.ci.junit", "junit_problems"),
    "sarif": _late("reconciler.reports.ci.sarif", "sarif_problems"),
}
