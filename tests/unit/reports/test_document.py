import hashlib
import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from reconciler import catalog
from reconciler.engine.saved_plan.document import plan_document
from reconciler.reports.formats import DRIFT_FORMATS, PLAN_FORMATS
from tests.unit.reports.cases import DRIFTS, EVERYTHING, NOW, PLANS

SCHEMA = catalog.documents()["plan.schema.json"]


def test_the_schema_is_a_schema_and_no_kind():
    Draft202012Validator.check_schema(SCHEMA)
    assert "x-reconciler" not in SCHEMA
    assert "Plan" not in catalog.kinds()


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_keeps_to_the_schema(name):
    document = json.loads(PLAN_FORMATS["json"](PLANS[name]))
    assert document == plan_document(PLANS[name])
    Draft202012Validator(SCHEMA).validate(document)


@pytest.mark.parametrize("name", DRIFTS)
def test_drift_has_the_actions_and_the_summary_of_a_plan(name):
    document = json.loads(DRIFT_FORMATS["json"](DRIFTS[name]))
    as_plan = plan_document(DRIFTS[name]) | {
        "actions": document["drift"],
        "summary": document["summary"],
    }
    Draft202012Validator(SCHEMA).validate(as_plan)
    assert set(document) - {"unmanaged"} == {
        "format_version",
        "space",
        "created_at",
        "drift",
        "summary",
    }


def test_the_schema_describes_every_field():
    def undescribed(schema):
        for name, inner in schema.get("properties", {}).items():
            if "$ref" not in inner and "description" not in inner:
                yield name
            yield from undescribed(inner)

    assert [
        name for part in (SCHEMA, *SCHEMA["$defs"].values()) for name in undescribed(part)
    ] == []


def test_the_digest_is_of_the_document_without_its_moment():
    document = plan_document(PLANS["plan-everything"])
    aside = ("created_at", "digest", "summary", "unmanaged", "refusals", "suggestions")
    rest = {key: value for key, value in document.items() if key not in aside}
    rest["actions"] = [
        {key: value for key, value in action.items() if key != "active_session"}
        for action in rest["actions"]
    ]
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    assert document["digest"] == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_equal_plans_have_one_digest_and_others_another():
    report = PLANS["plan-short"]
    later = replace(report, created_at="2030-01-01T00:00:00Z")
    other = replace(report, plan=replace(report.plan, space="another.signalwire.com"))
    assert (
        plan_document(later)["digest"]
        == plan_document(report)["digest"]
        != plan_document(other)["digest"]
    )


def test_what_was_not_asked_for_is_not_there():
    document = plan_document(
        replace(PLANS["plan-everything"], show_unmanaged=False, left_out="", refusals=())
    )
    assert list(document) == [
        "format_version",
        "space",
        "project",
        "created_at",
        "digest",
        "summary",
        "actions",
    ]
    assert document["created_at"] == NOW
    assert document["summary"] == EVERYTHING.summary
