"""Keeps what the values of a Space were loaded as, until they change."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from reconciler.core.kinds import Kinds
from reconciler.library import load_values
from reconciler.manifest.load import Loaded


class LastLoaded:
    """The last result of ``load_values``, which depends on nothing but its values and kinds.

    Most passes of a Space find its manifests as they were, and to check and compose them takes
    most of such a pass.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._digest = b""  # of the values, which may hold secrets
        self._loaded: Loaded | None = None

    def of(self, values: Mapping[str, Any]) -> Loaded:
        """Return ``values`` as ``load_values`` does."""
        # As text, 1, 1.0 and true differ; compared as values they do not.
        digest = hashlib.sha256(json.dumps(values).encode()).digest()
        if self._loaded is None or digest != self._digest:
            self._loaded, self._digest = load_values(values, kinds=self._kinds), digest
        return self._loaded
