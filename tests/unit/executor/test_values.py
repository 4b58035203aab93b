"""House rule 4: values are frozen, but for what collects during an action. Its defaults are empty."""

import pytest

from reconciler import executor
from reconciler.core.intents import Intent
from reconciler.core.resources import Address
from reconciler.executor.context import ExecutionContext
from reconciler.executor.findings import Findings
from reconciler.executor.update import Update
from tests.unit.values import check_frozen, dataclasses_in, defaults_in


@pytest.mark.parametrize(
    "value",
    [one for one in dataclasses_in(executor) if one not in (Findings, Update)],
    ids=lambda one: one.__name__,
)
def test_a_value_is_frozen(value):
    check_frozen(value)


def test_what_is_not_said_is_empty():
    found = defaults_in(executor)
    made = ("known", "facts", "findings")
    assert found.keys() == {f"ExecutionContext.{name}" for name in ("intend", *made)}
    assert found["ExecutionContext.findings"] == Findings([], set(), [])


def test_each_run_has_its_own_collections_and_sends_an_intent_as_it_is():
    one, other = (ExecutionContext(None, {}, b"") for _ in range(2))
    for name in ("known", "facts", "findings", "open", "doubts"):
        assert getattr(one, name) is not getattr(other, name)
    intent = Intent(Address("Room", "lobby"), {})
    assert one.intend(intent) is intent
