"""What is found, as text and JSON: pure functions from values to strings. A format is one entry in a dict here."""

from collections.abc import Callable, Mapping

from reconciler.reports.drift import drift_json, drift_text, drifted_part
from reconciler.reports.explain import explain_text
from reconciler.reports.metrics import Watched, metrics_text
from reconciler.reports.outcomes import OutcomeReport, outcome_line, outcomes_json, outcomes_text
from reconciler.reports.palette import Look
from reconciler.reports.plan_json import plan_document, plan_json
from reconciler.reports.plan_text import PlanReport, plan_text
from reconciler.reports.problems import ProblemReport, error_text, problems_json, problems_text
from reconciler.reports.show import ShowField, ShowResource, show_json, show_text
from reconciler.reports.staleness import moved

# The keys are the choices of --format.
PLAN_FORMATS: Mapping[str, Callable[[PlanReport], str]] = {"text": plan_text, "json": plan_json}
DRIFT_FORMATS: Mapping[str, Callable[[PlanReport], str]] = {"text": drift_text, "json": drift_json}
OUTCOME_FORMATS: Mapping[str, Callable[[OutcomeReport], str]] = {"text": outcomes_text, "json": outcomes_json}
PROBLEM_FORMATS: Mapping[str, Callable[[ProblemReport], str]] = {"text": problems_text, "json": problems_json}

__all__ = [
    "DRIFT_FORMATS",
    "OUTCOME_FORMATS",
    "PLAN_FORMATS",
    "PROBLEM_FORMATS",
    "Look",
    "OutcomeReport",
    "PlanReport",
    "ProblemReport",
    "ShowField",
    "ShowResource",
    "Watched",
    "drifted_part",
    "error_text",
    "explain_text",
    "metrics_text",
    "moved",
    "outcome_line",
    "plan_document",
    "show_json",
    "show_text",
]
