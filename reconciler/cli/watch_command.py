"""``reconciler watch``: plan, or apply, again and again."""

import gc
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from reconciler.cli import console, options
from reconciler.cli.agreeing import Agreement
from reconciler.cli.audience import Listening
from reconciler.cli.carrying import Order, carry_out_order
from reconciler.cli.loading import read_manifests
from reconciler.cli.moment import now
from reconciler.cli.network import access_of
from reconciler.cli.pipeline import plan_of
from reconciler.cli.selecting import Selection
from reconciler.cli.session import Session, limits, manifest_paths, open_session
from reconciler.cli.signals import interruptible
from reconciler.cli.watch_endpoints import Health, answering
from reconciler.cli.whole_files import write_whole
from reconciler.cli.worlds import World, reading
from reconciler.core.declared import Secret
from reconciler.core.errors import ApiError, CredentialsError, Interrupted, Locked, ReconcilerError, UsageError
from reconciler.core.guard import Consent, refusals
from reconciler.core.model import Plan
from reconciler.core.text import count, printable
from reconciler.reports import Watched, drifted_part, metrics_text
from reconciler.space import channel
from reconciler.state import State

LONGEST_FACTOR = 8
JITTER = 0.1
LONGEST_ROUND_SECONDS = 900.0  # of 10,000 resources, and a Space that limits its requests
WEBHOOK = "RECONCILER_WEBHOOK"


@dataclass(slots=True)
class _Watch:
    """What is asked of a watch, and what it has seen so far."""

    session: Session
    paths: tuple[str, ...]
    apply: bool
    interval: float
    metrics: str | None
    channel: Callable[[str], None] | None
    rounds: dict[str, int] = field(default_factory=lambda: {"ok": 0, "failed": 0})
    failures: int = 0
    succeeded_at: float = 0.0
    summary: dict[str, int] = field(default_factory=dict)
    space: str = ""
    told: frozenset[str] = frozenset()
    ended_at: float = 0.0
    duration: float = 0.0
    due: float = field(default_factory=time.monotonic)
    agreement: Agreement = field(default_factory=lambda: Agreement(time.monotonic))

    def pause(self) -> float:
        """Seconds until the next round: longer after each failure in a row, and never quite the same."""
        longer: float = min(2.0**self.failures, LONGEST_FACTOR)
        return self.interval * longer * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # so that many watches spread

    def watched(self) -> Watched:
        """What is known after the last round, as metrics show it."""
        return Watched(
            self.ended_at > 0 and not self.failures,
            self.ended_at,
            self.succeeded_at,
            self.duration,
            dict(self.rounds),
            dict(self.summary),
            self.space,
            self.session.env or "",
        )

    def health(self) -> Health:
        """Alive while a round is not overdue by far; ready where the last one went well."""
        alive = time.monotonic() < self.due + LONGEST_ROUND_SECONDS
        if not alive:
            return Health(alive=False, ready=False, words="a round is overdue")
        if not self.ended_at:
            return Health(alive=True, ready=False, words="the first round is under way")
        failed = f"the last round failed, {count(self.failures, 'time')} in a row" if self.failures else ""
        return Health(alive=True, ready=not failed, words=failed or "ok")


def _apply(watch: _Watch, planned: Callable[[World, State], Plan]) -> None:
    """Carry out what a look has planned, and count what it deletes."""
    audience = Listening()
    order = Order(
        watch.session,
        planned,
        Consent(),
        form="text",
        yes=True,
        parallel=10,
        reason="watch",
        paths=manifest_paths(watch.session, watch.paths),
        deleted_lately=watch.agreement.lately,
        audience=audience,
    )
    watch.agreement.begin()
    try:
        carry_out_order(order)
    finally:
        watch.agreement.note(audience.outcomes)


def _seen(watch: _Watch) -> Plan:
    """Look once; where it is to apply, do it. The plan is the one from before."""
    loaded = read_manifests(watch.session, watch.paths)
    seen: list[Plan] = []

    def planned(world: World, state: State) -> Plan:
        watch.space = world.target.space
        plan = plan_of(watch.session, world, loaded, state)
        if watch.apply:
            keeping = partial(plan_of, watch.session, world, loaded, state, selection=Selection(prune=False))
            allowed = replace(limits(watch.session), deleted_lately=watch.agreement.lately)
            refused = bool(refusals(plan, allowed, Consent()))
            plan, held = watch.agreement.held(plan, keeping, refused=refused)
            if held and not seen:
                console.tell(f"held back until the next look agrees: {count(held, 'deletion')}")
        seen.append(plan)
        return plan

    if watch.apply:
        _apply(watch, planned)
        return seen[0]
    with reading(watch.session) as world:
        return planned(world, world.state.read())


def _tell_channel(watch: _Watch, plan: Plan) -> None:
    """A message where what drifted is not what the last message named."""
    drifted = frozenset(str(action.address) for action in drifted_part(plan).actions)
    if watch.channel is None or drifted == watch.told:
        return
    named = printable(", ".join(sorted(drifted)[:10])) + (f" and {len(drifted) - 10} more" if len(drifted) > 10 else "")
    undone = "; it was put back" if watch.apply else ""
    try:
        words = f"changed outside: {named}{undone}" if drifted else "as the manifests say again"
        watch.channel(f"reconciler, {printable(plan.space)}: {words}")
    except ApiError as error:
        console.complain(error)  # a channel that is deaf ends no watch
        return
    watch.told = frozenset() if watch.apply else drifted


def _words(plan: Plan, *, applied: bool) -> str:
    counts = plan.summary
    to_do = ", ".join(f"{counts[verb]} to {verb}" for verb in ("create", "update", "rename", "adopt", "delete") if counts[verb])
    verb = "done" if applied else "to do"
    return f"{verb}: {to_do}; {counts['drifted']} drifted" if to_do else f"in sync: {count(plan.noop, 'resource')}"


def _write_metrics(watch: _Watch) -> None:
    if watch.metrics is None:
        return
    try:
        write_whole(Path(watch.metrics), metrics_text(watch.watched()).encode(), mode=0o644)  # whoever scrapes it is somebody else
    except OSError as error:
        raise UsageError(f"--metrics {watch.metrics}: cannot be written: {error.strerror}") from error


def _round(watch: _Watch) -> None:
    """One look, told in one line, in the metrics file, and where something changed in the channel."""
    began = time.monotonic()
    plan: Plan | None = None
    try:
        plan = _seen(watch)
    except Interrupted:
        raise
    except Locked as error:  # another run is at work: nothing is wrong with the Space
        watch.rounds["locked"] = watch.rounds.get("locked", 0) + 1
        line = f"not looked at: {printable(error.message)}"
    except ReconcilerError as error:
        watch.failures += 1
        watch.rounds["failed"] += 1
        console.complain(error)
        line = f"failed, {count(watch.failures, 'time')} in a row"
    else:
        watch.failures = 0
        watch.rounds["ok"] += 1
        watch.succeeded_at, watch.summary = time.time(), dict(plan.summary)
        line = _words(plan, applied=watch.apply)
    watch.ended_at, watch.duration = time.time(), time.monotonic() - began
    _write_metrics(watch)
    console.out(f"{now()} {line}\n")
    if plan is not None:
        _tell_channel(watch, plan)
    gc.collect()  # a command that ends never does (see main), and this one does not end


def _go_round(watch: _Watch, rounds: int | None, sleep: Callable[[float], None]) -> None:
    number = 0
    while True:
        _round(watch)
        number += 1
        if rounds is not None and number >= rounds:
            return
        pause = watch.pause()
        watch.due = time.monotonic() + pause
        sleep(pause)


@click.command("watch")
@options.paths
@click.option("--interval", type=click.FloatRange(min=1), default=300.0, show_default=True, metavar="S", help="Seconds between two looks.")
@click.option("--apply", "apply", is_flag=True, help="Put back what is not as declared; what needs consent is refused, as ever.")
@click.option("--metrics", metavar="FILE", type=click.Path(dir_okay=False), help="Keep a metrics file in Prometheus' text format.")
@click.option("--listen", metavar="HOST:PORT", help="Answer /healthz, /readyz and /metrics there, such as 127.0.0.1:9090.")
@click.option("--webhook", is_flag=True, help=f"Tell the chat channel whose address is in ${WEBHOOK} of drift, and of its end.")
@click.option("--rounds", type=click.IntRange(min=1), metavar="N", help="Stop after N looks; otherwise it goes on until it is stopped.")
@options.connection
def command(
    paths: tuple[str, ...],
    *,
    interval: float,
    apply: bool,
    metrics: str | None,
    listen: str | None,
    webhook: bool,
    rounds: int | None,
    **connection: Any,
) -> int:
    """Plan again and again, or with --apply apply: one line for each look.

    The manifests are read each time, so a checkout that is pulled meanwhile is taken up. After a failure it waits longer,
    up to eight times the interval. With --rounds it exits with 1 where the last look failed; Ctrl-C or SIGTERM end it with 130.
    """
    session = open_session(**connection)
    address = os.environ.get(WEBHOOK, "")
    if webhook and not address:
        raise CredentialsError(f"missing: the address of the webhook ({WEBHOOK})", hint="set it; it is a secret, so no flag takes it")
    watch = _Watch(session, paths, apply, interval, metrics, channel(Secret(address), access=access_of(session)) if webhook else None)
    try:
        with interruptible(), answering(listen, watch.watched, watch.health):
            _go_round(watch, rounds, time.sleep)
    except KeyboardInterrupt:
        console.tell_at_once("The watch has ended.")
        return Interrupted.exit_code
    return 1 if watch.failures else 0
