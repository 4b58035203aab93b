"""Clock, workers and stop hooks, by which a caller controls a run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.space.clock import Clock

if TYPE_CHECKING:
    from reconciler.executor.scheduler import Workers

# Cuts short the client's pauses and retries, so that workers end soon.
_Cancel = Callable[[], None]


class Stop:
    """Stops one run from another thread: finishes requests in flight, starts nothing new."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._cancels: list[_Cancel] = []

    def is_set(self) -> bool:
        """Whether the run was stopped."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait at most ``seconds`` for a stop; returns whether it came."""
        return self._event.wait(seconds)

    def set(self) -> None:
        """Stop the current run and every later one."""
        with self._lock:
            self._event.set()
            cancels = list(self._cancels)
        for cancel in cancels:
            cancel()

    @contextmanager
    def while_writing(self, cancel: _Cancel) -> Iterator[threading.Event]:
        """Yield the event that ends a run; ``cancel`` is called when it is set."""
        with self._lock:
            self._cancels.append(cancel)
        if self._event.is_set():
            cancel()
        try:
            yield self._event
        finally:
            with self._lock:
                self._cancels.remove(cancel)


def _connected(_: _Cancel) -> AbstractContextManager[None]:
    return nullcontext()


@contextmanager
def _never_stopped(_: _Cancel) -> Iterator[threading.Event]:
    yield threading.Event()


@dataclass(frozen=True, slots=True)
class Runtime:
    """Hooks that the command line fills with signal handlers; other callers keep the defaults.

    ``while_reading`` is entered while only reads are sent, ``while_connected`` while a lock may be
    held, ``while_writing`` while writes are sent; its event stops the run. ``while_prefetching`` is
    entered while threads fetch lists. ``workers`` runs actions; None means threads.
    """

    clock: Clock = field(default_factory=Clock)
    workers: Workers | None = None
    while_reading: Callable[[], AbstractContextManager[None]] = nullcontext
    while_prefetching: Callable[[], AbstractContextManager[None]] = nullcontext
    while_connected: Callable[[_Cancel], AbstractContextManager[None]] = _connected
    while_writing: Callable[[_Cancel], AbstractContextManager[threading.Event]] = _never_stopped
