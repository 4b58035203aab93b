"""Carry out a whole Plan: renames one by one, then what can go side by side, deletions last."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence

from reconciler.core.plan_model import Action, Outcome, Plan
from reconciler.core.resources import Address
from reconciler.executor.actions import carry_out
from reconciler.executor.canary import Canary
from reconciler.executor.context import ExecutionContext
from reconciler.executor.results import Result

HELD_BACK = "its successor {} is not there"
STOPPED = "not started: the run was interrupted"
DENIED = "not started: the Space refused the credentials"


POLL_ABOVE = 8
POLL_SECONDS = 0.02

Done = Result | BaseException
Carry = Callable[[Action], Result]
Workers = Callable[[Sequence[Action], Carry, int], Iterator[Result]]


def _next(done: queue.SimpleQueue[Done], *, wait: bool) -> Done:
    """The next Result. Of a crowd it is looked for now and then: to be woken for each takes turns from those who work."""
    while not wait:
        with contextlib.suppress(queue.Empty):
            return done.get_nowait()
        time.sleep(POLL_SECONDS)
    return done.get()


def _allow(turns: queue.SimpleQueue[None], number: int) -> None:
    for _ in range(number):
        turns.put(None)


def threads(group: Sequence[Action], carry: Carry, width: int) -> Generator[Result, None, None]:
    """``carry`` each action of ``group``, ``width`` at a time, each in a thread; yields each Result as it comes.

    Nothing new begins once nobody takes the results any more; what has begun is finished. One at a time means that each begins
    after the Result of the one before was taken; of several, as many may be ahead of whoever takes them.
    """
    waiting, turn = iter(group), threading.Lock()
    done: queue.SimpleQueue[Done] = queue.SimpleQueue()
    turns: queue.SimpleQueue[None] = queue.SimpleQueue()  # as many as may be ahead
    over = threading.Event()

    def following() -> Action | None:
        turns.get()
        with turn:
            return None if over.is_set() else next(waiting, None)

    def work() -> None:
        while (action := following()) is not None:
            try:
                done.put(carry(action))
            except BaseException as error:  # noqa: BLE001  # whoever takes the results raises it
                done.put(error)

    workers = [
        threading.Thread(target=work, name=f"worker {number}")
        for number in range(min(width, len(group)))
    ]
    started = []
    try:
        for worker in workers:
            worker.start()
            started.append(worker)
        _allow(turns, 2 * width - 1)  # not before all are there: who works holds up who starts
        for left in range(len(group), 0, -1):
            result = _next(done, wait=width < POLL_ABOVE or left <= width)
            if isinstance(result, BaseException):
                raise result
            yield result
            _allow(turns, 1)
    finally:
        over.set()
        _allow(turns, 2 * width)
        for worker in started:
            worker.join()


def _phases(plan: Plan) -> Iterator[tuple[Sequence[Action], bool]]:
    """The actions in the order of the plan, in groups, and whether a group may go side by side."""
    for verbs, together in (
        (("rename",), False),
        (("create", "adopt", "update"), True),
        (("delete",), True),
    ):
        group = [action for action in plan.actions if action.action in verbs]
        if group:
            yield group, together


def _groups(plan: Plan, canary: Canary, *, parallel: int) -> Iterator[tuple[Sequence[Action], int]]:
    """Groups of actions in their order, and how many of each may go side by side; to be taken one after the other."""
    for group, together in _phases(plan):
        if not together:
            yield group, 1
            continue
        rest: list[Action] = []
        for action in group:
            if canary.goes_alone(action):
                yield [action], 1
            else:
                rest.append(action)
        if rest:
            yield rest, parallel


def run(  # what to do, with what, and in which manner
    plan: Plan,
    context: ExecutionContext,
    *,
    parallel: int,
    stop: threading.Event,
    noted: Callable[[Result], None],
    ready: Callable[[Action], None] = lambda _: None,
    started: Callable[[Action], None] = lambda _: None,
    workers: Workers = threads,
) -> Generator[Result, None, None]:
    """Carry out ``plan`` with up to ``parallel`` actions at a time; yields each Result as it comes.

    ``noted`` is called for each Result by the worker that has it, ``ready`` there before each action, where it can wait until what
    was noted is kept, and ``started`` as an action begins.
    When ``stop`` is set nothing new starts, what is in flight is finished, and the rest comes out as skipped.
    ``workers`` lets actions go side by side.
    """
    denied = threading.Event()
    canary = Canary(context.kinds)
    successors, made = dict(plan.suggestions), set[Address]()
    context.known.add(plan.ids)

    def carry(action: Action) -> Result:
        ready(action)
        if denied.is_set() or stop.is_set():
            return Result(Outcome(action, "skipped", STOPPED if stop.is_set() else DENIED))
        successor = successors.get(action.address) if action.action == "delete" else None
        if successor is not None and successor not in made:
            return Result(Outcome(action, "skipped", HELD_BACK.format(successor)))
        halted = canary.halted(action)
        if halted:
            return Result(Outcome(action, "skipped", halted))
        started(action)
        result = carry_out(context, action)
        if result.denied:
            denied.set()
        if result.outcome.status == "done":
            made.add(action.address)
        canary.judge(result)
        noted(result)
        return result

    for group, width in _groups(plan, canary, parallel=parallel):
        yield from workers(group, carry, width)
