"""The local Space: the Video API on this machine, for trials, tests and demos.

``create_space`` creates it: a WSGI application over one SQLite file. ``serve`` puts it on a loopback
port. The Video API is below ``/api/video``, as the schemas of the kinds and the published document
describe it. A control API for demos and tests takes the same credentials, from loopback only:

- ``POST /control/sessions`` with ``{"kind": "Room", "name": "lobby", "members": 3}`` starts a
  session and answers 201 with the session; 404 if there is no such resource;
- ``DELETE /control/sessions/{id}`` ends a session (204);
- ``PUT /control/fields`` with ``{"kind": …, "name": …, "fields": {…}}`` sets fields that no
  request can set (204);
- ``GET /control/knobs`` answers all Settings as JSON, ``PUT /control/knobs`` sets them; a
  setting that is left out gets its default.

Faults that break a connection are exceptions when the application is called in process:
``ConnectionCut`` (a ConnectionResetError) and ``AnswerOverdue`` (a TimeoutError).
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
