"""Plans and drift as one page for people to look at: pictures of colours and layouts, evidence, folds, filter and search."""

from reconciler.reports.html.report import drift_html, plan_html

__all__ = ["drift_html", "plan_html"]
