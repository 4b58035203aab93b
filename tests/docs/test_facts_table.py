"""The table of LIMITS.md is filled by the reports in the folder facts."""

import importlib.util
import json
import sys

import pytest

from reconciler.core.facts import Fact, Facts, Unanswered, facts_of
from reconciler.engine.probe.questions import QUESTIONS
from reconciler.reports.facts import FACT_REPORTS
from tests.docs.pages import PROJECT


@pytest.fixture
def table():
    source = PROJECT / "docs" / "facts_table.py"
    spec = importlib.util.spec_from_file_location("facts_table", source)
    module = importlib.util.module_from_spec(spec)
    sys.modules["facts_table"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["facts_table"]


def report(**answers):
    facts = [
        Fact(question, "Room", answer, (), "2027-01-31", "0.1.0")
        for question, answer in answers.items()
    ]
    return facts_of("some.signalwire.com", facts, [Unanswered("null", "Room", "refused")])


def test_a_report_fills_its_rows_and_no_others(table, tmp_path):
    for name, answer in (("2027-01-31-ann", "kept"), ("2027-02-01-bob", "reset")):
        text = FACT_REPORTS["json"](report(omitted_fields=answer))
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    verified = {row[0]: row[-1] for row in table.rows(table.reports(tmp_path))}
    assert len(verified) == len(QUESTIONS)
    assert [text for text in verified.values() if text != "not yet"] == [
        "`Room: kept` (2027-01-31-ann); `Room: reset` (2027-02-01-bob)"
    ]


def test_a_file_that_is_no_report_is_named(table, tmp_path):
    (tmp_path / "x.json").write_text(json.dumps({"facts": []}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"x\.json: not a report"):
        table.reports(tmp_path)


def test_a_report_without_answers_can_be_rendered():
    for render in FACT_REPORTS.values():
        assert "0 answers" in render(Facts()) or '"facts": []' in render(Facts())
