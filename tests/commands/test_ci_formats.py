"""JUnit and SARIF from the command line, for CI systems and code scanning."""

import json
import xml.etree.ElementTree as ET

import pytest

from tests.commands.words import MANIFESTS, room

CLEAR = room("lobby", streams=[{"url": "rtmp://live.example.com/app/canary-key"}])


def verdicts(text):
    cases = ET.fromstring(text).iter("testcase")  # noqa: S314  # our own output
    return {
        f"{case.get('classname')}/{case.get('name')}": [inner.tag for inner in case]
        for case in cases
    }


def lines(text):
    results = json.loads(text)["runs"][0]["results"]
    return [
        (
            one["ruleId"],
            one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            one["locations"][0]["physicalLocation"]["region"],
        )
        for one in results
    ]


def test_drift_as_junit_has_a_case_for_every_managed_resource(apply, reconciler, space):
    apply(room("a", layout="2x2"), room("b"), room("c"))
    space.change("Room", "a", layout="5x5")
    space.remove("Room", "b")
    space.create("Room", name="free")

    code, out, _ = reconciler("drift", MANIFESTS, "--format", "junit", "--unmanaged")

    assert code == 2
    assert verdicts(out) == {
        "Room/a": ["failure"],
        "Room/b": ["failure"],
        "Room/c": [],
        "Room/free": ["skipped"],
    }


def test_drift_as_sarif_points_at_the_manifest(apply, reconciler, space):
    apply(room("a", layout="2x2"), room("b"), room("c"))
    space.change("Room", "a", layout="5x5")
    space.remove("Room", "b")

    code, out, _ = reconciler("drift", MANIFESTS, "--format", "sarif")

    assert code == 2
    assert lines(out) == [
        ("drift/changed", MANIFESTS, {"startLine": 8, "startColumn": 13}),
        ("drift/missing", MANIFESTS, {"startLine": 16, "startColumn": 11}),
    ]


def test_text_and_sarif_say_the_same_places(apply, done, reconciler, space, monkeypatch):
    streams = [{"url": "${env:ONE}"}]
    monkeypatch.setenv("ONE", "rtmp://live.example/one")
    apply(room("a", streams=streams), room("b", layout="5x5"), room("c"))
    space.stream_to("Room", "a", "rtmp://live.example/two")
    for name in ("b", "c"):
        space.remove("Room", name)

    text = reconciler("drift", MANIFESTS).out
    results = json.loads(reconciler("drift", MANIFESTS, "--format", "sarif").out)["runs"][0][
        "results"
    ]

    found = [one["locations"][0]["physicalLocation"] for one in results]
    places = [
        f"{one['artifactLocation']['uri']}:{one['region']['startLine']}:{one['region']['startColumn']}"
        for one in found
    ]
    assert places == ["rooms.yaml:8:3", "rooms.yaml:20:11", "rooms.yaml:31:11"]
    assert [line.split()[-1] for line in text.splitlines() if "rooms.yaml:" in line] == places


@pytest.mark.parametrize("form", ["junit", "sarif"])
def test_no_drift_is_a_document_without_a_finding(apply, done, space, form):
    apply(room("a"))

    out = done("drift", MANIFESTS, "--format", form).out

    assert (verdicts(out) == {"Room/a": []}) if form == "junit" else (lines(out) == [])
    assert space.names() == {"Room/a"}


@pytest.mark.parametrize(
    ("flags", "verdict", "level"),
    [([], "skipped", "warning"), (["--strict"], "failure", "error")],
    ids=["", "strict"],
)
def test_a_warning_is_an_error_where_it_is_treated_as_one(
    declare, reconciler, flags, verdict, level
):
    declare(CLEAR)

    junit = reconciler("validate", MANIFESTS, "--format", "junit", *flags)
    sarif = reconciler("validate", MANIFESTS, "--format", "sarif", *flags)

    assert list(verdicts(junit.out).values()) == [[verdict]]
    assert [one["level"] for one in json.loads(sarif.out)["runs"][0]["results"]] == [level]
    assert "canary-key" not in junit.out + sarif.out


def test_what_is_valid_is_one_case_that_passes(declare, done):
    declare(room("a"))

    assert verdicts(done("validate", MANIFESTS, "--format", "junit").out) == {
        "manifests/1 Room in 1 file": []
    }
    assert lines(done("validate", MANIFESTS, "--format", "sarif").out) == []


@pytest.mark.parametrize("form", ["junit", "sarif"])
def test_plan_has_no_such_form(declare, reconciler, form):
    declare(room("a"))

    assert reconciler("plan", MANIFESTS, "--format", form).code == 1
