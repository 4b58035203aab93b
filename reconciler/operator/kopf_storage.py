"""Keeps kopf from comparing resources: no handler needs their last state, and each event would cost a copy."""

from typing import Any

import kopf


class NoDiffBase(kopf.DiffBaseStorage):
    """Remembers no last state of a resource."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """Return nothing to compare."""
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> None:
        """Return no last state."""

    def store(self, **_: Any) -> None:
        """Store nothing."""


class Touches(kopf.AnnotationsProgressStorage):
    """Has only the annotation with which kopf wakes itself; there is no progress of handlers."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        """Return what is compared as it is."""
        return essence
