"""SARIF 2.1.0: drift and problems at the line of their manifest, for code scanning."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from reconciler import __version__
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.plan_model import MISSING, REPLACED, Action
from reconciler.core.regex import regex
from reconciler.core.resources import Place, Problem
from reconciler.core.value_text import json_text, plain
from reconciler.reports.ci import sarif_rules as rules
from reconciler.reports.ci.sarif_rules import DRIFT_RULES, PROBLEM_RULES, Level, Rule
from reconciler.reports.drift_report import change_text, drifted_actions
from reconciler.reports.text.drift import places_in
from reconciler.reports.text.plan import PlanReport
from reconciler.reports.text.problems import ProblemReport

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT = "%SRCROOT%"
_DRIVE = regex(r"[A-Za-z]:/")


class _Finding(NamedTuple):
    """One result. ``identity`` identifies the finding after its lines have moved."""

    rule: str
    level: Level
    text: str
    place: Place | None
    identity: tuple[str, ...]
    about: str = ""


def _message(text: str) -> dict[str, str]:
    """A message with braces and ``[…](…)`` escaped: in SARIF they are placeholders and links."""
    text = text.replace("{", "{{").replace("}", "}}")
    return {
        "text": re.sub(r"([\[\]])", r"\\\1", text.replace("\\", "\\\\")) if "](" in text else text
    }


def _artifact(file: str) -> dict[str, str]:
    path = file.replace("\\", "/").encode("utf-8", "replace").decode()
    if path.startswith("/") or _DRIVE.match(path):
        return {"uri": "file:///" + quote(path.lstrip("/"), safe="/:")}
    return {"uri": quote(path.removeprefix("./"), safe="/"), "uriBaseId": _ROOT}


def _physical(place: Place) -> dict[str, Any]:
    region = (
        {"region": {"startLine": place.line, "startColumn": max(place.column, 1)}}
        if place.line > 0
        else {}
    )
    return {"artifactLocation": _artifact(place.file), **region}


def _locations(finding: _Finding) -> list[dict[str, Any]]:
    physical = {"physicalLocation": _physical(finding.place)} if finding.place else {}
    logical = (
        {"logicalLocations": [{"fullyQualifiedName": plain(finding.about), "kind": "resource"}]}
        if finding.about
        else {}
    )
    return [{**physical, **logical}] if physical or logical else []


def _results(findings: Iterable[_Finding], order: Sequence[str]) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for one in findings:
        digest = hashlib.sha256(
            "\0".join((one.rule, *one.identity)).encode("utf-8", "surrogatepass")
        ).hexdigest()[:32]
        seen[digest] += 1
        fingerprint = f"{digest}:{seen[digest]}"
        yield {
            "ruleId": one.rule,
            "ruleIndex": order.index(one.rule),
            "level": one.level,
            "message": _message(one.text),
            "locations": _locations(one),
            # GitHub compares results by primaryLocationLineHash.
            "partialFingerprints": {
                "reconciler/v1": fingerprint,
                "primaryLocationLineHash": fingerprint,
            },
        }


def _descriptor(name: str, rule: Rule) -> dict[str, Any]:
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in name.split("/")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.meaning},
        "help": {
            "text": f"{rule.meaning} {rule.mend}",
            "markdown": f"{rule.meaning}\n\n{rule.mend}",
        },
        "defaultConfiguration": {"level": rule.level},
    }


def _document(
    findings: Iterable[_Finding], catalogue: Mapping[str, Rule], *, run: str, ended: str = ""
) -> str:
    driver = {
        "name": "reconciler",
        "semanticVersion": __version__,
        "rules": [_descriptor(name, rule) for name, rule in catalogue.items()],
    }
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "automationDetails": {"id": run},
                "invocations": [
                    {"executionSuccessful": True, **({"endTimeUtc": ended} if ended else {})}
                ],
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {
                    _ROOT: {"description": {"text": "The folder that reconciler ran in."}}
                },
                "results": list(_results(findings, list(catalogue))),
            }
        ],
    }
    # ASCII only, so that the document is valid UTF-8 in any encoding of the stream.
    return re.sub(r"[^\x00-\x7f]", lambda match: json.dumps(match[0])[1:-1], json_text(log))


def _rule_of(problem: Problem) -> str:
    if not problem.pointer:
        return rules.UNREADABLE
    return rules.FIELD if problem.pointer.startswith("spec") else rules.ENVELOPE


def _problem(problem: Problem) -> _Finding:
    pointer = f"{plain(problem.pointer)}: " if problem.pointer else ""
    hint = f" ({plain(problem.hint)})" if problem.hint else ""
    text = f"{pointer}{plain(problem.message)}{hint}"
    return _Finding(
        _rule_of(problem),
        problem.severity,
        text,
        problem.place,
        (problem.place.file.replace("\\", "/"), problem.pointer, problem.message),
    )


def sarif_problems(report: ProblemReport) -> str:
    """One result for each problem, at its line and column."""
    findings = [
        _problem(problem) for problem in sorted(report.problems, key=lambda problem: problem.place)
    ]
    return _document(findings, PROBLEM_RULES, run="reconciler/validate/")


def _resource_findings(action: Action, place: Place | None) -> Iterator[_Finding]:
    rule = {MISSING: rules.MISSING, REPLACED: rules.REPLACED}.get(action.reason)
    if rule is not None:
        address = str(action.address)
        level = DRIFT_RULES[rule].level
        yield _Finding(
            rule, level, f"{plain(address)} was {plain(action.reason)}.", place, (address,), address
        )


def _field_findings(action: Action, place: Place | None) -> Iterator[_Finding]:
    address = str(action.address)
    for change in action.changes if action.reason != MISSING else ():
        rule = rules.CONFLICT if change.origin == "conflict" else rules.CHANGED
        at = change.declared_at.place if change.declared_at else place
        text = f"{plain(address)}: {plain(change.path)} was changed outside: {change_text(change)}."
        yield _Finding(rule, DRIFT_RULES[rule].level, text, at, (address, change.path), address)


def sarif_drift(report: PlanReport) -> str:
    """One result for each field that was changed outside, and for each resource that is gone.

    A resource that is no longer declared is reported at the first manifest of the run: code
    scanning rejects results without a file.
    """
    places = places_in(report)
    first = min((place.file for place in places.values() if place), default=None)
    anywhere = Place(first, 0, 0) if first is not None else None
    findings: list[_Finding] = []
    for action in drifted_actions(report):
        place = places.get(action.address) or anywhere
        findings += _resource_findings(action, place)
        findings += _field_findings(action, place)
    run = f"reconciler/drift/{plain(report.plan.space)}/"
    return _document(findings, DRIFT_RULES, run=run, ended=report.created_at)
