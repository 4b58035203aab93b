"""Runs that would change more resources than the limits allow: refused before anything is sent, and done with consent to exactly that."""

from typing import NamedTuple

from reconciler.core.consent import Consent
from reconciler.core.mass_changes import Limits, RecentChanges
from tests.faults.simulation.histories import History

NUMBER = 8  # resources of the scenario "eight", all of which its manifests update
LEFT_OUT = 3  # of which so many are deleted


class Excess(NamedTuple):
    """``limits`` that the run exceeds, and what consents to it."""

    limits: Limits
    deletes: bool = False
    earlier: int = 0  # resources that runs of the last hour updated or deleted


EXCESSES = {
    "more updates than the number": Excess(Limits(max_update_count=NUMBER - 1)),
    "more updates than the share": Excess(Limits(max_update_share=0.8)),
    "more updates than an hour allows": Excess(Limits(max_update_count=NUMBER + 1), earlier=2),
    "more deletions than the number": Excess(Limits(max_delete_count=LEFT_OUT - 1), deletes=True),
    "more deletions than the share": Excess(Limits(max_delete_share=0.3), deletes=True),
    "more deletions than an hour allows": Excess(
        Limits(max_delete_share=1.0, max_delete_count=LEFT_OUT + 1), deletes=True, earlier=2
    ),
}


def _recent(excess: Excess, kind: str) -> RecentChanges:
    if excess.deletes:
        return RecentChanges(deleted={kind: excess.earlier})
    return RecentChanges(updated=frozenset((kind, f"gone-{n}") for n in range(excess.earlier)))


def _consent(excess: Excess, kind: str, number: int) -> Consent:
    if excess.deletes:
        return Consent(allow_delete={kind: number})
    return Consent(allow_update={kind: number})


def _text(history: History, excess: Excess) -> str:
    """The manifests that change all eight, or leave some of them out."""
    scenario = history.ready.scenario
    if not excess.deletes:
        return scenario.after
    return "---\n".join(["", *scenario.before.split("---\n")[1 + LEFT_OUT :]])


def _judged(history: History, what: str, excess: Excess) -> list[str]:
    """Runs without a consent, with one to less, and with one to all of it."""
    kind, text = history.ready.scenario.kind, _text(history, excess)
    number = LEFT_OUT if excess.deletes else NUMBER
    words = {"limits": excess.limits, "recent": _recent(excess, kind)}
    breaks = []
    for allowed in (0, number - 1, number):
        ran = history.world.run(text, consent=_consent(excess, kind, allowed), **words)
        expected = (0, number) if allowed == number else (3, 0)
        if (ran.code, len(ran.ledger)) != expected:
            breaks.append(
                f"I5 {what}, with consent to {allowed} of {number}: "
                f"{len(ran.ledger)} writes, exit code {ran.code}"
            )
    return breaks


def masses(name: str, put: str) -> list[str]:
    """Without consent, and with consent to less: nothing is written. With consent to the number: it is done."""
    return [
        broken
        for what, excess in EXCESSES.items()
        for broken in _judged(History.of(name, put), what, excess)
    ]
