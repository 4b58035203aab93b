"""Carry out a whole Plan: renames one by one, then what can go side by side, deletions last."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from reconciler.apply.execute import carry_out
from reconciler.apply.results import Result
from reconciler.apply.tools import Tools
from reconciler.core.model import Action, Outcome, Plan

STOPPED = "not started: the run was interrupted"
DENIED = "not started: the Space refused the credentials"


Carry = Callable[[Action], Result]
Workers = Callable[[Sequence[Action], Carry, int], Iterator[Result]]


def threads(group: Sequence[Action], carry: Carry, width: int) -> Iterator[Result]:
    """``carry`` each action of ``group``, ``width`` at a time, each in a thread; yields each Result as it comes."""
    with ThreadPoolExecutor(max_workers=width) as pool:
        waiting = iter(group)
        going: set[Future[Result]] = set()
        for action in waiting:
            going.add(pool.submit(carry, action))
            if len(going) >= width:
                finished, going = wait(going, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        while going:
            finished, going = wait(going, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in finished)


def _phases(plan: Plan) -> Iterator[tuple[Sequence[Action], bool]]:
    """The actions in the order of the plan, in groups, and whether a group may go side by side."""
    for verbs, together in ((("rename",), False), (("create", "adopt", "update"), True), (("delete",), True)):
        group = [action for action in plan.actions if action.action in verbs]
        if group:
            yield group, together


def run(  # what to do, with what, and in which manner
    plan: Plan,
    tools: Tools,
    *,
    parallel: int,
    stop: threading.Event,
    noted: Callable[[Result], None],
    started: Callable[[Action], None] = lambda _: None,
    workers: Workers = threads,
) -> Iterator[Result]:
    """Carry out ``plan`` with up to ``parallel`` actions at a time; yields each Result as it comes.

    ``started`` is called for each action as it begins, ``noted`` for each Result by the worker that has it, before anything
    else starts there: it keeps the journal.
    When ``stop`` is set nothing new starts, what is in flight is finished, and the rest comes out as skipped.
    ``workers`` lets actions go side by side.
    """
    denied = threading.Event()

    def carry(action: Action) -> Result:
        if denied.is_set() or stop.is_set():
            return Result(Outcome(action, "skipped", STOPPED if stop.is_set() else DENIED))
        started(action)
        result = carry_out(tools, action)
        if result.denied:
            denied.set()
        noted(result)
        return result

    for group, together in _phases(plan):
        yield from workers(group, carry, parallel if together else 1)
