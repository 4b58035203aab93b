"""Problems and errors in their one form: place, message, source line, hint."""

from collections.abc import Sequence
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.errors import ApiError, ManifestError, ReconcilerError, UsageError, UsageErrors
from reconciler.core.resources import Problem, Severity
from reconciler.core.text import CI_ORDER, count, printable
from reconciler.core.value_text import json_text, plain
from reconciler.reports.text.style import (
    PLAIN,
    RenderStyle,
    Span,
    cell,
    columns,
    finish,
    marks,
    paint,
)

_TAB = 4
_MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ProblemReport(RenderStyle):
    """The Problems of a run, and how to show them.

    ``checked`` says what was checked (``42 resources in 7 files``). ``files`` is the number of
    files read; by default the files with problems are counted.
    """

    problems: tuple[Problem, ...]
    checked: str = ""
    files: int | None = None


def _visible(source: str) -> list[str]:
    """A source line as shown: tabs expanded, invisible characters as escapes."""
    orders = {match.start() for match in CI_ORDER.finditer(source)}
    shown: list[str] = []
    column = 0
    for index, char in enumerate(source):
        if char == "\t":
            text = " " * (_TAB - column % _TAB)
        elif index in orders:
            text = "\\x23"
        else:
            text = printable(char)
        shown.append(text)
        column += columns(text)
    return shown


def _window(shown: Sequence[str], at: int, *, room: int, more: str) -> tuple[str, int]:
    """At most ``room`` columns of the line around index ``at``, and the column of the caret."""
    before, after = "".join(shown[:at]), "".join(shown[at:])
    if columns(before) + columns(after) <= room:
        return before + after, columns(before)
    start = at
    while start > 0 and sum(columns(text) for text in shown[start - 1 : at]) < room // 2:
        start -= 1
    line = (more if start else "") + "".join(shown[start:at])
    caret, end = columns(line), at
    while end < len(shown) and columns(line) + columns(shown[end]) + columns(more) <= room:
        line += shown[end]
        end += 1
    return line + (more if end < len(shown) else ""), caret


def _excerpt_lines(problem: Problem, look: RenderStyle) -> list[str]:
    source = problem.excerpt.rstrip("\r\n")
    if not source.strip():
        return []
    signs = marks(look)
    number = f"{problem.place.line:>5} {signs.bar} "
    at = min(max(problem.place.column - 1, 0), len(source))
    line, caret = _window(
        _visible(source), at, room=max(look.width - columns(number), 20), more=signs.more
    )
    blank = " " * (columns(number) - 2) + signs.bar
    return [
        paint((Span(number, "dim"), Span(line)), look),
        paint((Span(blank, "dim"), Span(" " * (caret + 1)), Span("^", "bad")), look),
    ]


def _problem_lines(problem: Problem, look: RenderStyle) -> list[str]:
    warning = Span("warning: ", "change") if problem.severity == "warning" else Span("")
    pointer = f"{plain(problem.pointer)}: " if problem.pointer else ""
    head = (
        Span(f"{plain(str(problem.place))}: ", "bold"),
        warning,
        Span(f"{pointer}{plain(problem.message)}"),
    )
    hint = (
        [paint((Span("      = ", "dim"), Span(plain(problem.hint))), look)] if problem.hint else []
    )
    return [paint(head, look), *_excerpt_lines(problem, look), *hint]


def _sorted(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: problem.place)


def _number(problems: Sequence[Problem], severity: Severity) -> int:
    return sum(problem.severity == severity for problem in problems)


def _totals(problems: Sequence[Problem]) -> str:
    """``2 errors, 1 warning in 2 files``."""
    severities: tuple[Severity, ...] = ("error", "warning")
    numbers = ((severity, _number(problems, severity)) for severity in severities)
    counts = [count(number, severity) for severity, number in numbers if number]
    files = {problem.place.file for problem in problems}
    return f"{', '.join(counts)} in {count(len(files), 'file')}"


def problems_text(report: ProblemReport) -> str:
    """All problems by place, then their number. Without problems, one line."""
    problems = _sorted(report.problems)
    if not problems:
        valid = f"Valid: {plain(report.checked)}." if report.checked else "No problems."
        return finish([valid], report)
    blocks = [_problem_lines(problem, report) for problem in problems[:_MOST_SHOWN]]
    if len(problems) > _MOST_SHOWN:
        hidden = len(problems) - _MOST_SHOWN
        blocks.append([f"and {hidden} more; all of them: reconciler validate --format json"])
    # Blocks of several lines are set apart by empty lines.
    apart = any(len(block) > 1 for block in blocks)
    lines: list[str] = []
    for block in blocks:
        lines += [*block, ""] if apart else block
    if not apart:
        lines.append("")
    last = _totals(problems)
    if report.checked and not _number(problems, "error"):
        last = f"Valid: {plain(report.checked)}; {last}."
    return finish([*lines, last], report)


def _problem_document(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "pointer": problem.pointer,
        "message": problem.message,
        "hint": problem.hint,
        "severity": problem.severity,
    }


def problems_json(report: ProblemReport) -> str:
    """The problems as JSON text."""
    problems = _sorted(report.problems)
    summary = {
        "errors": _number(problems, "error"),
        "warnings": _number(problems, "warning"),
        "files": len({one.place.file for one in problems})
        if report.files is None
        else report.files,
    }
    from reconciler.engine.saved_plan.document import FORMAT_VERSION  # noqa: PLC0415  # slow

    return json_text(
        {
            "format_version": FORMAT_VERSION,
            "problems": [_problem_document(one) for one in problems],
            "summary": summary,
        }
    )


def _request_text(error: ReconcilerError) -> str:
    if not isinstance(error, ApiError) or (error.request and error.request in error.message):
        return ""
    parts = (
        error.request,
        f"HTTP {error.status}" if error.status else "",
        f"request id {error.request_id}" if error.request_id else "",
    )
    return ", ".join(plain(part) for part in parts if part)


def error_text(error: ReconcilerError, *, look: RenderStyle = PLAIN) -> str:
    """An error for people: message, request, hint; for bad manifests, all problems."""
    if isinstance(error, ManifestError):
        return problems_text(
            ProblemReport(
                error.problems,
                colour=look.colour,
                ascii=look.ascii,
                width=look.width,
                verbose=look.verbose,
            )
        )
    if isinstance(error, UsageErrors):
        hints = [one.hint for one in error.errors]
        return "".join(
            error_text(
                UsageError(one.message, hint="" if one.hint in later else one.hint), look=look
            )
            for one, later in zip(
                error.errors, (hints[at + 1 :] for at in range(len(hints))), strict=True
            )
        )
    first, *rest = error.message.splitlines() or [type(error).__name__]
    lines = [
        paint((Span("error: ", "bad"), Span(plain(first))), look),
        *(f"  {plain(line)}" for line in rest),
    ]
    request = _request_text(error)
    lines += [paint(cell(f"  request: {request}", "dim"), look)] if request else []
    lines += [
        paint((Span("  = ", "dim"), Span(plain(line))), look) for line in error.hint.splitlines()
    ]
    return finish(lines, look)
