"""What an action is carried out with."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from reconciler.core.intents import Intent, IntentKey
from reconciler.core.kinds import Kinds
from reconciler.core.resources import Address
from reconciler.executor.findings import Findings
from reconciler.executor.known_ids import KnownIds
from reconciler.space.client import Writer


@dataclass(frozen=True, slots=True)
class ExecutionContext:
    """The writing client, the kinds, the state's key, and what may be deleted or renamed with people in it.

    ``intend`` keeps what is about to be created, before it is sent, and gives it back with the time that it can come about in;
    where it fails nothing is sent. ``open`` are the intents of earlier runs of which nobody knows what became.
    ``known`` are the ids that the run has met: what bears one of them was not made by it just now.
    ``doubts`` are lists of sub-resources to which an earlier run may still have added one, and the seconds until it cannot have.
    ``told`` is what is learned while one action is carried out.
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
