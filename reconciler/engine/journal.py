"""What a run keeps while it goes: each creation before it is sent, each finished action before anything else; by the Space's time."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from reconciler.core.errors import StateError
from reconciler.core.intents import Intent, with_times
from reconciler.core.plan_model import Action, Plan
from reconciler.core.resources import Address
from reconciler.engine.clock import ServerClock
from reconciler.executor.results import Result
from reconciler.state.record import Entry, Stamp, State, placeholder
from reconciler.state.store import StateStore


def _opens_rename_cycle(action: Action) -> bool:
    """Whether it takes a passing name, so that two names can be swapped."""
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


class Journal:
    """Keeps the journal of one run and what is in it; safe between threads. After a failure to write, ``broken`` holds it.

    What was done is written together with what is about to be created next, or by ``settle``: no worker waits for the disk twice
    for one creation, none begins anything before what it did last is kept, and nobody waits for what came after.
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
        self._one_at_a_time = threading.Lock()
        self._done: list[tuple[Address, Entry]] = []  # and not on its way to the disk yet
        self._kept: dict[Address, Callable[[], None]] = {}  # waits until what was done is kept
        self._mine = threading.local()  # what this worker did last

    def begin(self, plan: Plan) -> None:
        """Journal where things are, or are about to be, whose recorded address another one takes in the course of ``plan``."""
        self._keep(*_record_of_rename(plan))

    def intend(self, intent: Intent) -> Intent:
        """Journal a creation before it is sent; the same with the time that it can come about in. A StateError keeps it from being sent."""
        kept = with_times(
            intent,
            self._time.now(),
            skew=self._time.skew,
            earlier=self._state.intents.get(intent.key),
        )
        self._keep(Entry(intent=kept))
        if self.broken is not None:
            raise self.broken
        return kept

    def note(self, result: Result) -> None:
        """Take a finished action down, for the next that is written."""
        entry = self._entry(result)
        if entry is not None:
            address = result.outcome.action.address
            with self._one_at_a_time:
                self.entries.append(entry)
                self._done.append((address, entry))
            self._mine.address = address

    def ready(self, action: Action) -> None:
        """Wait until what this worker did before is kept; a creation waits for that together with its own intent."""
        before = getattr(self._mine, "address", None)
        if action.action != "create" and before is not None:
            self.settle(before)

    def settle(self, address: Address) -> None:
        """Wait until what was taken down of ``address``, if anything was, is kept."""
        with self._one_at_a_time:
            written = self._write() if any(one == address for one, _ in self._done) else ()
            kept = self._kept.get(address)
        if kept is not None:
            self._wait(kept, written)

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
        return (
            Entry(action.known, action.record)
            if status == "failed" and _opens_rename_cycle(action)
            else None
        )  # it never left

    def _keep(self, *entries: Entry) -> None:
        """Write ``entries`` after what was done, and wait for that."""
        if not entries:
            return
        with self._one_at_a_time:
            self.entries.extend(entries)
            kept = self._store.noting(self._state, *(entry for _, entry in self._done), *entries)
            written = self._on_its_way(kept)
        self._wait(kept, written)

    def _write(self) -> tuple[Entry, ...]:
        """What was done, put on its way; under the lock."""
        return self._on_its_way(
            self._store.noting(self._state, *(entry for _, entry in self._done))
        )

    def _on_its_way(self, kept: Callable[[], None]) -> tuple[Entry, ...]:
        done, self._done = self._done, []
        self._kept.update((address, kept) for address, _ in done)
        return tuple(entry for _, entry in done)

    def _wait(self, kept: Callable[[], None], done: Sequence[Entry]) -> None:
        """Where it cannot be kept nothing new is started, and the ids of what was ``done`` are told so that none is lost."""
        try:
            kept()
        except StateError as error:
            self.broken = error
            self._stop.set()
            for entry in done:
                known = entry.record or entry.removed
                if entry.stamp is not None and known is not None:
                    what = "is there" if entry.record else "is deleted"
                    self._note(f"perhaps not in the state: {known.address} {what}, id {known.id}")
