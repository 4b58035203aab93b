"""Waits until a socket that does not block can be used.

A socket with a time limit makes two calls of the system for each operation and one for each limit.
Each of them lets other threads run first.
"""

import select
import socket

# The longest wait that every system takes; callers look at their deadline and wait again.
_LONGEST_SECONDS = 3600.0


class _Poll:
    """For systems that have ``poll``, which takes any number of open files."""

    def __init__(self, connected: socket.socket, event: int) -> None:
        self._poll = select.poll()
        self._poll.register(connected, event)

    def wait(self, seconds: float) -> None:
        self._poll.poll(min(seconds, _LONGEST_SECONDS) * 1000)


class _Select:
    """For Windows."""

    def __init__(self, connected: socket.socket, *, writes: bool) -> None:
        self._readers = [] if writes else [connected]
        self._writers = [connected] if writes else []

    def wait(self, seconds: float) -> None:
        select.select(self._readers, self._writers, self._writers, min(seconds, _LONGEST_SECONDS))


class Readiness:
    """Waits on one socket, for one thread. A wait may end early without anything to do."""

    def __init__(self, connected: socket.socket) -> None:
        self._connected = connected
        self._reads: _Poll | _Select | None = None
        self._writes: _Poll | _Select | None = None

    def wait_to_read(self, seconds: float) -> None:
        """Wait until something was received, at most ``seconds``."""
        if self._reads is None:
            self._reads = self._watch(writes=False)
        self._reads.wait(seconds)

    def wait_to_write(self, seconds: float) -> None:
        """Wait until something can be sent, at most ``seconds``."""
        if self._writes is None:
            self._writes = self._watch(writes=True)
        self._writes.wait(seconds)

    def _watch(self, *, writes: bool) -> _Poll | _Select:
        if hasattr(select, "poll"):
            return _Poll(self._connected, select.POLLOUT if writes else select.POLLIN)
        return _Select(self._connected, writes=writes)
