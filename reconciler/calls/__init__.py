"""Calls in the local Space: the vendor's browser SDK joins rooms on this machine with sound
and pictures, and the Space shows their members.

``host(space)`` returns the host of the calls. The server of the Space passes it each WebSocket
request.
"""

from reconciler.calls.host import Calls, host

__all__ = ["Calls", "host"]
