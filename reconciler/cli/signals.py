"""What a signal does: at once while nothing is being written, in order while something is."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from reconciler.cli.console import info_now, report_error_now
from reconciler.core.errors import Interrupted

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)

MOMENT_SECONDS = 3.0


def _exit_now(words: str) -> None:
    """End the process now: workers may hang in a request, and waiting for them is what the person does not want.

    Nor is a stream flushed: the signal may have come into a write to it, which waits for a reader that reads no more.
    """
    report_error_now(Interrupted(words))
    os._exit(Interrupted.exit_code)


def _set_handlers() -> list[int]:
    """The signals that are handled here; not a hang-up that is ignored (nohup), nor what somebody handles who is not Python."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    hang_up = getattr(signal, "SIGHUP", None)
    return [
        number
        for number, earlier in before.items()
        if earlier is not None and not (number == hang_up and earlier is signal.SIG_IGN)
    ]


@contextmanager
def _with_handlers(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in _set_handlers()}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def interruptible() -> Iterator[None]:
    """Every signal that asks the process to end comes as a KeyboardInterrupt, also where a shell had SIGINT ignored."""
    with _with_handlers(signal.default_int_handler):
        yield


@contextmanager
def leaving_at_once() -> Iterator[None]:
    """Nothing is written meanwhile: a signal ends the process with 130, whatever it waits for."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        _exit_now("interrupted")

    with _with_handlers(leave):
        yield


@contextmanager
def giving_back(hurry: Callable[[], None]) -> Iterator[None]:
    """Others wait for what is held meanwhile, as the lock of a shared state: a signal unwinds what is under way, so that it is given back.

    ``hurry`` is called, so that no worker pauses or repeats. A moment later the process ends all the same, since workers may
    hang in a request, and at once at a second signal.
    """
    leaving: list[threading.Timer] = []

    def leave(_number: int, _frame: FrameType | None) -> None:
        if leaving:
            _exit_now("interrupted")
        end = threading.Timer(MOMENT_SECONDS, _exit_now, ("interrupted",))
        end.daemon = True
        leaving.append(end)
        try:
            end.start()
        except RuntimeError:  # without a thread nobody would end it
            _exit_now("interrupted")
        hurry()
        raise KeyboardInterrupt

    try:
        with _with_handlers(leave):
            yield
    finally:
        for end in leaving:
            end.cancel()


@contextmanager
def stopping_in_order(hurry: Callable[[], None] = lambda: None) -> Iterator[threading.Event]:
    """The event is set by the first signal, and ``hurry`` called: what is in flight is finished, nothing new starts, nobody waits.

    The second ends the process; what was finished by then is in the journal, and the next run looks for the rest.
    """
    stop = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            _exit_now(
                "stopped at once; what was finished is recorded, and the next run looks for what was in flight"
            )
        stop.set()
        hurry()
        info_now("Stopping: what is in flight is finished first. Once more ends at once.")

    with _with_handlers(note):
        yield stop
