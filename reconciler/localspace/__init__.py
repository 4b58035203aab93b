"""The local Space: the Video API on this machine, to try things out, to test and to show.

``create_space`` makes it, a WSGI application over one SQLite file; ``serve`` puts it on a loopback port. The Video API
stands below ``/api/video``, as the kinds' schemas and the published document have it. Beside it, with the same
credentials and from loopback alone, stands a control API for demos and for tests in another process:

- ``POST /control/sessions`` with ``{"kind": "Room", "name": "lobby", "members": 3}`` starts a session and answers 201
  with the session, its ``id`` and its ``preview_url`` among the rest; 404 where there is no such resource;
- ``DELETE /control/sessions/{id}`` ends one (204);
- ``GET /control/knobs`` answers all Knobs as JSON, ``PUT /control/knobs`` sets them: what it leaves out has its default.

Faults that break the connection leave the application as exceptions where it is called in process: ``ConnectionCut`` (a
ConnectionResetError) at once or in the middle of the body, ``AnswerOverdue`` (a TimeoutError) for a hang, at once.
"""

from reconciler.localspace.app import LocalSpace, Received, create_space
from reconciler.localspace.faults import AnswerOverdue, ConnectionCut
from reconciler.localspace.serve import Server, serve
from reconciler.localspace.settings import Fault, Settings
from reconciler.localspace.store import Mutation

__all__ = [
    "AnswerOverdue",
    "ConnectionCut",
    "Fault",
    "LocalSpace",
    "Mutation",
    "Received",
    "Server",
    "Settings",
    "create_space",
    "serve",
]
