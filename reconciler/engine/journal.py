"""Write-ahead journal of a run: intents before requests, results after."""

import threading
from collections.abc import Callable, Iterator, Sequence

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import StateError
from reconciler.core.intents import Intent, with_times
from reconciler.core.plan_model import Action, Plan
from reconciler.core.resources import Address
from reconciler.engine.clock import ServerClock
from reconciler.executor.results import Result
from reconciler.state.record import Entry, Stamp, State, placeholder
from reconciler.state.store import StateStore


def _opens_rename_cycle(action: Action) -> bool:
    """Whether the action gives a resource a temporary name, so that names can be swapped."""
    return (
        action.record is not None
        and action.record.rename_target is not None
        and action.known is not None
    )


def _record_of_rename(plan: Plan) -> Iterator[Entry]:
    taken = {action.address for action in plan.actions}
    for action in plan.actions:
        known = action.known
        if known is None or action.record is None:
            continue
        if _opens_rename_cycle(action):
            yield Entry(action.record, known)
        elif (
            known.address.name != action.live_name
            and known.address in taken - {action.address}
            and known.rename_target is None
        ):
            yield Entry(
                replace(known, address=placeholder(known), rename_target=action.address.name), known
            )


def _protection_that_begins(plan: Plan) -> Iterator[Entry]:
    """Yield records that a failed or lost action must not leave without their protection."""
    for action in plan.actions:
        known, record = action.known, action.record
        if known is None or record is None or action.id != known.id:
            continue
        if record.protect and not known.protect:
            yield Entry(replace(known, protect=True), known)


class Journal:
    """The journal of one run; thread-safe. ``broken`` holds the error of a failed write.

    A result is written together with the worker's next intent, or by ``settle``: no worker waits
    twice for one creation, and none starts an action before its last result is on disk.
    """

    def __init__(
        self,
        store: StateStore,
        state: State,
        *,
        stop: threading.Event,
        time: ServerClock,
        stamp: Stamp,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.entries: list[Entry] = []
        self.broken: StateError | None = None
        self._store = store
        self._state = state
        self._stop = stop
        self._time = time
        self._stamp = stamp
        self._note = note
        self._lock = threading.Lock()
        self._done: list[tuple[Address, Entry]] = []  # queued, not being written yet
        self._kept: dict[Address, Callable[[], None]] = {}  # each waits for its write
        self._mine = threading.local()  # this worker's last action

    def begin(self, plan: Plan) -> None:
        """Journal protection that begins, and records whose address another resource takes."""
        self._keep(*_protection_that_begins(plan), *_record_of_rename(plan))

    def intend(self, intent: Intent) -> Intent:
        """Journal a creation before it is sent; returns it with its time window.

        A StateError keeps it from being sent.
        """
        timed = with_times(
            intent,
            self._time.now(),
            skew=self._time.skew,
            earlier=self._state.intents.get(intent.key),
        )
        self._keep(Entry(intent=timed))
        if self.broken is not None:
            raise self.broken
        return timed

    def note(self, result: Result) -> None:
        """Queue the result of an action for the next write."""
        entry = self._entry(result)
        if entry is not None:
            address = result.outcome.action.address
            with self._lock:
                self.entries.append(entry)
                self._done.append((address, entry))
            self._mine.address = address

    def ready(self, action: Action) -> None:
        """Wait until this worker's last result is on disk; a creation waits with its intent."""
        before = getattr(self._mine, "address", None)
        if action.action != "create" and before is not None:
            self.settle(before)

    def settle(self, address: Address) -> None:
        """Wait until the queued result of ``address``, if any, is on disk."""
        with self._lock:
            written = self._write() if any(one == address for one, _ in self._done) else ()
            wait = self._kept.get(address)
        if wait is not None:
            self._wait(wait, written)

    def _entry(self, result: Result) -> Entry | None:
        action, status = result.outcome.action, result.outcome.status
        over = action.address if status != "unknown" and not result.in_doubt else None
        if result.record is not None or result.gone is not None:
            return Entry(result.record, result.gone, self._stamp, settled=over)
        if (
            action.action == "create"
            and status == "failed"
            and (action.address, "") not in self._state.intents
        ):
            return Entry(settled=over)
        if status == "failed" and _opens_rename_cycle(action):
            return Entry(action.known, action.record)  # the resource keeps its name
        return None

    def _keep(self, *entries: Entry) -> None:
        """Write queued results and ``entries``, and wait until they are on disk."""
        if not entries:
            return
        with self._lock:
            self.entries.extend(entries)
            wait = self._store.noting(self._state, *(entry for _, entry in self._done), *entries)
            written = self._on_its_way(wait)
        self._wait(wait, written)

    def _write(self) -> tuple[Entry, ...]:
        """Start to write the queued results; called under the lock."""
        return self._on_its_way(
            self._store.noting(self._state, *(entry for _, entry in self._done))
        )

    def _on_its_way(self, kept: Callable[[], None]) -> tuple[Entry, ...]:
        if not self._done:
            return ()
        done, self._done = self._done, []
        for address, _ in done:
            self._kept[address] = kept
        return tuple([entry for _, entry in done])

    def _wait(self, kept: Callable[[], None], done: Sequence[Entry]) -> None:
        """Wait for a write. If it fails, stop the run and report the ids of ``done``."""
        try:
            kept()
        except StateError as error:
            self.broken = error
            self._stop.set()
            for entry in done:
                known = entry.record or entry.removed
                if entry.stamp is not None and known is not None:
                    what = "exists in the Space" if entry.record else "was deleted"
                    self._note(
                        f"perhaps missing in the state: {known.address}, which {what}, id {known.id}"
                    )
