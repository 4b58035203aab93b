"""Tell a chat channel: one POST of ``{"text": …}``, as Slack and those who do as it does take it."""

import base64
import json
from collections.abc import Callable
from contextlib import closing
from functools import partial

import httpx

from reconciler.core.access import Access
from reconciler.core.declared import Secret
from reconciler.core.errors import CredentialsError, Unreachable
from reconciler.space.faults import FAULTS, fault
from reconciler.space.http.messages import Request
from reconciler.space.http.routes import AGENT, connections_to
from reconciler.space.retry import SYSTEM_CLOCK

SECONDS = 10.0
_THIS_MACHINE = ("127.0.0.1", "localhost", "[::1]")


def _checked(address: Secret) -> httpx.URL:
    try:
        url = httpx.URL(address.value)
    except httpx.InvalidURL as error:
        raise CredentialsError("the webhook's address is not one", hint="it starts with https://") from error
    if not url.host or (url.scheme != "https" and not (url.scheme == "http" and url.host in _THIS_MACHINE)):
        raise CredentialsError("the webhook's address must start with https:// and name a host")
    return url


def _escaped(text: str) -> str:
    """``text`` so that a chat shows it as it is: no mentions, no links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def channel(address: Secret, *, access: Access | None = None) -> Callable[[str], None]:
    """What sends a text to the webhook at ``address``, which is a secret. CredentialsError where it is no address for one.

    The call raises Unreachable where the text is not taken.
    """
    return partial(_send, _checked(address), access)


def _send(url: httpx.URL, access: Access | None, text: str) -> None:
    until = SYSTEM_CLOCK.monotonic() + SECONDS
    request = Request("POST", url.raw_path, json.dumps({"text": _escaped(text)}).encode(), until, until)
    origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
    headers = {"User-Agent": AGENT}
    if url.userinfo:
        word = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
        headers["Authorization"] = f"Basic {word}"
    way = connections_to(origin, headers, parallel=1, clock=SYSTEM_CLOCK, access=access)
    try:
        with closing(way), way.ask(request) as answer:
            status = answer.status
    except FAULTS as error:
        found = fault(error, request="POST the webhook", host=url.host)
        raise Unreachable(f"the webhook at {url.host} cannot be reached: {found.message}", hint=found.hint) from None
    if not 200 <= status < 300:
        raise Unreachable(f"the webhook at {url.host} answered {status}")
