"""The media of one call: receives what a browser sends, and sends it the session's picture and
the member's mix.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, VideoFrame

from reconciler.calls.media.network import local_offer, sound_first
from reconciler.calls.media.sound import Voice
from reconciler.calls.media.tracks import MixTrack, PictureTrack
from reconciler.calls.studio import Source

_PREFERRED = {"video": ("video/vp8", "video/rtx"), "audio": ("audio/opus",)}


class Peer:
    """The media of one call. ``frame`` is the newest picture that it sent, ``voice`` its sound.
    Use it in the studio's loop.
    """

    def __init__(self, source: Source, want_whole: Callable[[], None]) -> None:
        self.source = source
        self.frame: VideoFrame | None = None
        self.voice = Voice()
        self.picture = PictureTrack() if source.receives else None
        self.mix = MixTrack() if source.receives else None
        self._want_whole = want_whole
        self._takers: set[asyncio.Task[None]] = set()
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        if source.sends:
            self._connection.on("track", self._take)

    @property
    def ready(self) -> bool:
        """Whether media flows."""
        return self._connection.connectionState == "connected"

    def _take(self, track: MediaStreamTrack) -> None:
        task = asyncio.ensure_future(self._drain(track))
        self._takers.add(task)
        task.add_done_callback(self._takers.discard)

    async def _drain(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                piece = await track.recv()
                if isinstance(piece, VideoFrame):
                    self.frame = piece
                elif isinstance(piece, AudioFrame):
                    self.voice.put(piece)
        except MediaStreamError:
            return

    def _prefer(self) -> None:
        for transceiver in self._connection.getTransceivers():
            known = RTCRtpSender.getCapabilities(transceiver.kind).codecs
            transceiver.setCodecPreferences(
                [codec for codec in known if codec.mimeType.lower() in _PREFERRED[transceiver.kind]]
            )

    def _send(self, track: MediaStreamTrack | None) -> None:
        senders = self._connection.getSenders()
        if track is None or any(sender.track is track for sender in senders):
            return
        sender: Any = self._connection.addTrack(track)
        if isinstance(track, PictureTrack):
            # A browser that cannot go on asks for a whole picture; the encoder is not the sender's.
            sender._send_keyframe = self._want_whole  # noqa: SLF001

    async def answer(self, offer: str) -> str:
        """The SDP answer to an offer, the first one or a later one. ValueError if the offer is
        not valid.
        """
        try:
            await self._connection.setRemoteDescription(
                RTCSessionDescription(local_offer(offer), "offer")
            )
            kinds = {transceiver.kind for transceiver in self._connection.getTransceivers()}
            assert kinds, "an offer without media"
            for track in (self.mix, self.picture):
                if track is not None and track.kind in kinds:
                    self._send(track)
            self._prefer()
            await self._connection.setLocalDescription(await self._connection.createAnswer())
        except (ValueError, KeyError, IndexError, AttributeError, AssertionError) as error:
            raise ValueError("the offer cannot be answered") from error
        self._want_whole()
        return sound_first(self._connection.localDescription.sdp)

    async def close(self) -> None:
        """End it."""
        for task in list(self._takers):
            task.cancel()
        await self._connection.close()
