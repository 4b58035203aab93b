"""Watches a Space: plans or applies repeatedly, with limits per hour."""

import time
from collections.abc import Callable
from functools import partial

from reconciler.core.consent import Consent
from reconciler.core.deferred_dataclass import dataclass, field, replace
from reconciler.core.errors import Incomplete
from reconciler.core.guard import refusals
from reconciler.core.plan_model import Plan
from reconciler.core.text import count
from reconciler.engine.apply import apply_connected
from reconciler.engine.connection import Connection, open_reader, open_writer
from reconciler.engine.options import ApplyOptions
from reconciler.engine.plan import plan_changes
from reconciler.engine.selection import Selection
from reconciler.engine.watch_limits import Agreement
from reconciler.engine.workspace import Workspace, limits
from reconciler.manifest.load import Loaded
from reconciler.space.client import Writer
from reconciler.state.record import State


@dataclass(slots=True)
class Watch:
    """One watch over one Space.

    ``load`` loads the manifests for each look. With ``apply`` each plan is carried out.
    ``connected`` is an open connection; without it each look opens its own. ``paths`` are the
    manifests.
    """

    workspace: Workspace
    load: Callable[[], Loaded]
    apply: bool = False
    paths: tuple[str, ...] = (".",)
    connected: tuple[Connection, Writer] | None = None
    agreement: Agreement = field(default_factory=lambda: Agreement(time.monotonic))

    def look(self) -> Plan:
        """Plan once, and apply if asked to. Returns the plan made before the first write."""
        loaded = self.load()
        plans: list[Plan] = []

        def planned(connection: Connection, state: State) -> Plan:
            plan = self._agreed(connection, loaded, state, first=not plans)
            plans.append(plan)
            return plan

        if self.apply:
            self._apply(planned)
        elif self.connected is not None:
            planned(self.connected[0], self.connected[0].state.read())
        else:
            with open_reader(self.workspace) as connection:
                planned(connection, connection.state.read())
        return plans[0]

    def _agreed(self, connection: Connection, loaded: Loaded, state: State, *, first: bool) -> Plan:
        """Plan; without deletions that the previous look did not plan."""
        make = partial(plan_changes, self.workspace, connection, loaded, state)
        plan = make()
        if not self.apply:
            return plan
        allowed = replace(limits(self.workspace), recent=self.agreement.recent)
        refused = bool(refusals(plan, allowed, Consent()))
        keep = partial(make, selection=Selection(prune=False))
        plan, held = self.agreement.held(plan, keep, refused=refused)
        if held and first:
            what = count(held, "deletion")
            self.workspace.observer.note(f"held back until the next run confirms it: {what}")
        return plan

    def _apply(self, planned: Callable[[Connection, State], Plan]) -> None:
        """Carry out the plan of a look, and count its deletions and updates."""
        options = ApplyOptions(
            self.workspace,
            planned,
            approved=True,
            reason="watch",
            paths=self.paths,
            recent=self.agreement.recent,
        )
        self.agreement.begin()
        try:
            if self.connected is not None:
                result = apply_connected(options, *self.connected)
            else:
                with open_writer(self.workspace, parallel=options.parallel) as connected:
                    result = apply_connected(options, *connected)
        except Incomplete as error:
            self.agreement.note(error.outcomes)
            raise
        self.agreement.note(result.outcomes)
