"""The line that names the Space, the project in it, and the environment that a run chose."""

from reconciler.core.value_text import plain
from reconciler.reports.text.style import PLAIN, RenderStyle, Span, clip, marks, paint

_PROJECT = 8  # characters of an id that tell two projects apart


def environment_text(name: str, source: str) -> str:
    """``staging, the default of reconciler.yaml``: ``source`` is empty where a flag chose it."""
    return f"{plain(name)}{f', {source}' if source else ''}" if name else ""


def space_line(space: str, project: str, environment: str, look: RenderStyle = PLAIN) -> str:
    """``Space acme.signalwire.com, project 5f3c0b1e…, environment staging``."""
    more = marks(look).more
    rest = f", project {clip(plain(project), _PROJECT + len(more), more=more)}" if project else ""
    rest += f", environment {environment}" if environment else ""
    return paint((Span("Space "), Span(plain(space), "bold"), Span(rest, "dim")), look)
