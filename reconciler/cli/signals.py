"""Signal handling: exit at once when reading, finish requests in flight when writing."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from reconciler.cli.console import info_now, report_error_now
from reconciler.core.errors import Interrupted

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)

_MOMENT_SECONDS = 3.0


def _exit_now(words: str) -> None:
    """Exit without waiting for workers, which may hang in a request.

    Streams are not flushed: the signal may interrupt a write to a pipe without a reader.
    """
    report_error_now(Interrupted(words))
    os._exit(Interrupted.exit_code)


def _set_handlers() -> list[int]:
    """The signals to handle: not an ignored hang-up (nohup), nor handlers set outside Python."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
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
    """Turns every ending signal into KeyboardInterrupt, even where a shell ignores SIGINT."""
    with _with_handlers(signal.default_int_handler):
        yield


@contextmanager
def leaving_at_once() -> Iterator[None]:
    """For blocks that write nothing: a signal exits with 130 at once."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        _exit_now("interrupted")

    with _with_handlers(leave):
        yield


@contextmanager
def giving_back(cancel: Callable[[], None]) -> Iterator[None]:
    """For blocks that may hold a shared lock: a signal unwinds them, and the lock is released.

    ``cancel`` ends pauses and repeats. The process exits after ``_MOMENT_SECONDS`` at the latest,
    since workers may hang in a request, and at once on a second signal.
    """
    leaving: list[threading.Timer] = []

    def leave(_number: int, _frame: FrameType | None) -> None:
        if leaving:
            _exit_now("interrupted")
        end = threading.Timer(_MOMENT_SECONDS, _exit_now, ("interrupted",))
        end.daemon = True
        leaving.append(end)
        try:
            end.start()
        except RuntimeError:  # Without the timer's thread nothing would end the process.
            _exit_now("interrupted")
        cancel()
        raise KeyboardInterrupt

    try:
        with _with_handlers(leave):
            yield
    finally:
        for end in leaving:
            end.cancel()


@contextmanager
def stopping_in_order(cancel: Callable[[], None] = lambda: None) -> Iterator[threading.Event]:
    """For blocks that write: the first signal sets the event and calls ``cancel``.

    Requests in flight are finished and recorded, and nothing new starts. A second signal exits;
    finished actions are in the journal, and the next run looks for the rest.
    """
    stop = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            _exit_now(
                "stopped at once; finished actions are recorded, "
                "and the next run checks the requests that were in progress"
            )
        stop.set()
        cancel()
        info_now(
            "Stopping: requests in progress are finished first. Press Ctrl-C again to stop at once."
        )

    with _with_handlers(note):
        yield stop
