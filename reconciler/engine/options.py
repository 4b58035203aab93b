"""Options of apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.core.consent import Consent
from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.mass_changes import RecentChanges
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
    """What a run carries out, and with which consent.

    ``make_plan`` reads the Space and plans. ``approved`` skips the question. ``selection`` limits
    the plan, ``saved`` is the saved plan that it must equal, ``idle_minutes`` how long to wait for
    live sessions to end. ``paths`` are the manifests. ``recent`` has the changes of earlier
    runs that count towards the limits.
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
    recent: RecentChanges = field(default_factory=RecentChanges)

    @property
    def observer(self) -> Observer:
        """Receives the events of the run."""
        return self.workspace.observer

    @property
    def runtime(self) -> Runtime:
        """Clock, workers and signals."""
        return self.workspace.runtime
