"""Puts httpcore2 and httpx2 in the place of httpcore and httpx, in each Python that has this folder in its PYTHONPATH.

``python3 dev.py test --http httpx2`` runs the tests so: what we use of the libraries is the same in both.
"""

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec

STAND_INS = {"httpcore": "httpcore2", "httpx": "httpx2"}


class StandIn(MetaPathFinder, Loader):
    """Finds a module under the name of another."""

    def find_spec(self, fullname, path, target=None):  # noqa: ARG002  # as it is called
        return ModuleSpec(fullname, self) if fullname in STAND_INS else None

    def create_module(self, spec):
        return importlib.import_module(STAND_INS[spec.name])

    def exec_module(self, module):
        """Do nothing: it was executed under its own name."""


sys.meta_path.insert(0, StandIn())
