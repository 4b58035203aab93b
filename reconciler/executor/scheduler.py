"""Executes a Plan: renames one by one, then independent actions in parallel, deletions last."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence

from reconciler.core.deferred_dataclass import replace
from reconciler.core.hidden_copies import hidden_outcome
from reconciler.core.plan_model import Action, Outcome, Plan
from reconciler.core.resources import Address
from reconciler.executor.actions import carry_out
from reconciler.executor.canary import Canary
from reconciler.executor.context import ExecutionContext
from reconciler.executor.results import Result

_HELD_BACK = "{}, which replaces it, was not created"
_STOPPED = "not started: the run stopped"
_DENIED = "not started: the Space refused the credentials"

# From this many workers on, results are polled: a wake-up per result contends for the GIL.
_POLL_ABOVE = 8
_POLL_SECONDS = 0.02

_ResultOrError = Result | BaseException
_Carry = Callable[[Action], Result]
Workers = Callable[[Sequence[Action], _Carry, int], Iterator[Result]]


def _next(results: queue.SimpleQueue[_ResultOrError], *, block: bool) -> _ResultOrError:
    """Return the next result, blocking or by polling."""
    while not block:
        with contextlib.suppress(queue.Empty):
            return results.get_nowait()
        time.sleep(_POLL_SECONDS)
    return results.get()


def _release(permits: queue.SimpleQueue[None], number: int) -> None:
    for _ in range(number):
        permits.put(None)


def threads(group: Sequence[Action], carry: _Carry, width: int) -> Generator[Result, None, None]:
    """Run ``carry`` on each action in ``width`` threads; yields each Result as it comes.

    Closing the generator starts nothing new and finishes what is in flight. With one worker, an
    action starts after the previous Result was taken; with several, ``width`` may run ahead.
    """
    actions = iter(group)
    actions_lock = threading.Lock()
    results: queue.SimpleQueue[_ResultOrError] = queue.SimpleQueue()
    permits: queue.SimpleQueue[None] = queue.SimpleQueue()  # one for each action that may start
    closing = threading.Event()

    def next_action() -> Action | None:
        permits.get()
        with actions_lock:
            return None if closing.is_set() else next(actions, None)

    def work() -> None:
        while (action := next_action()) is not None:
            try:
                results.put(carry(action))
            except BaseException as error:  # noqa: BLE001  # the consumer raises it
                results.put(error)

    workers = [
        threading.Thread(target=work, name=f"worker {number}")
        for number in range(min(width, len(group)))
    ]
    started = []
    try:
        for worker in workers:
            worker.start()
            started.append(worker)
        # Only now: a worker at work would delay the start of the others.
        _release(permits, 2 * width - 1)
        for remaining in range(len(group), 0, -1):
            result = _next(results, block=width < _POLL_ABOVE or remaining <= width)
            if isinstance(result, BaseException):
                raise result
            yield result
            _release(permits, 1)
    finally:
        closing.set()
        _release(permits, 2 * width)
        for worker in started:
            worker.join()


_PHASES = (
    # (verbs, whether their actions may run in parallel)
    (("rename",), False),
    (("create", "adopt", "update"), True),
    (("delete",), True),
)


def _groups(plan: Plan, canary: Canary, *, parallel: int) -> Iterator[tuple[Sequence[Action], int]]:
    """Yield groups of actions in order, each with its number of workers.

    Each group is to be finished before the next is taken: the canary learns in between.
    """
    for verbs, is_parallel in _PHASES:
        actions = [action for action in plan.actions if action.action in verbs]
        if actions and not is_parallel:
            yield actions, 1
            continue
        rest: list[Action] = []
        for action in actions:
            if canary.goes_alone(action):
                yield [action], 1
            else:
                rest.append(action)
        if rest:
            yield rest, parallel


def run(
    plan: Plan,
    context: ExecutionContext,
    *,
    parallel: int,
    stop: threading.Event,
    on_result: Callable[[Result], None],
    before_action: Callable[[Action], None] = lambda _: None,
    on_start: Callable[[Action], None] = lambda _: None,
    workers: Workers = threads,
) -> Generator[Result, None, None]:
    """Execute ``plan`` with up to ``parallel`` actions at a time; yields each Result as it comes.

    Workers call ``before_action`` (which may block until earlier results are on disk),
    ``on_start`` and ``on_result``. Once ``stop`` is set nothing new starts, actions in flight are
    finished, and the rest is skipped. ``workers`` runs the actions of a group.
    """
    denied, hidden = threading.Event(), context.writer.hidden
    canary = Canary(context.kinds)
    successors, done = dict(plan.suggestions), set[Address]()
    context.known.add(plan.ids)

    def skip_reason(action: Action) -> str:
        if denied.is_set() or stop.is_set():
            return _STOPPED if stop.is_set() else _DENIED
        successor = successors.get(action.address) if action.action == "delete" else None
        if successor is not None and successor not in done:
            return _HELD_BACK.format(successor)
        return canary.halted(action)

    def carry(action: Action) -> Result:
        before_action(action)
        reason = skip_reason(action)
        if reason:
            return Result(Outcome(action, "skipped", reason))
        on_start(action)
        result = carry_out(context, action)
        shown = hidden_outcome(result.outcome, hidden.texts, hidden.text)
        if shown is not result.outcome:
            result = replace(result, outcome=shown)
        if result.denied:
            denied.set()
        if result.outcome.status == "done":
            done.add(action.address)
        canary.judge(result)
        on_result(result)
        return result

    for group, width in _groups(plan, canary, parallel=parallel):
        yield from workers(group, carry, width)
