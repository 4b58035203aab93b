"""Carry a Plan out: nothing but a Plan, and everything that became of it comes back as values."""

from reconciler.apply.results import Result
from reconciler.apply.run import Workers, run, threads
from reconciler.apply.tools import Tools

__all__ = ["Result", "Tools", "Workers", "run", "threads"]
