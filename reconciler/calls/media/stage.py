"""The media of one session: its picture, composed and encoded ten times a second, its sound,
mixed fifty times a second, and its preview.
"""

import asyncio
import io
import time
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Executor

from av import VideoFrame
from PIL import Image

from reconciler.calls.media.canvas import Canvas, compose
from reconciler.calls.media.encoder import CLOCK, FRAMES_PER_SECOND, Encoder, Packet
from reconciler.calls.media.peer import Peer
from reconciler.calls.media.sound import SECONDS, heard_by, mixed
from reconciler.calls.room.model import Room

_PREVIEW_SECONDS = 30.0
_SHOTS, _FRAMES_TO_A_SHOT = 4, 4
_PREVIEW_SIZE = (320, 180)
_BEHIND_SECONDS = 0.5
_Talks = Callable[[str, bool], None]


class Stage:
    """One session: its members, its peers by call id, and the two loops. Use it in the
    studio's loop, except for ``preview``.
    """

    def __init__(self, room: Room, workers: Executor, talks: _Talks) -> None:
        self.room = room
        self.peers: dict[str, Peer] = {}
        self._workers = workers
        self._talks = talks
        self._encoder = Encoder()
        self._whole = True
        self._started = time.monotonic()
        self._shots: deque[Canvas] = deque(maxlen=_SHOTS)
        self._seen: frozenset[str] = frozenset()
        self._preview: tuple[float, frozenset[str], bytes] | None = None
        self._tasks = [asyncio.ensure_future(self._draw()), asyncio.ensure_future(self._mix())]

    def want_whole(self) -> None:
        """Make the next picture a key frame."""
        self._whole = True

    async def _beat(self, due: float, seconds: float) -> float:
        """Wait until the next tick, and return the time of the one after it. After a long pause,
        ticks are skipped.
        """
        now = time.monotonic()
        if now - due > _BEHIND_SECONDS:
            due = now
        await asyncio.sleep(max(due - now, 0))
        return due + seconds

    async def _draw(self) -> None:
        due, number = time.monotonic(), 0
        while True:
            due = await self._beat(due, 1 / FRAMES_PER_SECOND)
            tracks = [peer.picture for peer in self.peers.values() if peer.picture is not None]
            if not tracks:
                continue
            number += 1
            whole, self._whole = self._whole, False
            frames = {
                peer.source.member_id: peer.frame
                for peer in self.peers.values()
                if peer.frame is not None
            }
            pts = int((time.monotonic() - self._started) * CLOCK)
            canvas, packets = await asyncio.get_running_loop().run_in_executor(
                self._workers, self._picture, frames, pts, whole
            )
            self._remember(canvas, frames.keys(), number)
            for packet in packets:
                for track in tracks:
                    track.put(packet)

    def _remember(self, canvas: Canvas, sending: Collection[str], number: int) -> None:
        """Keep some of the last pictures for the preview, all with the same visible
        members.
        """
        seen = frozenset(
            member.id
            for member in self.room.shown
            if member.id in sending and not member.video_muted
        )
        if seen != self._seen:
            self._seen = seen
            self._shots.clear()
        if not self._shots or number % _FRAMES_TO_A_SHOT == 0:
            self._shots.append(canvas)

    def _picture(
        self,
        frames: dict[str, VideoFrame],
        pts: int,
        whole: bool,  # noqa: FBT001  # run_in_executor
    ) -> tuple[Canvas, list[Packet]]:
        canvas = compose(self.room, frames)
        return canvas, self._encoder.encode(canvas, pts, whole=whole)

    async def _mix(self) -> None:
        due = time.monotonic()
        while True:
            due = await self._beat(due, SECONDS)
            room = self.room
            pieces = {}
            for peer in self.peers.values():
                member = room.member(peer.source.member_id)
                if member is None or not peer.source.sends:
                    continue
                piece, before = peer.voice.take(), peer.voice.talks
                heard = None if member.audio_muted else piece
                if peer.voice.judge(heard, member.input_sensitivity) != before:
                    self._talks(member.id, peer.voice.talks)
                if piece is not None:
                    pieces[member.id] = piece
            whole, parts = mixed(room, pieces)
            for peer in self.peers.values():
                if peer.mix is not None:
                    peer.mix.put_sound(heard_by(room, peer.source.member_id, whole, parts))

    def preview(self) -> bytes | None:
        """The last seconds as an animated WebP, renewed twice a minute and when the visible
        members change; None before the first picture.
        """
        shots, seen, kept = list(self._shots), self._seen, self._preview
        if kept is not None and kept[1] == seen and time.monotonic() - kept[0] < _PREVIEW_SECONDS:
            return kept[2]
        if not shots:
            return kept[2] if kept is not None else None
        pictures = [_image(shot) for shot in shots]
        content = io.BytesIO()
        pictures[0].save(
            content,
            "WEBP",
            save_all=True,
            append_images=pictures[1:],
            duration=400,
            loop=0,
            quality=60,
            method=0,
        )
        if len(shots) == _SHOTS:
            self._preview = (time.monotonic(), seen, content.getvalue())
        return content.getvalue()

    async def close(self) -> None:
        """End both loops and all calls."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(
            *(peer.close() for peer in self.peers.values()), return_exceptions=True
        )


def _image(canvas: Canvas) -> Image.Image:
    frame = VideoFrame.from_ndarray(canvas.whole, format="yuv420p")
    width, height = _PREVIEW_SIZE
    rgb = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
    return Image.fromarray(rgb)
