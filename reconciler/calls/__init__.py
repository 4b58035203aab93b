"""Calls in the local Space: the vendor's browser SDK joins rooms on this machine, is heard and
seen, and the Space tells who is in them.

``host(space)`` makes them. What it gives is called with each WebSocket that the server of the Space
is asked for.
"""

from reconciler.calls.host import Calls, host

__all__ = ["Calls", "host"]
