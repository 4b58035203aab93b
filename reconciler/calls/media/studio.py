"""The studio with pictures and sound: an event loop in its own thread, with a stage
for each session.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from reconciler.calls.media.network import stay_on_loopback
from reconciler.calls.media.peer import Peer
from reconciler.calls.media.stage import Stage
from reconciler.calls.room.model import Room
from reconciler.calls.studio import Source, Talking

_MOST_SENDERS = 8
_ANSWER_SECONDS = 10.0
_CLOSE_SECONDS = 5.0
_WORKERS = 2
_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())


class MediaStudio:
    """Answers offers, and makes one picture of each session and one mix for each member; see
    the protocol ``Studio``.
    """

    most_senders: int | None = _MOST_SENDERS

    def __init__(self) -> None:
        stay_on_loopback()
        self._stages: dict[str, Stage] = {}
        self._peers: dict[str, Peer] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._talking: Talking = lambda _session, _member, _talks: None
        self._workers = ThreadPoolExecutor(_WORKERS, "local Space, pictures")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="local Space, media", daemon=True
        )
        self._thread.start()

    def listen(self, talking: Talking) -> None:
        """Set the function to call when a member of a session begins or stops to talk."""
        self._talking = talking

    def _do(self, work: Any, *arguments: Any) -> None:
        self._loop.call_soon_threadsafe(work, *arguments)

    def _talks(self, session_id: str, member_id: str, talks: bool) -> None:  # noqa: FBT001
        # The hub's lock is not waited for in the loop.
        self._loop.run_in_executor(self._workers, self._talking, session_id, member_id, talks)

    def _end(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def show(self, room: Room) -> None:
        """Update the session."""
        self._do(self._show, room)

    def _show(self, room: Room) -> None:
        stage = self._stages.get(room.session_id)
        if stage is None:
            self._stages[room.session_id] = Stage(
                room, self._workers, partial(self._talks, room.session_id)
            )
        else:
            stage.room = room

    def answer(self, source: Source, offer: str) -> str:
        """The SDP answer to an offer. ValueError if the offer is not valid or its session is
        over.
        """
        future = asyncio.run_coroutine_threadsafe(self._answer(source, offer), self._loop)
        try:
            return future.result(_ANSWER_SECONDS)
        except TimeoutError as error:
            future.cancel()
            raise ValueError("the offer took too long") from error

    async def _answer(self, source: Source, offer: str) -> str:
        stage = self._stages.get(source.session_id)
        if stage is None:
            raise ValueError("the session is over")
        peer = self._peers.get(source.call_id)
        if peer is not None:
            return await peer.answer(offer)
        peer = Peer(source, stage.want_whole)
        self._peers[source.call_id] = stage.peers[source.call_id] = peer
        try:
            return await peer.answer(offer)
        except ValueError:
            self._hang_up(source.call_id)
            raise

    def hang_up(self, call_id: str) -> None:
        """End the media of a call."""
        self._do(self._hang_up, call_id)

    def _hang_up(self, call_id: str) -> None:
        peer = self._peers.pop(call_id, None)
        if peer is not None:
            stage = self._stages.get(peer.source.session_id)
            if stage is not None:
                stage.peers.pop(call_id, None)
            self._end(peer.close())

    def forget(self, session_id: str) -> None:
        """End the session."""
        self._do(self._forget, session_id)

    def _forget(self, session_id: str) -> None:
        stage = self._stages.pop(session_id, None)
        if stage is not None:
            for call_id in stage.peers:
                self._peers.pop(call_id, None)
            self._end(stage.close())

    def picture(self, session_id: str) -> bytes | None:
        """The animated WebP of a session, if there is one yet."""
        stage = self._stages.get(session_id)
        return stage.preview() if stage is not None else None

    async def _ended(self) -> None:
        for session_id in list(self._stages):
            self._forget(session_id)
        while self._ending:
            await asyncio.gather(*self._ending, return_exceptions=True)
        await self._loop.shutdown_default_executor()

    def close(self) -> None:
        """End everything."""
        try:
            asyncio.run_coroutine_threadsafe(self._ended(), self._loop).result(_CLOSE_SECONDS)
        except TimeoutError:
            _log.warning("calls did not end in time")
        self._do(self._loop.stop)
        self._thread.join(_CLOSE_SECONDS)
        self._workers.shutdown()
        if not self._thread.is_alive():
            self._loop.close()
