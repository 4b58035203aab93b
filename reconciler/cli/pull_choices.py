"""The choices of ``reconciler pull``: its options, and which changes are accepted or declined."""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.cli import console
from reconciler.core.errors import Cancelled
from reconciler.engine.pull.changes import LiveChange
from reconciler.engine.workspace import Workspace
from reconciler.reports.text.pull import change_text

_ANSWERS = {"a": "accept", "r": "revert", "l": "leave"}
_ANSWERS_EXPLAINED = """\
  a  accept: write the live value into the manifest
  r  revert: leave the manifest; the next apply sets the Space back to it
  l  leave:  leave the manifest, and decide later (the same as Enter)
Revert and leave write nothing now. They differ in what the summary tells you to do next.
"""


@dataclass(frozen=True, slots=True)
class PullOptions:
    """The options of a pull."""

    session: Workspace
    names: tuple[str, ...]
    every: bool
    added: tuple[str, ...]
    drop_deleted: bool
    interactive: bool
    yes: bool
    dry_run: bool
    conflicts: bool


def _answer(wish: LiveChange) -> str:
    console.info(change_text(wish))
    words = "[a]ccept (drop it from its file)" if wish.what == "missing" else "[a]ccept"
    while True:
        given = console.ask(f"  {words}, [r]evert, [l]eave, [?] help:")
        if given is None:
            raise Cancelled
        answer = _ANSWERS.get((given or "leave").lower()[:1])
        if answer:
            return answer
        console.info(_ANSWERS_EXPLAINED)


def withheld(order: PullOptions, wish: LiveChange) -> bool:
    """Whether ``wish`` would overwrite an edit that was not applied, and is neither named nor allowed."""
    return (
        wish.conflicts
        and not order.names
        and not order.conflicts
        and wish.what not in ("secret", "children")
    )


def accepted_changes(
    order: PullOptions, wishes: Sequence[LiveChange]
) -> tuple[list[LiveChange], list[LiveChange]]:
    """The changes to write, and the declined ones."""
    accepted: list[LiveChange] = []
    declined: list[LiveChange] = []
    for wish in wishes:
        hint = "--drop-deleted takes it out of its file, apply makes it again"
        if order.interactive and wish.what not in ("secret", "children"):
            answer = _answer(wish)
            hint = (
                "apply sets it back"
                if answer == "revert"
                else "nothing is written, and it goes on differing"
            )
            takes = answer == "accept"
        elif withheld(order, wish):
            dropping = " --drop-deleted" if wish.what == "missing" else ""
            hint = f"your edit stays; to lose it: reconciler pull {wish.address}{dropping}, or --conflicts{dropping}; to keep it: apply"
            takes = False
        else:
            takes = wish.what != "missing" or order.drop_deleted
        (accepted if takes else declined).append(wish)
        if not takes:
            console.info(f"left: {change_text(wish)}\n    {hint}")
    return accepted, declined
