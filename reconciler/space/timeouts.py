"""Time limits of requests, calls and clients."""

from reconciler.core.named_tuple import NamedTuple


class Timeouts(NamedTuple):
    """Timeouts in seconds: connect, one request, one call with retries, the client's lifetime.

    ``silence`` is the wait for an answer before ``on_wait`` is notified, and again after twice as
    long.
    """

    connect: float = 10.0
    request: float = 30.0
    call: float = 150.0
    run: float = float("inf")
    silence: float = 10.0
