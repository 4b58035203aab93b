"""JUnit XML for CI systems: one test case for each compared resource or each problem."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.plan_model import MISSING, REPLACED, Action, FieldChange
from reconciler.core.resources import Problem
from reconciler.core.text import count
from reconciler.core.value_text import origin_text, plain
from reconciler.reports.drift_report import change_text, drifted_actions, unchanged
from reconciler.reports.text.history import history_text
from reconciler.reports.text.plan import PlanReport
from reconciler.reports.text.problems import ProblemReport

_THIS_MACHINE = "localhost"


class _Case(NamedTuple):
    """One test case. All texts are safe to print.

    ``verdict`` is None for a pass; ``kind`` is the type of the failure.
    """

    suite: str
    name: str
    verdict: Literal["failure", "skipped"] | None = None
    kind: str = ""
    message: str = ""
    lines: tuple[str, ...] = ()


def _element(case: _Case) -> ET.Element:
    element = ET.Element("testcase", classname=case.suite, name=case.name, time="0")
    if case.verdict is not None:
        verdict = ET.SubElement(element, case.verdict, type=case.kind, message=case.message)
        verdict.text = "\n".join(case.lines)
    return element


def _suite(
    number: int, name: str, cases: Sequence[_Case], *, package: str, host: str, when: str
) -> ET.Element:
    verdicts = [case.verdict for case in cases]
    # Attributes that the schemas of Jenkins and Ant require; none that either of them forbids.
    suite = ET.Element(
        "testsuite",
        id=str(number),
        name=name,
        package=package,
        hostname=host,
        timestamp=when,
        tests=str(len(cases)),
        failures=str(verdicts.count("failure")),
        errors="0",
        skipped=str(verdicts.count("skipped")),
        time="0",
    )
    suite.append(ET.Element("properties"))
    suite.extend(map(_element, cases))
    suite.extend((ET.Element("system-out"), ET.Element("system-err")))
    return suite


def _document(cases: Iterable[_Case], *, package: str, host: str, when: str) -> str:
    """The XML document, with one suite for each run of cases of the same suite name.

    Characters beyond ASCII are written as references, so that any encoding of the stream works.
    """
    root = ET.Element("testsuites")
    for number, (name, group) in enumerate(groupby(cases, key=lambda case: case.suite)):
        root.append(_suite(number, name, list(group), package=package, host=host, when=when))
    ET.indent(root)
    text = ET.tostring(root, encoding="us-ascii").decode()
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _change_line(change: FieldChange) -> str:
    where = origin_text(change.declared_at)
    return f"{plain(change.path)}: {change_text(change)}{f'  {where}' if where else ''}"


def _drift_case(action: Action, report: PlanReport) -> _Case:
    kind, message = "changed", f"{count(len(action.changes), 'field')} changed outside"
    if action.reason in (MISSING, REPLACED):
        kind, message = ("missing" if action.reason == MISSING else "replaced"), action.reason
    lines = tuple(map(_change_line, action.changes)) if action.reason != MISSING else ()
    since = history_text(action, report.written)
    lines += (since,) if since else ()
    lines += tuple(f"{step.name}: {plain(step.command)}" for step in report.next_steps)
    address = action.address
    return _Case(plain(address.kind), plain(address.name), "failure", kind, message, lines)


def junit_drift(report: PlanReport) -> str:
    """Drift as JUnit XML. A case fails if its resource was changed, deleted or replaced outside.

    With ``show_unmanaged``, unmanaged resources are skipped cases.
    """
    cases = [_drift_case(action, report) for action in drifted_actions(report)]
    cases += [_Case(plain(address.kind), plain(address.name)) for address in unchanged(report)]
    if report.show_unmanaged:
        cases += [
            _Case(
                plain(address.kind),
                plain(address.name),
                "skipped",
                "unmanaged",
                "neither declared nor managed",
            )
            for address in report.plan.unmanaged
        ]
    cases.sort(key=lambda case: (case.suite, case.name))
    when = report.created_at.removesuffix("Z")
    return _document(
        cases, package="reconciler.drift", host=plain(report.plan.space) or _THIS_MACHINE, when=when
    )


def _problem_case(problem: Problem) -> _Case:
    pointer = f"{plain(problem.pointer)}: " if problem.pointer else ""
    lines = (
        f"{plain(str(problem.place))}: {pointer}{plain(problem.message)}",
        *([plain(problem.hint)] if problem.hint else []),
    )
    verdict: Literal["failure", "skipped"] = "failure" if problem.severity == "error" else "skipped"
    message = f"{plain(str(problem.place))}: {plain(problem.message)}"
    return _Case(
        plain(problem.place.file),
        f"{pointer}{plain(problem.message)}",
        verdict,
        problem.severity,
        message,
        lines,
    )


def junit_problems(report: ProblemReport) -> str:
    """Problems as JUnit XML, one suite for each file. Errors fail, warnings are skipped.

    Without problems there is one case, which passes.
    """
    cases = [
        _problem_case(problem)
        for problem in sorted(report.problems, key=lambda problem: problem.place)
    ]
    # A fixed time, so that the same manifests give the same document.
    passed = _Case("manifests", plain(report.checked) or "no problems")
    return _document(
        cases or [passed],
        package="reconciler.validate",
        host=_THIS_MACHINE,
        when="1970-01-01T00:00:00",
    )
