"""Progress of an apply: a bar on a terminal, lines or JSON events elsewhere."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO, cast

import click

from reconciler.cli import console
from reconciler.cli import json_events as events
from reconciler.core.deferred_dataclass import replace
from reconciler.engine.observer import OnOutcome

if TYPE_CHECKING:
    from reconciler.core.plan_model import Outcome


class _RobustTerminal(io.TextIOBase):
    """A terminal stream that ignores a hang-up, so that it cannot end a run that writes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()

    def write(self, text: str) -> int:
        """Write ``text``; errors are ignored."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream; errors are ignored."""
        with contextlib.suppress(OSError):
            self._stream.flush()


def _emit_event(outcome: Outcome) -> None:
    name, fields = events.about_outcome(outcome)
    console.emit(name, **fields)


@contextlib.contextmanager
def _bar(total: int) -> Iterator[OnOutcome]:
    with click.progressbar(
        length=total,
        label="Applying",
        file=cast("TextIO", _RobustTerminal(sys.stderr)),
        show_pos=True,
        show_eta=True,
    ) as bar:

        def step(outcome: Outcome) -> None:  # noqa: ARG001  # the bar only counts
            bar.update(1)

        yield step


def _lines(total: int, *, brief: bool) -> OnOutcome:
    """A printer of one line for each action that was begun."""
    # Imported here: only an apply needs it.
    from reconciler.reports.text.outcomes import not_begun, outcome_line  # noqa: PLC0415

    number, look = 0, console.style_for(sys.stderr)

    def line(outcome: Outcome) -> None:
        nonlocal number
        number += 1
        if not_begun(outcome):
            return  # The summary counts them in one line.
        shown = outcome
        if brief and outcome.status != "done":
            shown = replace(outcome, error="", hint="")
        console.log(outcome_line(shown, number=number, total=total, look=look))

    return line


@contextlib.contextmanager
def progress(total: int, *, brief: bool = False) -> Iterator[OnOutcome]:
    """Show progress on stderr. ``brief`` leaves reasons of failures to the summary."""
    if console.is_json():
        yield _emit_event
    elif console.is_terminal(sys.stderr):
        with _bar(total) as step:
            yield step
    else:
        yield _lines(total, brief=brief)
