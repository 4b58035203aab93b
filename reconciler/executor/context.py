"""The context that actions are carried out in."""

from collections.abc import Callable, Collection, Mapping

from reconciler.core.deferred_dataclass import built_often, dataclass, field
from reconciler.core.intents import Intent, IntentKey
from reconciler.core.kinds import Kinds
from reconciler.core.resources import Address
from reconciler.executor.findings import Findings
from reconciler.executor.known_facts import KnownFacts
from reconciler.executor.known_ids import KnownIds
from reconciler.space.client import Writer
from reconciler.space.session_list import SessionList


@built_often
@dataclass(frozen=True, slots=True)
class ExecutionContext:
    """Client, kinds, state key, and resources that may be changed during a live session.

    ``intend`` journals a creation before it is sent and returns it with its time window; if it
    fails nothing is sent. ``open`` are intents of earlier runs with unknown outcome. ``known``
    holds all ids seen in this run: a new resource has none of them. ``doubts`` are lists of
    sub-resources that an earlier run may still add to, with the seconds until it no longer can.
    ``findings`` collects what is learned during one action. ``facts`` are answers of a probe, and
    ``sessions`` the list that checks them.
    """

    writer: Writer
    kinds: Kinds
    key: bytes
    allow_live: Collection[Address] = frozenset()
    intend: Callable[[Intent], Intent] = lambda intent: intent
    open: Mapping[IntentKey, Intent] = field(default_factory=dict)
    known: KnownIds = field(default_factory=KnownIds)
    doubts: Mapping[IntentKey, float] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    facts: KnownFacts = field(default_factory=KnownFacts)
    sessions: SessionList | None = None
