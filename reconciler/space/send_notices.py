"""Sentences about pauses, write limits and repeated requests, for the hook ``on_wait``."""

import time
from collections.abc import Callable

from reconciler.core.errors import ApiError, ServerError, Unreachable
from reconciler.space.transport_errors import NotSent
from reconciler.space.wait_notices import WaitNotices

# Shorter waits are not worth a line.
_LONG_SECONDS = 1.0


class SendNotices:
    """Notices about the waits of one client; ``wall`` is the time in seconds since 1970."""

    def __init__(self, notices: WaitNotices, *, space: str, wall: Callable[[], float]) -> None:
        self._notices = notices
        self._space = space
        self._wall = wall

    def pause(self, error: ApiError, seconds: float) -> None:
        """The Space requested a pause by ``error``."""
        if seconds >= _LONG_SECONDS:
            what = f"{self._space} asks for a pause of {seconds:.0f} s ({error.status})"
            self._notices.notify("pause", f"{what}, {self._end(seconds)}")

    def limit(self, seconds: float) -> None:
        """The Space's write limit is used up."""
        if seconds >= _LONG_SECONDS:
            what = f"{self._space} accepts no writes for {seconds:.0f} s"
            self._notices.notify("limit", f"{what}, {self._end(seconds)}")

    def repeat(self, error: ApiError, seconds: float, attempt: str) -> None:
        """A request is repeated after ``error``; ``attempt`` is ``2 of 4``."""
        if seconds < _LONG_SECONDS and not isinstance(error, Unreachable):
            return
        if isinstance(error, ServerError):
            what = f"answers {error.status}"
        elif isinstance(error, NotSent):
            what = "cannot be reached"
        else:
            what = "sent no complete answer"
        when = f" in {seconds:.0f} s" if seconds >= _LONG_SECONDS else ""
        text = f"{self._space} {what}: asking again{when}, attempt {attempt}"
        self._notices.notify(f"repeat {attempt}", text)

    def _end(self, seconds: float) -> str:
        end = time.gmtime(self._wall() + seconds)
        return f"continuing at {time.strftime('%H:%M:%S', end)} UTC"
