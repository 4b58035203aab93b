"""JUnit XML against golden files, and against what the usual schemas (Jenkins' and Ant's) allow.

After a wanted change run ``RECONCILER_UPDATE_GOLDEN=1 pytest tests/unit/reports``, and read the diff.
"""

import os
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.core.resources import Address, Desired, Place, Problem, Secret
from reconciler.reports.drift_report import drift_report
from reconciler.reports.formats import DRIFT_FORMATS, PROBLEM_FORMATS
from reconciler.reports.text.plan import PlanReport
from reconciler.reports.text.problems import ProblemReport
from tests.unit.reports.cases import (
    CANARY,
    DRIFTS,
    HOSTILE,
    NOW,
    PROBLEMS,
    UPDATE,
    at,
    change,
    plan,
)

GOLDEN = Path(__file__).parent / "golden_machine"
CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase", "system-out", "system-err"],
    "testcase": ["failure", "skipped"],
    "properties": [],
}
ATTRIBUTES = {
    "testsuites": set(),
    "testsuite": {
        "id",
        "name",
        "package",
        "hostname",
        "timestamp",
        "tests",
        "failures",
        "errors",
        "skipped",
        "time",
    },
    "testcase": {"classname", "name", "time"},
    "failure": {"type", "message"},
    "skipped": {"type", "message"},
}


def compared(report, *names):
    """The report with these Rooms among what was compared, all declared in rooms.yaml."""
    desired = [
        Desired(Address("Room", name), {}, {"": at("rooms.yaml", 4 * line, 1)})
        for line, name in enumerate(names, 1)
    ]
    return drift_report(report, desired=desired, managed=[one.address for one in desired])


TEXTS = {
    **{
        f"{name}.xml": DRIFT_FORMATS["junit"](compared(report, "helpdesk", "lobby", "quiet"))
        for name, report in DRIFTS.items()
    },
    **{
        f"{name}.xml": PROBLEM_FORMATS["junit"](report)
        for name, report in PROBLEMS.items()
        if not report.colour
    },
}


def parsed(text):
    return ET.fromstring(text)  # noqa: S314  # our own output


def verdicts(text):
    return [
        (case.get("classname"), case.get("name"), [inner.tag for inner in case])
        for case in parsed(text).iter("testcase")
    ]


@pytest.mark.parametrize("name", TEXTS)
def test_reports_are_as_they_were(name):
    path = GOLDEN / name
    if os.environ.get("RECONCILER_UPDATE_GOLDEN"):
        path.write_text(TEXTS[name], encoding="utf-8", newline="\n")
    assert TEXTS[name] == path.read_bytes().decode()


def test_every_golden_file_has_a_case():
    assert {path.name for path in GOLDEN.glob("*.xml")} == set(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_the_form_is_one_that_the_usual_schemas_allow(name):
    root = parsed(TEXTS[name])

    assert root.tag == "testsuites"
    for element in root.iter():
        allowed = CHILDREN.get(element.tag, [])
        ranks = [allowed.index(child.tag) for child in element]
        assert ranks == sorted(ranks)
        assert set(element.attrib) == ATTRIBUTES.get(element.tag, set())
    for suite in root:
        assert [child.tag for child in suite if child.tag != "testcase"] == [
            "properties",
            "system-out",
            "system-err",
        ]
        counts = {
            word: str(len(suite.findall(path)))
            for word, path in (
                ("tests", "testcase"),
                ("failures", ".//failure"),
                ("skipped", ".//skipped"),
            )
        }
        assert counts == {word: suite.get(word) for word in counts}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp"))
        assert re.fullmatch(r"\d+", suite.get("id"))


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_in_it_is_secret_or_obeyed(name):
    assert "canary" not in TEXTS[name]
    assert TEXTS[name].isascii()
    shown = "".join(parsed(TEXTS[name]).itertext()) + "".join(
        value for one in parsed(TEXTS[name]).iter() for value in one.attrib.values()
    )
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]", shown)
    assert not re.search(r"^\s*::|##\[|##vso\[", TEXTS[name], re.MULTILINE)


def test_a_managed_resource_is_a_case_and_drift_fails_it():
    report = PlanReport(plan(replace(UPDATE, address=Address("Room", "b"))), NOW)

    assert verdicts(DRIFT_FORMATS["junit"](compared(report, "c", "a", "b"))) == [
        ("Room", "a", []),
        ("Room", "b", ["failure"]),
        ("Room", "c", []),
    ]


def test_the_unmanaged_are_skipped_where_they_are_asked_for():
    report = PlanReport(plan(unmanaged=("free",)), NOW)

    assert verdicts(DRIFT_FORMATS["junit"](compared(report, "a"))) == [("Room", "a", [])]
    shown = DRIFT_FORMATS["junit"](compared(replace(report, show_unmanaged=True), "a"))
    assert verdicts(shown) == [("Room", "a", []), ("Room", "free", ["skipped"])]


def test_errors_fail_and_warnings_are_skipped():
    problems = (
        Problem(Place("b.yaml", 1, 1), "bad"),
        Problem(Place("a.yaml", 2, 1), "odd", "spec.url", severity="warning"),
    )

    assert verdicts(PROBLEM_FORMATS["junit"](ProblemReport(problems))) == [
        ("a.yaml", "spec.url: odd", ["skipped"]),
        ("b.yaml", "bad", ["failure"]),
    ]


def test_no_problem_is_one_case_that_passes():
    assert verdicts(PROBLEM_FORMATS["junit"](ProblemReport((), "42 resources in 7 files"))) == [
        ("manifests", "42 resources in 7 files", [])
    ]


@pytest.mark.parametrize(
    "text",
    [HOSTILE, "\ud800", "]]><failure/>", '"><script>', "&amp;\x00\x0b\ufffe\uffff", "a\nb\tc"],
)
def test_no_text_is_markup_or_breaks_the_document(text):
    drifted = replace(
        UPDATE,
        address=Address("Room", text),
        changes=(change(text, text, text, "drift", at(text, 1, 1)),),
    )
    written = (
        DRIFT_FORMATS["junit"](PlanReport(plan(drifted), NOW)),
        PROBLEM_FORMATS["junit"](ProblemReport((Problem(Place(text, 1, 1), text, text, text),))),
    )

    assert [verdicts(document)[0][2] for document in written] == [["failure"], ["failure"]]


def test_a_secret_that_changed_says_only_that():
    drifted = replace(
        UPDATE,
        changes=(change("streams[0]", {"url": Secret("other")}, {"url": Secret(CANARY)}, "drift"),),
    )

    assert (
        parsed(DRIFT_FORMATS["junit"](PlanReport(plan(drifted), NOW))).find(".//failure").text
        == "streams[0]: (secret) changed"
    )
