"""The WebSocket for browsers, on the port that serves the Space. It accepts only pages of this
machine.
"""

import json
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from simple_websocket import ConnectionClosed  # type: ignore[import-untyped]
from simple_websocket import Server as Socket

from reconciler.calls.clients import Message, Outbox
from reconciler.calls.hub import Hub
from reconciler.calls.room.model import Refused
from reconciler.calls.signalling import Signalling
from reconciler.space.target import is_loopback

_LONGEST_MESSAGE = 1 << 18


def _of_this_machine(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def check_page(environ: Mapping[str, Any]) -> None:
    """Refused unless the caller, the host name and the page's origin are of this
    machine.
    """
    origin, host = environ.get("HTTP_ORIGIN"), environ.get("HTTP_HOST", "")
    foreign = origin is not None and not _of_this_machine(origin)
    if (
        foreign
        or not _of_this_machine(f"//{host}")
        or not is_loopback(environ.get("REMOTE_ADDR", ""))
    ):
        raise Refused("403", "Forbidden")


def talk(hub: Hub, environ: Mapping[str, Any]) -> None:
    """Serve one client until it disconnects. The socket comes from the server of the
    Space.
    """
    socket = Socket(environ, max_message_size=_LONGEST_MESSAGE)
    outbox = Outbox()
    said = Signalling(hub, f"http://{environ['HTTP_HOST']}", outbox)

    def send(message: Message) -> None:
        try:
            socket.send(json.dumps(message))
        except (ConnectionClosed, OSError):
            return

    def write() -> None:
        outbox.drain(send)
        try:
            socket.close()
        except (ConnectionClosed, OSError):
            return

    writer = threading.Thread(target=write, name="local Space, messages out", daemon=True)
    writer.start()
    try:
        while (text := socket.receive()) is not None:
            said.receive(text)
    except ConnectionClosed:
        pass
    finally:
        said.closed()
        outbox.close()
        writer.join()
