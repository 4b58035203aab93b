"""Where words go: results to standard output, the rest to standard error; colour and progress on a terminal only."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO, cast, get_args

import click

from reconciler.cli import events
from reconciler.cli.audience import Shown
from reconciler.core.declared import Problem
from reconciler.core.errors import ManifestError, ReconcilerError
from reconciler.core.text import printable
from reconciler.reports import PROBLEM_FORMATS, Look, ProblemReport, error_text

if TYPE_CHECKING:
    from reconciler.core.model import Action, Outcome


def _columns() -> int:
    import shutil  # noqa: PLC0415  # on a terminal

    return shutil.get_terminal_size((100, 24)).columns


def _is_coloured(*, terminal: bool) -> bool:
    """Whether to write in colour: as NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE and CLICOLOR say, in this order, else on a terminal."""
    said = os.environ
    if said.get("NO_COLOR"):
        return False
    if said.get("FORCE_COLOR"):
        return said["FORCE_COLOR"].lower() not in ("0", "false")
    if said.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return terminal and said.get("TERM") != "dumb" and said.get("CLICOLOR") != "0"


def look(stream: TextIO | None, *, verbose: bool = False) -> Look:
    """What ``stream`` can show: colour on a terminal or where it is asked for, plain ASCII where its encoding has no more."""
    if stream is None:
        return Look(verbose=verbose)
    terminal = stream.isatty()
    colour = _is_coloured(terminal=terminal)
    encoding = (stream.encoding or "ascii").lower().replace("-", "").replace("_", "")
    width = max(60, _columns()) if terminal else 100
    return Look(colour=colour, ascii=not encoding.startswith("utf"), width=width, verbose=verbose)


class _Manner:
    """How messages are written on standard error: for people, or as events for programs."""

    events = False


def speak(*, events: bool) -> None:
    """Write messages as events from now on, or for people again."""
    _Manner.events = events


def _event(event: str, **said: Any) -> str:
    return events.line(event, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", **said) + "\n"


def emit(event: str, **said: Any) -> None:
    """An event for programs; people are told nothing of it."""
    if _Manner.events:
        with contextlib.suppress(OSError):
            _write(sys.stderr, _event(event, **said))


def out(text: str) -> None:
    """A result, to standard output. That nobody reads it any more ends nothing: what is under way goes on, unseen."""
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        hush()


def hush(*streams: TextIO | None) -> None:
    """After a closed or a full pipe: nothing more can be said there (standard output), and Python must not try at exit."""
    for stream in streams or (sys.stdout,):
        if stream is not None:
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def tell(text: str) -> None:
    """A message, to standard error; that nobody listens there stops nothing."""
    if _Manner.events:
        emit("message", message=printable(text.strip()))
        return
    try:
        _write(sys.stderr, text if text.endswith("\n") else text + "\n")
    except OSError:
        return


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # it was closed before the process began
        return
    encoding = stream.encoding or "ascii"
    stream.write(text if text.isascii() else text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def _write_past(text: str) -> None:
    """To standard error, past Python's stream: a signal may have come into a write to that. Unsaid where nobody takes it now."""
    import select  # noqa: PLC0415  # where a signal comes

    if sys.stderr is None:
        return
    with contextlib.suppress(OSError, ValueError):
        number = sys.stderr.fileno()
        if os.name != "posix" or select.select([], [number], [], 0)[1]:
            os.write(number, text.encode(sys.stderr.encoding or "ascii", "backslashreplace"))


def tell_at_once(text: str) -> None:
    """As ``tell``, from a signal handler: it waits for nobody."""
    _write_past(_event("message", message=printable(text)) if _Manner.events else text + "\n")


def complain_at_once(error: ReconcilerError) -> None:
    """As ``complain``, from a signal handler: it waits for nobody."""
    if not _Manner.events:
        text = error_text(error, look=look(sys.stderr))
        _write_past(text if text.endswith("\n") else text + "\n")
        return
    lines: list[str] = []
    events.of_error(error, lambda event, **said: lines.append(_event(event, **said)))
    _write_past("".join(lines))


def complain(error: ReconcilerError) -> None:
    """Say what went wrong: every problem of a bad manifest, otherwise the message and what to do."""
    if _Manner.events:
        events.of_error(error, emit)
    elif isinstance(error, ManifestError):
        warn(error.problems)
    else:
        tell(error_text(error, look=look(sys.stderr)))


def warn(problems: Sequence[Problem]) -> None:
    """Print problems to standard error, each with its place."""
    if _Manner.events:
        for problem in problems:
            emit("problem", **events.about_problem(problem))
        return
    shown = look(sys.stderr)
    tell(PROBLEM_FORMATS["text"](ProblemReport(tuple(problems), colour=shown.colour, ascii=shown.ascii, width=shown.width)))


def wait(text: str) -> None:
    """Why nothing seems to happen."""
    if _Manner.events:
        emit("waiting", message=printable(text))
    else:
        tell(text)


def can_ask() -> bool:
    """Whether there is a person at a terminal to answer a question."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def confirmed(question: str) -> bool:
    """Whether the person at the terminal types 'yes'."""
    answer: str = click.prompt(f"{question} Only 'yes' is taken", default="no", show_default=False, err=True)
    return answer.strip() == "yes"


class _Screen(io.TextIOBase):
    """A terminal that may go away while something is being written to the Space: that must not end the writing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def isatty(self) -> bool:
        """As the terminal."""
        return self._stream.isatty()

    def write(self, text: str) -> int:
        """Show ``text``, if anybody can see it."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """As the terminal, if it is there."""
        with contextlib.suppress(OSError):
            self._stream.flush()


def begun(action: Action) -> None:
    """An action begins; people see it when it is over."""
    if _Manner.events:
        emit("action_start", **events.about_action(action))


def ended(outcomes: Sequence[Outcome]) -> None:
    """A run is over; people read its summary."""
    from reconciler.core.model import Status  # noqa: PLC0415  # where something was carried out

    statuses = Counter(outcome.status for outcome in outcomes)
    emit("summary", **{status: statuses[status] for status in get_args(Status)})


@contextlib.contextmanager
def progress(total: int, *, brief: bool = False) -> Iterator[Shown]:
    """Progress on standard error: a bar on a terminal, a line for each action elsewhere, or an event.

    ``brief`` leaves the reasons of failures to the summary.
    """
    if _Manner.events:

        def event(outcome: Outcome) -> None:
            name, said = events.about_outcome(outcome)
            emit(name, **said)

        yield event
        return
    if _is_terminal(sys.stderr):
        with click.progressbar(
            length=total, label="Applying", file=cast("TextIO", _Screen(sys.stderr)), show_pos=True, show_eta=True
        ) as bar:

            def step(outcome: Outcome) -> None:  # noqa: ARG001  # a bar counts, the summary names
                bar.update(1)

            yield step
        return
    from reconciler.reports import outcome_line  # noqa: PLC0415  # where something is carried out

    number, shown_as = 0, look(sys.stderr)

    def line(outcome: Outcome) -> None:
        nonlocal number
        number += 1
        shown = replace(outcome, error="", hint="") if brief and outcome.status != "done" else outcome
        tell(outcome_line(shown, number=number, total=total, look=shown_as))

    yield line
