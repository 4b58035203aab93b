"""Tell a chat channel: one POST of ``{"text": …}``, as Slack and those who do as it does take it."""

from collections.abc import Callable
from functools import partial

import httpx

from reconciler.core.declared import Secret
from reconciler.core.errors import CredentialsError, Unreachable

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


def channel(address: Secret) -> Callable[[str], None]:
    """What sends a text to the webhook at ``address``, which is a secret. CredentialsError where it is no address for one.

    The call raises Unreachable where the text is not taken.
    """
    return partial(_send, _checked(address))


def _send(url: httpx.URL, text: str) -> None:
    try:
        with httpx.Client(trust_env=False, follow_redirects=False, timeout=SECONDS) as client:
            status = client.post(url, json={"text": _escaped(text)}).status_code
    except httpx.HTTPError as error:
        raise Unreachable(f"the webhook at {url.host} cannot be reached ({type(error).__name__})") from None
    if not 200 <= status < 300:
        raise Unreachable(f"the webhook at {url.host} answered {status}")
