"""Notices about slow answers and pauses."""

import contextlib
import threading
from collections.abc import Callable

_APART_SECONDS = 5.0

OnWait = Callable[[str], None]


class WaitNotices:
    """Notifies ``on_wait``, once for all workers that wait for the same. Thread-safe."""

    def __init__(
        self, on_wait: OnWait | None, *, host: str, silence: float, now: Callable[[], float]
    ) -> None:
        self._on_wait = on_wait
        self._host = host
        self._silence = silence
        self._now = now
        self._changed = threading.Condition()
        self._waiting: dict[int, float] = {}
        self._last_notice: dict[str, float] = {}
        self._watching = False
        self._closed = False

    def notify(self, topic: str, text: str) -> None:
        """Notify ``text`` unless this topic had a notice recently. Output errors are ignored."""
        if self._on_wait is None:
            return
        with self._changed:
            now = self._now()
            if now - self._last_notice.get(topic, float("-inf")) < _APART_SECONDS:
                return
            self._last_notice[topic] = now
        with contextlib.suppress(OSError, ValueError):
            self._on_wait(text)

    def begin(self, key: object, since: float) -> None:
        """Register ``key`` as waiting; the Space was last heard at ``since`` (monotonic)."""
        if self._on_wait is None:
            return
        with self._changed:
            self._waiting[id(key)] = since
            if not self._watching:
                self._watching = True
                with contextlib.suppress(
                    RuntimeError
                ):  # if no thread can be started there are no notices, and the run goes on
                    threading.Thread(
                        target=self._watch, name="waiting for the Space", daemon=True
                    ).start()

    def end(self, key: object) -> None:
        """Remove ``key``."""
        if self._on_wait is not None:
            with self._changed:
                self._waiting.pop(id(key), None)

    def close(self) -> None:
        """End the notices."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _watch(self) -> None:
        due = self._silence
        while (silence := self._silence_until(due)) is not None:
            if silence >= due:
                self.notify(
                    f"silent for {due}", f"waiting for {self._host}: no answer for {silence:.0f} s"
                )
                due *= 2
            elif silence < due / 2:
                due = self._silence

    def _silence_until(self, due: float) -> float | None:
        """Wait, at most until ``due``; the longest silence so far, None after ``close``."""
        with self._changed:
            remaining = due - self._longest()
            # A new request wakes no one here: poll often enough.
            if not self._closed and remaining > 0:
                self._changed.wait(min(remaining, self._silence / 4))
            return None if self._closed else self._longest()

    def _longest(self) -> float:
        return self._now() - min(self._waiting.values()) if self._waiting else 0.0
