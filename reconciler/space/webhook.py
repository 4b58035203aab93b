"""Posts ``{"text": …}`` to a chat webhook (Slack and compatible)."""

import base64
import json
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from threading import Thread

import httpx

from reconciler.core.errors import CredentialsError, Unreachable
from reconciler.core.network_access import Access
from reconciler.core.resources import Secret
from reconciler.space.clock import SYSTEM_CLOCK
from reconciler.space.http.messages import Request
from reconciler.space.http.routes import AGENT, connections_to
from reconciler.space.transport_errors import FAULTS, fault

_SECONDS = 10.0
_THIS_MACHINE = ("127.0.0.1", "localhost", "[::1]")


def _checked(address: Secret) -> httpx.URL:
    try:
        url = httpx.URL(address.value)
    except httpx.InvalidURL as error:
        raise CredentialsError(
            "the webhook's address is not valid", hint="it starts with https://"
        ) from error
    if not url.host or (
        url.scheme != "https" and not (url.scheme == "http" and url.host in _THIS_MACHINE)
    ):
        raise CredentialsError(
            "the webhook's address does not start with https:// and the name of a host",
            hint="copy the whole address from the settings of the chat channel",
        )
    return url


def _escaped(text: str) -> str:
    """``text`` with chat mark-up escaped: no mentions, no links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def channel(
    address: Secret, *, access: Access | None = None, seconds: float = _SECONDS
) -> Callable[[str], None]:
    """A function that posts to the webhook at ``address``, a secret. CredentialsError if invalid.

    The call ends within ``seconds`` and raises Unreachable if the text is not accepted.
    """
    return partial(_send_in_time, _checked(address), access, seconds)


def _send_in_time(url: httpx.URL, access: Access | None, seconds: float, text: str) -> None:
    """Run the whole exchange under one deadline: look-up, proxy, handshake, answer.

    A late exchange is left to its own thread and ends with the process.
    """
    result: Future[int] = Future()

    def send() -> None:
        try:
            result.set_result(_status(url, access, seconds, text))
        except Exception as error:  # noqa: BLE001  # raised in the waiting thread
            result.set_exception(error)

    Thread(target=send, name="webhook", daemon=True).start()
    try:
        status = result.result(timeout=seconds)
    except TimeoutError:
        raise Unreachable(
            f"the webhook at {url.host} did not answer within {seconds:g} seconds"
        ) from None
    except FAULTS as error:
        found = fault(error, request="POST the webhook", host=url.host)
        raise Unreachable(
            f"the webhook at {url.host} cannot be reached: {found.message}", hint=found.hint
        ) from None
    if not 200 <= status < 300:
        raise Unreachable(f"the webhook at {url.host} answered {status}")


def _status(url: httpx.URL, access: Access | None, seconds: float, text: str) -> int:
    """The answer's status; its body is not read."""
    until = SYSTEM_CLOCK.monotonic() + seconds
    request = Request(
        "POST", url.raw_path, json.dumps({"text": _escaped(text)}).encode(), until, until
    )
    origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
    headers = {"User-Agent": AGENT}
    if url.userinfo:
        word = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
        headers["Authorization"] = f"Basic {word}"
    connections = connections_to(origin, headers, parallel=1, clock=SYSTEM_CLOCK, access=access)
    with closing(connections), connections.ask(request) as answer:
        return answer.status
