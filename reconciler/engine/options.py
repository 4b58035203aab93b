"""The options of a run that carries a plan out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.core.consent import Consent
from reconciler.core.plan_model import Plan
from reconciler.engine.connection import Connection
from reconciler.engine.observer import Observer
from reconciler.engine.runtime import Runtime
from reconciler.engine.workspace import Workspace
from reconciler.state.record import State

if TYPE_CHECKING:
    from reconciler.engine.selection import Selection


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """What is to be carried out, and with which consent.

    ``make_plan`` reads the Space and plans. ``approved`` skips the question. ``selection`` is what
    the plan is limited to, ``saved`` the saved plan that it must equal, ``idle_minutes`` how long
    to wait for live sessions to end. ``paths`` are where the manifests are, ``deleted_lately`` and
    ``updated_lately`` how many of each kind earlier runs changed that count towards the limits.
    """

    workspace: Workspace
    make_plan: Callable[[Connection, State], Plan]
    consent: Consent = field(default_factory=Consent)
    approved: bool = False
    parallel: int = 10
    reason: str = "apply"
    selection: Selection | None = None
    saved: Mapping[str, Any] | None = None
    idle_minutes: float = 0.0
    paths: tuple[str, ...] = (".",)
    deleted_lately: Mapping[str, int] = field(default_factory=dict)

    @property
    def observer(self) -> Observer:
        """What is told and asked."""
        return self.workspace.observer

    @property
    def runtime(self) -> Runtime:
        """Clock, workers and signals."""
        return self.workspace.runtime
