"""What is found, as text and JSON: pure functions from values to strings. A format is one entry in a dict here."""

from collections.abc import Callable, Mapping

from reconciler.reports.drift import drift_json, drift_text, drifted_part
from reconciler.reports.drift_report import drift_report
from reconciler.reports.explain import explain_text
from reconciler.reports.html import drift_html, plan_html
from reconciler.reports.junit import junit_drift, junit_problems
from reconciler.reports.markdown import drift_markdown, plan_markdown
from reconciler.reports.metrics import Watched, metrics_text
from reconciler.reports.outcomes import OutcomeReport, outcome_line, outcomes_json, outcomes_text
from reconciler.reports.palette import Look
from reconciler.reports.pictured import PICTURED, Beside, pictured
from reconciler.reports.plan_json import plan_document, plan_json
from reconciler.reports.plan_text import PlanReport, plan_text
from reconciler.reports.problems import ProblemReport, error_text, problems_json, problems_text
from reconciler.reports.sarif import sarif_drift, sarif_problems
from reconciler.reports.show import ShowField, ShowResource, show_json, show_text
from reconciler.reports.staleness import moved

# The keys are the choices of --format.
PLAN_FORMATS: Mapping[str, Callable[[PlanReport], str]] = {
    "text": plan_text,
    "json": plan_json,
    "markdown": plan_markdown,
    "html": plan_html,
}
DRIFT_FORMATS: Mapping[str, Callable[[PlanReport], str]] = {
    "text": drift_text,
    "json": drift_json,
    "markdown": drift_markdown,
    "html": drift_html,
    "junit": junit_drift,
    "sarif": sarif_drift,
}
OUTCOME_FORMATS: Mapping[str, Callable[[OutcomeReport], str]] = {"text": outcomes_text, "json": outcomes_json}
PROBLEM_FORMATS: Mapping[str, Callable[[ProblemReport], str]] = {
    "text": problems_text,
    "json": problems_json,
    "junit": junit_problems,
    "sarif": sarif_problems,
}

__all__ = [
    "DRIFT_FORMATS",
    "OUTCOME_FORMATS",
    "PICTURED",
    "PLAN_FORMATS",
    "PROBLEM_FORMATS",
    "Beside",
    "Look",
    "OutcomeReport",
    "PlanReport",
    "ProblemReport",
    "ShowField",
    "ShowResource",
    "Watched",
    "drift_report",
    "drifted_part",
    "error_text",
    "explain_text",
    "metrics_text",
    "moved",
    "outcome_line",
    "pictured",
    "plan_document",
    "show_json",
    "show_text",
]
