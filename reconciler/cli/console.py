"""Console output: results on stdout, messages on stderr; questions to the user."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO, get_args

from reconciler.cli import json_events as events
from reconciler.cli.colour import is_coloured
from reconciler.core.errors import Cancelled, ManifestError, ReconcilerError
from reconciler.core.resources import Problem
from reconciler.core.text import printable, without_orders
from reconciler.reports.formats import PROBLEM_FORMATS
from reconciler.reports.text.problems import ProblemReport, error_text
from reconciler.reports.text.style import RenderStyle

if TYPE_CHECKING:
    from reconciler.core.plan_model import Action, Outcome


def _size() -> tuple[int, int]:
    import shutil  # noqa: PLC0415  # on a terminal

    return shutil.get_terminal_size((100, 24))


def style_for(stream: TextIO | None, *, verbose: bool = False) -> RenderStyle:
    """What ``stream`` can show: colour as wanted, else on a terminal; ASCII by its encoding."""
    if stream is None:
        return RenderStyle(verbose=verbose)
    terminal = stream.isatty()
    colour = is_coloured(os.environ, terminal=terminal)
    encoding = (stream.encoding or "ascii").lower().replace("-", "").replace("_", "")
    width, lines = _size() if terminal else (100, 0)
    return RenderStyle(
        colour=colour,
        ascii=not encoding.startswith("utf"),
        width=max(60, width),
        lines=lines,
        verbose=verbose,
    )


class _Mode:
    """How messages are written: as text or as JSON events."""

    events = False


class _Prompt:
    """Whether the last line of the terminal is a question without a line end.

    ``if_cancelled`` is what an interruption at the question means; ``cancelled`` is that text once
    the question was interrupted.
    """

    is_open = False
    if_cancelled = ""
    cancelled = ""


def use_json(*, events: bool) -> None:
    """Write messages as JSON events from now on, or as text again."""
    _Mode.events = events


def is_json() -> bool:
    """Whether messages are written as JSON events."""
    return _Mode.events


def _event(event: str, **fields: Any) -> str:
    return events.line(event, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", **fields) + "\n"


def emit(event: str, **fields: Any) -> None:
    """Write an event, in JSON mode only."""
    if _Mode.events:
        with contextlib.suppress(OSError):
            _write(sys.stderr, _event(event, **fields))


def out(text: str) -> None:
    """Print a result. A closed pipe does not stop the run."""
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        mute()


def _for_screen(text: str, stream: TextIO | None) -> str:
    """``text`` with lines that fit the terminal; unchanged for a file or a pipe."""
    if not is_terminal(stream):
        return text
    from reconciler.reports.text.wrapping import wrapped_message  # noqa: PLC0415  # on a terminal

    return wrapped_message(text, style_for(stream))


def out_for_people(text: str) -> None:
    """Print a result that is a list or sentences. On a terminal, long lines are broken at blanks."""
    out(_for_screen(text, sys.stdout))


def out_as(form: str, text: str) -> None:
    """Print a result in the format ``form``; the format for people is made to fit the terminal."""
    if form == "text":
        out_for_people(text)
    else:
        out(text)


def mute(*streams: TextIO | None) -> None:
    """Stop using streams whose pipe is closed or full, also in Python's flush at exit."""
    for stream in streams or (sys.stdout,):
        if stream is not None:
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def info(text: str) -> None:
    """Print a message to stderr. A closed pipe does not stop the run."""
    if _Mode.events:
        emit("message", message=printable(text.strip()))
        return
    try:
        shown = _for_screen(text, sys.stderr)
        _write(sys.stderr, without_orders(shown if shown.endswith("\n") else shown + "\n"))
    except OSError:
        return


def log(line: str) -> None:
    """Print a line where stderr is not a terminal; ``info`` also breaks lines for a terminal."""
    with contextlib.suppress(OSError):
        _write(sys.stderr, without_orders(f"{line}\n"))


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # The stream was closed before the process began.
        return
    encoding = stream.encoding or "ascii"
    if not encoding.lower().startswith("utf"):
        text = text.replace("→", "->")
    stream.write(
        text if text.isascii() else text.encode(encoding, "backslashreplace").decode(encoding)
    )
    stream.flush()


def _write_unbuffered(text: str) -> None:
    """Write to stderr past Python's stream, which a signal may have interrupted in a write.

    The text is dropped if the descriptor would block.
    """
    import select  # noqa: PLC0415  # only after a signal

    if sys.stderr is None:
        return
    with contextlib.suppress(OSError, ValueError):
        number = sys.stderr.fileno()
        if os.name != "posix" or select.select([], [number], [], 0)[1]:
            os.write(number, text.encode(sys.stderr.encoding or "ascii", "backslashreplace"))


def info_now(text: str) -> None:
    """``info`` for signal handlers: it never blocks."""
    _write_unbuffered(_event("message", message=printable(text)) if _Mode.events else text + "\n")


def _interruption_text(error: ReconcilerError, *, line_ended: bool) -> str:
    """What an interruption is reported as: at a question it is a cancellation, not an error."""
    # The terminal shows ^C where the cursor was, which may be behind a question.
    begin = "\n" if not line_ended and is_terminal(sys.stderr) else ""
    cancelled = _Prompt.if_cancelled if _Prompt.is_open else _Prompt.cancelled
    text = cancelled or error_text(error, look=style_for(sys.stderr))
    return begin + (text if text.endswith("\n") else text + "\n")


def report_error_now(error: ReconcilerError, *, line_ended: bool = False) -> None:
    """``report_error`` for an interruption, also in signal handlers: it never blocks.

    ``line_ended`` says that the terminal's cursor stands at the begin of a line.
    """
    if not _Mode.events:
        _write_unbuffered(_interruption_text(error, line_ended=line_ended))
        return
    cancelled = _Prompt.if_cancelled if _Prompt.is_open else _Prompt.cancelled
    lines: list[str] = []
    events.of_error(
        type(error)(cancelled) if cancelled else error,
        lambda event, **fields: lines.append(_event(event, **fields)),
    )
    _write_unbuffered("".join(lines))


def report_error(error: ReconcilerError) -> None:
    """Print an error with its hint; for bad manifests, all problems."""
    if _Mode.events:
        events.of_error(error, emit)
    elif isinstance(error, ManifestError):
        warn(error.problems)
    elif isinstance(error, Cancelled):
        info(error.message)
    else:
        info(error_text(error, look=style_for(sys.stderr)))


def warn(problems: Sequence[Problem]) -> None:
    """Print problems to stderr, each with its place."""
    if _Mode.events:
        for problem in problems:
            emit("problem", **events.about_problem(problem))
        return
    shown = style_for(sys.stderr)
    info(
        PROBLEM_FORMATS["text"](
            ProblemReport(
                tuple(problems), colour=shown.colour, ascii=shown.ascii, width=shown.width
            )
        )
    )


def wait(text: str) -> None:
    """Print why the run waits."""
    if _Mode.events:
        emit("waiting", message=printable(text))
    else:
        info(text)


def can_ask() -> bool:
    """Whether a person at a terminal can answer."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether ``stream`` is open and a terminal."""
    return stream is not None and stream.isatty()


def ask(question: str, *, if_cancelled: str = "") -> str | None:
    """What the person at the terminal types; None at the end of the input.

    ``if_cancelled`` is reported for an interruption at the question. Without it nothing was
    changed so far.
    """
    _write(sys.stderr, _for_screen(f"{question} ", sys.stderr))
    _Prompt.if_cancelled, _Prompt.cancelled = if_cancelled or Cancelled().message, ""
    _Prompt.is_open = True
    try:
        answer = sys.stdin.readline()
    except UnicodeDecodeError:
        return ""
    except KeyboardInterrupt:
        _Prompt.cancelled = _Prompt.if_cancelled
        raise  # click ends the line
    finally:
        _Prompt.is_open = False
    if answer.endswith("\n"):
        return answer.strip()
    _write(sys.stderr, "\n")
    return answer.strip() or None


def confirmed(question: str, *, if_cancelled: str = "") -> bool:
    """Whether the person at the terminal types 'yes'. ``if_cancelled`` as in ``ask``."""
    return ask(f"{question} Type 'yes' to continue:", if_cancelled=if_cancelled) == "yes"


def begun(action: Action) -> None:
    """Emit the start of an action. In text mode only its end is shown."""
    if _Mode.events:
        emit("action_start", **events.about_action(action))


def ended(outcomes: Sequence[Outcome]) -> None:
    """Emit the end of a run. In text mode the summary is printed instead."""
    from reconciler.core.plan_model import Status  # noqa: PLC0415  # only after an apply

    statuses = Counter(outcome.status for outcome in outcomes)
    emit("summary", **{status: statuses[status] for status in get_args(Status)})
