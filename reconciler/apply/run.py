"""Carry out a whole Plan: renames one by one, then what can go side by side, deletions last."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from reconciler.apply.execute import Tools, carry_out
from reconciler.apply.results import Result
from reconciler.core.model import Action, Outcome, Plan

STOPPED = "not started: the run was interrupted"
DENIED = "not started: the Space refused the credentials"


def _phases(plan: Plan) -> Iterator[tuple[Sequence[Action], bool]]:
    """The actions in the order of the plan, in groups, and whether a group may go side by side."""
    for verbs, together in ((("rename",), False), (("create", "adopt", "update"), True), (("delete",), True)):
        group = [action for action in plan.actions if action.action in verbs]
        if group:
            yield group, together


def run(plan: Plan, tools: Tools, *, parallel: int, stop: threading.Event, noted: Callable[[Result], None]) -> Iterator[Result]:
    """Carry out ``plan`` with up to ``parallel`` actions at a time; yields each Result as it comes.

    ``noted`` is called for each Result by the worker that has it, before anything else starts there: it keeps the journal.
    When ``stop`` is set nothing new starts, what is in flight is finished, and the rest comes out as skipped.
    """
    denied = threading.Event()

    def one(action: Action) -> Result:
        if denied.is_set() or stop.is_set():
            return Result(Outcome(action, "skipped", STOPPED if stop.is_set() else DENIED))
        result = carry_out(tools, action)
        if result.denied:
            denied.set()
        noted(result)
        return result

    for group, together in _phases(plan):
        with ThreadPoolExecutor(max_workers=parallel if together else 1) as pool:
            yield from _drained(pool, group, one, width=parallel if together else 1)


def _drained(pool: ThreadPoolExecutor, group: Sequence[Action], one: Callable[[Action], Result], *, width: int) -> Iterator[Result]:
    """Keep ``width`` actions going; each Result as it comes."""
    waiting = iter(group)
    going: set[Future[Result]] = set()
    for action in waiting:
        going.add(pool.submit(one, action))
        if len(going) >= width:
            finished, going = wait(going, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in finished)
    while going:
        finished, going = wait(going, return_when=FIRST_COMPLETED)
        yield from (future.result() for future in finished)
