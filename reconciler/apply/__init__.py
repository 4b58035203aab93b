"""Carry a Plan out: nothing but a Plan, and everything that became of it comes back as values."""

from reconciler.apply.execute import Tools
from reconciler.apply.results import Result
from reconciler.apply.run import run

__all__ = ["Result", "Tools", "run"]
