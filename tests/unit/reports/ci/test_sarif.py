"""SARIF against golden files, and against what code scanning takes.

After a wanted change run ``RECONCILER_UPDATE_GOLDEN=1 pytest tests/unit/reports``, and read the diff.
"""

import json
import os
import re
from dataclasses import replace

import pytest

from reconciler.core.plan_model import MISSING
from reconciler.core.resources import Address, Place, Problem
from reconciler.reports.formats import DRIFT_FORMATS, PROBLEM_FORMATS
from reconciler.reports.text.plan import PlanReport
from reconciler.reports.text.problems import ProblemReport
from tests.unit.reports.cases import (
    DRIFTS,
    HOSTILE,
    NOW,
    PROBLEM_LIST,
    PROBLEMS,
    RECREATE,
    UPDATE,
    at,
    change,
    plan,
)
from tests.unit.reports.test_junit import GOLDEN, compared

TEXTS = {
    **{
        f"{name}.sarif": DRIFT_FORMATS["sarif"](compared(report, "helpdesk", "lobby", "quiet"))
        for name, report in DRIFTS.items()
    },
    **{
        f"{name}.sarif": PROBLEM_FORMATS["sarif"](report)
        for name, report in PROBLEMS.items()
        if not report.colour
    },
}


def run_of(text):
    return json.loads(text)["runs"][0]


def results(text):
    return run_of(text)["results"]


def drift_of(*changes, **about):
    return results(
        DRIFT_FORMATS["sarif"](
            compared(PlanReport(plan(replace(UPDATE, changes=changes, **about)), NOW), "lobby")
        )
    )


def problem_at(file, line=1, column=1, message="m"):
    return results(
        PROBLEM_FORMATS["sarif"](
            ProblemReport((Problem(Place(file, line, column), message, "spec.x"),))
        )
    )[0]


@pytest.mark.parametrize("name", TEXTS)
def test_reports_are_as_they_were(name):
    path = GOLDEN / name
    if os.environ.get("RECONCILER_UPDATE_GOLDEN"):
        path.write_text(TEXTS[name], encoding="utf-8", newline="\n")
    assert TEXTS[name] == path.read_bytes().decode()


def test_every_golden_file_has_a_case():
    assert {path.name for path in GOLDEN.glob("*.sarif")} == set(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_the_document_has_what_code_scanning_asks_for(name):
    document = json.loads(TEXTS[name])
    run = document["runs"][0]
    known = run["tool"]["driver"]["rules"]

    assert (document["version"], len(document["runs"])) == ("2.1.0", 1)
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in known)
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["level"] in {"error", "warning", "note"}
        assert known[result["ruleIndex"]]["id"] == result["ruleId"]
        for location in result["locations"]:
            physical = location["physicalLocation"]
            assert not re.match(r"[/.]|.*\\", physical["artifactLocation"]["uri"])
            assert min(physical.get("region", {"startLine": 1}).values()) >= 1
    fingerprints = [
        result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]
    ]
    assert len(set(fingerprints)) == len(fingerprints)


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_in_it_is_secret_or_obeyed(name):
    assert "canary" not in TEXTS[name]
    assert TEXTS[name].isascii()
    assert not re.search(r"^\s*::|##\[|##vso\[", TEXTS[name], re.MULTILINE)
    assert not re.search(
        "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]",
        "".join(result["message"]["text"] for result in results(TEXTS[name])),
    )


def test_a_problem_is_shown_at_its_line_and_column():
    found = results(PROBLEM_FORMATS["sarif"](ProblemReport(PROBLEM_LIST[:1])))[0]

    assert found["ruleId"] == "manifest/field"
    assert found["message"]["text"].startswith(
        "spec.layout: 'grid' is not a layout; did you mean 'grid-responsive'?"
    )
    assert found["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "rooms/standup.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 12, "startColumn": 11},
            }
        }
    ]


def test_drift_is_shown_where_the_field_is_declared():
    found = drift_of(
        change("layout", "5x5", "2x2", "drift", at("presets.yaml", 8, 11, "preset webinar"))
    )[0]

    assert (found["ruleId"], found["level"]) == ("drift/changed", "warning")
    assert (
        found["message"]["text"]
        == 'Conference/town-hall: layout was changed outside: live "5x5", declared "2x2".'
    )
    assert found["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 8,
        "startColumn": 11,
    }
    assert found["locations"][0]["logicalLocations"] == [
        {"fullyQualifiedName": "Conference/town-hall", "kind": "resource"}
    ]


def test_what_was_deleted_outside_is_shown_where_it_is_declared():
    report = compared(PlanReport(plan(replace(RECREATE, changes=())), NOW), "lobby", "helpdesk")
    found = results(DRIFT_FORMATS["sarif"](report))

    assert [
        (one["ruleId"], one["locations"][0]["physicalLocation"]["region"]["startLine"])
        for one in found
    ] == [("drift/missing", 8)]


def test_what_no_manifest_declares_is_shown_at_the_first_manifest_without_a_line():
    found = drift_of(address=Address("Room", "gone"), reason=MISSING)[0]

    assert found["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "rooms.yaml", "uriBaseId": "%SRCROOT%"}
    }


def test_without_any_manifest_there_is_still_a_name():
    found = results(
        DRIFT_FORMATS["sarif"](PlanReport(plan(replace(UPDATE, changes=(), reason=MISSING)), NOW))
    )[0]

    assert found["locations"] == [
        {"logicalLocations": [{"fullyQualifiedName": "Conference/town-hall", "kind": "resource"}]}
    ]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("./a b/ü#?.yaml", {"uri": "a%20b/%C3%BC%23%3F.yaml", "uriBaseId": "%SRCROOT%"}),
        ("rooms\\x.yaml", {"uri": "rooms/x.yaml", "uriBaseId": "%SRCROOT%"}),
        ("<stdin>", {"uri": "%3Cstdin%3E", "uriBaseId": "%SRCROOT%"}),
        ("/git/a.yaml", {"uri": "file:///git/a.yaml"}),
        ("C:/git/a.yaml", {"uri": "file:///C:/git/a.yaml"}),
        ("javascript:alert(1)", {"uri": "javascript%3Aalert%281%29", "uriBaseId": "%SRCROOT%"}),
    ],
)
def test_a_file_is_a_uri(file, uri):
    assert problem_at(file)["locations"][0]["physicalLocation"]["artifactLocation"] == uri


def test_a_finding_is_the_same_after_its_line_has_moved():
    here, there, other = problem_at("a.yaml", 3), problem_at("a.yaml", 30), problem_at("b.yaml", 3)

    assert (
        here["partialFingerprints"] == there["partialFingerprints"] != other["partialFingerprints"]
    )
    moved = [
        drift_of(change("layout", live, "2x2", "drift", at("a.yaml", line, 1)))[0]
        for live, line in (("5x5", 1), ("6x6", 9))
    ]
    assert moved[0]["partialFingerprints"] == moved[1]["partialFingerprints"]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("see [here](http://evil.example) now", r"spec.x: see \[here\](http://evil.example) now"),
        ("{0} and {a: 1}", "spec.x: {{0}} and {{a: 1}}"),
        ("streams[0]", "spec.x: streams[0]"),
    ],
)
def test_a_message_has_no_markup_of_others(message, text):
    assert problem_at("a.yaml", message=message)["message"] == {"text": text}


@pytest.mark.parametrize("text", [HOSTILE, "\ud800", "\x00", "</script>"])
def test_no_text_breaks_the_document(text):
    assert problem_at(text, message=text)["level"] == "error"
    assert (
        drift_of(change(text, text, text, "drift", at(text, 1, 1)), address=Address("Room", text))[
            0
        ]["level"]
        == "warning"
    )
