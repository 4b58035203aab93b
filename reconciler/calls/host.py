"""The calls of one local Space: its rooms, its studio, and their timed events."""

import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.calls.door import check_page, talk
from reconciler.calls.hub import Hub
from reconciler.calls.room.model import Refused
from reconciler.calls.studio import Silence, Studio
from reconciler.core.errors import ReconcilerError
from reconciler.localspace import LocalSpace

try:
    import fcntl
except ImportError:  # Windows has no such locks; there two servers of one file are not kept apart
    fcntl = None  # type: ignore[assignment]

_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())
_TICK_SECONDS = 0.5


def _take_hosting(database: str) -> int | None:
    """Take the lock with which one server at a time hosts the calls of this file.

    None if no lock is needed. ReconcilerError if another server holds it.
    """
    if database == ":memory:" or fcntl is None:
        return None
    lock = Path(f"{database}.calls")
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise ReconcilerError(
            f"{database}: another server hosts the calls of this Space",
            hint="end that one first, or give this one its own file with --data",
        ) from error
    return descriptor


def _leave_hosting(descriptor: int | None) -> None:
    """Release the lock."""
    if descriptor is not None:
        os.close(descriptor)


class Calls:
    """The host of the calls of a Space, created by ``host``. ``media``: whether there are pictures
    and sound.
    """

    def __init__(self, space: LocalSpace, studio: Studio) -> None:
        self._space = space
        self._studio = studio
        self._closing = threading.Event()
        self._lock = _take_hosting(space.database)
        self.hub = Hub(space.attendance, studio)
        self.media = not isinstance(studio, Silence)
        studio.listen(self.hub.talking)
        space.picture = studio.picture
        space.attendance.end_left_over()
        self._ticker = threading.Thread(target=self._tick, name="local Space, calls", daemon=True)
        self._ticker.start()

    def _tick(self) -> None:
        while not self._closing.wait(_TICK_SECONDS):
            try:
                with self.hub.lock:
                    self.hub.tick()
            except Exception:  # noqa: BLE001  # the next tick may find it mended
                _log.exception("calls")

    def refusal(self, environ: Mapping[str, Any]) -> int | None:
        """The status of a refused WebSocket request; None if it is accepted."""
        try:
            check_page(environ)
        except Refused as refused:
            return int(refused.code)
        return None

    def talk(self, environ: Mapping[str, Any]) -> None:
        """Serve one client over the socket of this request until it disconnects."""
        talk(self.hub, environ)

    def close(self) -> None:
        """End all calls and their sessions."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._ticker.join()
        with self.hub.lock:
            for client in list(self.hub.clients.values()):
                self.hub.drop(client)
                if client.outbox is not None:
                    client.outbox.close()
        self._studio.close()
        _leave_hosting(self._lock)
        self._space.picture = None


def _studio() -> Studio:
    """Pictures and sound, if their extra is installed."""
    try:
        from reconciler.calls.media.studio import MediaStudio  # noqa: PLC0415  # an extra
    except ImportError:
        return Silence()
    return MediaStudio()


def host(space: LocalSpace, studio: Studio | None = None) -> Calls:
    """Host calls for a Space. Sessions that a stopped server left open are ended
    first.

    ReconcilerError if another server hosts the calls of the same file.
    """
    studio = studio or _studio()
    try:
        return Calls(space, studio)
    except ReconcilerError:
        studio.close()
        raise
