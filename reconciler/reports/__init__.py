"""What is found, as text and JSON: pure functions from values to strings. A format is one entry in a dict of formats.py."""

from typing import TYPE_CHECKING

from reconciler.core.lazy import names_at_home

if TYPE_CHECKING:
    from reconciler.reports.drift import drifted_part
    from reconciler.reports.drift_report import drift_report
    from reconciler.reports.explain import explain_text
    from reconciler.reports.formats import DRIFT_FORMATS, OUTCOME_FORMATS, PLAN_FORMATS, PROBLEM_FORMATS
    from reconciler.reports.metrics import Watched, metrics_text, negotiated
    from reconciler.reports.outcomes import OutcomeReport, outcome_line
    from reconciler.reports.palette import Look
    from reconciler.reports.pictured import PICTURED, Beside, pictured
    from reconciler.reports.plan_json import plan_document
    from reconciler.reports.plan_text import PlanReport
    from reconciler.reports.problems import ProblemReport, error_text
    from reconciler.reports.saved import saved_report
    from reconciler.reports.show import ShowField, ShowResource, show_json, show_text
    from reconciler.reports.staleness import moved

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
    "negotiated",
    "outcome_line",
    "pictured",
    "plan_document",
    "saved_report",
    "show_json",
    "show_text",
]

names_at_home(
    __name__,
    {
        "drift": "drifted_part",
        "drift_report": "drift_report",
        "explain": "explain_text",
        "formats": "DRIFT_FORMATS OUTCOME_FORMATS PLAN_FORMATS PROBLEM_FORMATS",
        "metrics": "Watched metrics_text negotiated",
        "outcomes": "OutcomeReport outcome_line",
        "palette": "Look",
        "pictured": "PICTURED Beside pictured",
        "plan_json": "plan_document",
        "plan_text": "PlanReport",
        "problems": "ProblemReport error_text",
        "saved": "saved_report",
        "show": "ShowField ShowResource show_json show_text",
        "staleness": "moved",
    },
)
