"""What a person is told while nothing comes: how long the Space has been silent, and how long it wants to be left alone."""

import contextlib
import threading
from collections.abc import Callable

APART_SECONDS = 5.0

OnWait = Callable[[str], None]


class WaitNotices:
    """Tells ``on_wait``, from any thread: one line for all workers that wait for the same. Without ``on_wait`` it is mute."""

    def __init__(
        self, on_wait: OnWait | None, *, host: str, silence: float, now: Callable[[], float]
    ) -> None:
        self._on_wait = on_wait
        self._host = host
        self._silence = silence
        self._now = now
        self._changed = threading.Condition()
        self._waiting: dict[int, float] = {}
        self._said: dict[str, float] = {}
        self._watching = False
        self._closed = False

    def say(self, topic: str, text: str) -> None:
        """Tell ``text``, unless something of this topic was told a moment ago. That nobody listens stops nothing."""
        if self._on_wait is None:
            return
        with self._changed:
            now = self._now()
            if now - self._said.get(topic, float("-inf")) < APART_SECONDS:
                return
            self._said[topic] = now
        with contextlib.suppress(OSError, ValueError):
            self._on_wait(text)

    def asked(self, key: object, since: float) -> None:
        """An answer to ``key`` is waited for from now on; the Space's last sign to it was at ``since`` (monotonic seconds)."""
        if self._on_wait is None:
            return
        with self._changed:
            self._waiting[id(key)] = since
            if not self._watching:
                self._watching = True
                with contextlib.suppress(
                    RuntimeError
                ):  # no thread can be started: nothing is told, and the answer comes all the same
                    threading.Thread(
                        target=self._watch, name="waiting for the Space", daemon=True
                    ).start()

    def answered(self, key: object) -> None:
        """Nothing is waited for any more on behalf of ``key``."""
        if self._on_wait is not None:
            with self._changed:
                self._waiting.pop(id(key), None)

    def close(self) -> None:
        """Nothing is told of a silence from here on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _watch(self) -> None:
        due = self._silence
        while (silent := self._silent(due)) is not None:
            if silent >= due:
                self.say(
                    f"silent for {due}", f"waiting for {self._host}: no answer for {silent:.0f} s"
                )
                due *= 2
            elif silent < due / 2:
                due = self._silence

    def _silent(self, due: float) -> float | None:
        """Wait a little, until ``due`` at most; the longest silence that somebody bears now, None once it is over."""
        with self._changed:
            left = due - self._longest()
            # Nobody wakes this up for a new request: it looks often enough.
            if not self._closed and left > 0:
                self._changed.wait(min(left, self._silence / 4))
            return None if self._closed else self._longest()

    def _longest(self) -> float:
        return self._now() - min(self._waiting.values()) if self._waiting else 0.0
