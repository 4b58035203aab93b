"""Whatever the Space answers, what a cluster shows of it is on one line, inert, and of limited length."""

import json

import pytest

from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import Address, Secret
from reconciler.core.text import hidden_characters, holds_order
from reconciler.engine.resource_facts import Fact
from reconciler.operator.conditions import Verdict, status_of
from reconciler.operator.events import changed_outside, of_verdict
from reconciler.operator.metrics import Metrics
from reconciler.operator.reporting import Report
from reconciler.operator.resources import SpaceKey
from reconciler.operator.texts import event_message

HOSTILE = {
    "order of GitHub": "::error::x",
    "order on a second line": "harmless\n::stop-commands::token",
    "order behind a carriage return": "harmless\r::add-mask::x",
    "order of Azure": "a ##vso[task.setvariable variable=x]y",
    "older order": "##[set-output name=x;]y",
    "terminal": "\x1b]0;title\x07\x1b[31mred\x9b0m",
    "the other way round": "user\u202etxt.exe",
    "no width": "lob\u200bby\u2060\ufeff",
    "tags": "a\U000e0041\U000e0042",
    "null": "a\x00b",
    "lone surrogate": "a\ud800b",
    "lines of Unicode": "a\u2028b\u2029c\x85d",
    "long": "x" * 100_000,
    "long in bytes": "\U0001f600" * 5_000,
    "YAML": "a: &x [*x, !!python/object:os.system]\n---\n...",
    "metrics": 'x"} 1\nreconciler_managed{space="y',
}


def texts(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from (key, *texts(item))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def faults(shown, *, longest):
    """The texts in which something is obeyed, or hides, or which are too long."""
    return [
        text
        for text in texts(shown)
        if hidden_characters(text)
        or "\n" in text
        or "\r" in text
        or holds_order(text)
        or len(text) > longest
    ]


def change(text):
    return (
        FieldChange(f"meta.{text}", {"k": [text]}, {text: text}, "drift"),
        FieldChange("description", text, "as declared", "conflict"),
        FieldChange("streams[0].url", Secret("canary"), Secret(text), "drift"),
    )


def fact(text):
    session = {"id": text, "members": 2, "start_time": text, "name": text, "preview_url": text}
    return Fact(Address("Room", "a"), text, text, pending=change(text), session=session)


@pytest.mark.parametrize("reason", ["Failed", "Refused", "Invalid", "DriftReported", "Conflict"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_status_and_its_conditions_are_inert(text, reason):
    verdict = Verdict(reason, text, corrected=(text,))

    status = status_of(verdict, fact(text), {}, generation=1, now="2027-01-01T00:00:00Z")

    assert faults(status, longest=1000) == []
    assert "canary" not in json.dumps(status)
    json.dumps(status, ensure_ascii=False).encode()  # no half of a character is left


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("corrected", [False, True])
def test_a_correction_is_inert(text, corrected):
    verdict = Verdict("Synced", corrected=(text,) * 20)

    status = status_of(verdict, None, {}, generation=1, now="2027-01-01T00:00:00Z")
    note = changed_outside(change(text), corrected=corrected)

    assert faults([status, note.message], longest=1000) == []
    assert "canary" not in note.message
    assert note.message.endswith("; restored" if corrected else "; only reported")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_message_of_an_event_fits_into_one(text):
    message = event_message(text)

    assert faults(message, longest=1024) == []
    assert len(message.encode()) <= 1024


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_an_event_of_a_hostile_text_is_told_once(text):
    verdict = Verdict("Refused", f"words first, {text}")
    assert of_verdict(verdict, {}).reason == "Refused"

    before = status_of(verdict, None, {}, generation=1, now="2027-01-01T00:00:00Z")

    assert of_verdict(verdict, before) is None


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_label_of_a_metric_stays_in_its_quotes(text):
    metrics = Metrics()
    metrics.note(SpaceKey("team", text), Report(outcomes={text: 1}), seconds=1.0, at=2.0)

    lines = metrics.text().splitlines()

    assert faults(lines, longest=1000) == []
    samples = [line for line in lines if not line.startswith("#")]
    assert len(samples) == len([line for line in samples if line.startswith("reconciler_")]) == 8
    assert metrics.text().encode()
