"""Drops a fact that the answer to a write contradicts."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.errors import Invalid, ReconcilerError
from reconciler.core.facts import DEFAULTS, NULL
from reconciler.core.kinds import Kind
from reconciler.core.normalize import canonical, same
from reconciler.core.resources import Live
from reconciler.executor.known_facts import KnownFacts


def check_defaults(facts: KnownFacts, kind: Kind, sent: Mapping[str, Any], created: Live) -> None:
    """Drop the defaults of a kind if a new resource has another value in a field not sent."""
    found = facts.answer(DEFAULTS, kind.name)
    if not isinstance(found, dict):
        return
    name = created.address.name
    for field, value in found.items():
        if field in sent or field not in kind.attributes or field not in created.attributes:
            continue
        current = created.attributes[field]
        if not same(
            canonical(kind, field, current, name=name), canonical(kind, field, value, name=name)
        ):
            facts.drop(DEFAULTS, kind.name, f"a new resource has another default in {field}")
            return


def check_refusal(
    facts: KnownFacts, kind: Kind, sent: Mapping[str, Any], error: ReconcilerError
) -> None:
    """Drop that null is accepted if a Space refuses a field that was sent as null."""
    if not isinstance(error, Invalid):
        return
    for field in error.attributes:
        if field in sent and sent[field] is None:
            if facts.answer(NULL, kind.name) is not None:
                error.hint = (
                    f"the last probe found that null is accepted in {field}, so it was sent;"
                    " run apply again: the next run sends no null"
                )
            facts.drop(NULL, kind.name, f"null in {field} was refused")
            return
