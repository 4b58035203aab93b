"""Tell a chat channel: one POST of ``{"text": …}``, as Slack and those who do as it does take it."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import Thread

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


def channel(address: Secret, *, seconds: float = SECONDS) -> Callable[[str], None]:
    """What sends a text to the webhook at ``address``, which is a secret. CredentialsError where it is no address for one.

    The call ends within ``seconds``, whatever the other side does, and raises Unreachable where the text is not taken.
    """
    return partial(_send_in_time, _checked(address), seconds)


def _send_in_time(url: httpx.URL, seconds: float, text: str) -> None:
    """One deadline for all of it: a name that is looked up, a handshake, a head that comes byte by byte.

    What goes on in its own thread beyond that holds nobody up, and ends with the process.
    """
    result: Future[int] = Future()

    def send() -> None:
        try:
            result.set_result(_status(url, text, seconds))
        except Exception as error:  # noqa: BLE001  # it is raised where the result is awaited
            result.set_exception(error)

    Thread(target=send, name="webhook", daemon=True).start()
    try:
        status = result.result(timeout=seconds)
    except TimeoutError:
        raise Unreachable(f"the webhook at {url.host} did not answer within {seconds:g} seconds") from None
    except httpx.HTTPError as error:
        raise Unreachable(f"the webhook at {url.host} cannot be reached ({type(error).__name__})") from None
    if not 200 <= status < 300:
        raise Unreachable(f"the webhook at {url.host} answered {status}")


def _status(url: httpx.URL, text: str, seconds: float) -> int:
    """The status of the answer; its body is not read."""
    with (
        httpx.Client(trust_env=False, follow_redirects=False, timeout=seconds) as client,
        client.stream("POST", url, json={"text": _escaped(text)}) as answer,
    ):
        return answer.status_code
