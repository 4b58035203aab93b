"""``reconciler watch``: plan or apply repeatedly."""

from __future__ import annotations

import gc
import itertools
import os
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.atomic_write import why_unwritable, write_whole
from reconciler.cli import console, options
from reconciler.cli.help_examples import examples
from reconciler.cli.signals import interruptible
from reconciler.core.deferred_dataclass import dataclass, field, replace
from reconciler.core.errors import (
    ApiError,
    Incomplete,
    Interrupted,
    Locked,
    ReconcilerError,
    UsageError,
    all_of,
)
from reconciler.core.resources import Secret
from reconciler.core.text import count, printable
from reconciler.engine.clock import now
from reconciler.reports.ci.metrics import Watched, metrics_text

if TYPE_CHECKING:
    from reconciler.cli.watch_endpoints import Health
    from reconciler.core.plan_model import Plan
    from reconciler.engine.watch import Watch

_LONGEST_FACTOR = 8
_JITTER = 0.1
_LONGEST_ROUND_SECONDS = 900.0  # enough for 10,000 resources and a Space with rate limits
_WEBHOOK = "RECONCILER_WEBHOOK"


@dataclass(slots=True)
class _Rounds:
    """The settings of a watch, and its results so far."""

    watch: Watch
    interval: float
    metrics: str | None
    channel: Callable[[str], None] | None
    rounds: dict[str, int] = field(default_factory=lambda: {"ok": 0, "failed": 0})
    failures: int = 0
    in_part: bool = False
    wrote: bool = False
    succeeded_at: float = 0.0
    summary: dict[str, int] = field(default_factory=dict)
    space: str = ""
    told: frozenset[str] = frozenset()
    ended_at: float = 0.0
    duration: float = 0.0
    due: float = field(default_factory=time.monotonic)

    def pause(self) -> float:
        """Seconds until the next run, with jitter: longer after each failure in a row."""
        longer: float = min(2.0**self.failures, _LONGEST_FACTOR)
        return self.interval * longer * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # so that many watches spread

    def watched(self) -> Watched:
        """The state after the last round, for metrics."""
        return Watched(
            self.ended_at > 0 and not self.failures,
            self.ended_at,
            self.succeeded_at,
            self.duration,
            dict(self.rounds),
            dict(self.summary),
            self.space,
            self.watch.workspace.env or "",
        )

    def health(self) -> Health:
        """Alive unless a round is long overdue; ready if the last one succeeded."""
        from reconciler.cli.watch_endpoints import Health

        alive = time.monotonic() < self.due + _LONGEST_ROUND_SECONDS
        if not alive:
            return Health(alive=False, ready=False, words="a round is overdue")
        if not self.ended_at:
            return Health(alive=True, ready=False, words="the first round is under way")
        failed = (
            f"the last round failed, {count(self.failures, 'time')} in a row"
            if self.failures
            else ""
        )
        return Health(alive=True, ready=not failed, words=failed or "ok")


def _tell_channel(rounds: _Rounds, plan: Plan) -> None:
    """Post a message if the drift differs from that of the last message."""
    from reconciler.core.drift import drifted_part

    drifted = frozenset(str(action.address) for action in drifted_part(plan).actions)
    if rounds.channel is None or drifted == rounds.told:
        return
    named = printable(", ".join(sorted(drifted)[:10])) + (
        f" and {len(drifted) - 10} more" if len(drifted) > 10 else ""
    )
    undone = "; it was reverted" if rounds.watch.apply else ""
    try:
        words = (
            f"changed outside: {named}{undone}" if drifted else "back to what the manifests declare"
        )
        rounds.channel(f"reconciler, {printable(plan.space)}: {words}")
    except ApiError as error:
        console.report_error(error)  # a channel that is deaf ends no watch
        return
    rounds.told = frozenset() if rounds.watch.apply else drifted


def _words(plan: Plan, *, applied: bool) -> str:
    from reconciler.core.plan_model import VERBS

    counts = plan.summary
    to_do = ", ".join(f"{counts[verb]} to {verb}" for verb in VERBS if counts[verb])
    verb = "done" if applied else "to do"
    if plan.remembers and not plan.actions:
        records = len(plan.record_updates) + len(plan.record_removals)
        return f"{'recorded' if applied else 'to record'}: {count(records, 'resource')}"
    return (
        f"{verb}: {to_do}; {counts['drifted']} drifted"
        if to_do
        else f"in sync: {count(plan.noop, 'resource')}"
    )


def _write_metrics(rounds: _Rounds) -> None:
    if rounds.metrics is None:
        return
    try:
        write_whole(
            Path(rounds.metrics), metrics_text(rounds.watched()).encode(), mode=0o644
        )  # the reader of the metrics is another user
    except OSError as error:
        why, fix = why_unwritable(error)
        shown = printable(rounds.metrics)
        raise UsageError(f"--metrics {shown}: cannot be written: {why}", hint=fix) from error


def _round(rounds: _Rounds) -> None:
    """One run: reported in one line, in the metrics file, and to the webhook if something changed."""
    began = time.monotonic()
    plan: Plan | None = None
    try:
        plan = rounds.watch.look()
        rounds.space = plan.space
    except Interrupted:
        raise
    except Locked as error:  # another run is at work: nothing is wrong with the Space
        rounds.rounds["locked"] = rounds.rounds.get("locked", 0) + 1
        line = f"skipped: {printable(error.message)}"
    except ReconcilerError as error:
        rounds.failures += 1
        if isinstance(error, Incomplete):
            rounds.in_part = rounds.wrote = True
        rounds.rounds["failed"] += 1
        console.report_error(error)
        line = f"failed, {count(rounds.failures, 'time')} in a row"
    else:
        rounds.failures, rounds.in_part = 0, False
        rounds.wrote = rounds.wrote or (rounds.watch.apply and bool(plan.actions))
        rounds.rounds["ok"] += 1
        rounds.succeeded_at, rounds.summary = time.time(), dict(plan.summary)
        line = _words(plan, applied=rounds.watch.apply)
    rounds.ended_at, rounds.duration = time.time(), time.monotonic() - began
    _write_metrics(rounds)
    console.out_for_people(f"{now()} {line}\n")
    if plan is not None:
        _tell_channel(rounds, plan)
    gc.collect()  # a command that ends never does (see main), and this one does not end


def _go_round(rounds: _Rounds, number: int | None, sleep: Callable[[float], None]) -> None:
    for done in itertools.count(1):
        _round(rounds)
        if number is not None and done >= number:
            return
        pause = rounds.pause()
        rounds.due = time.monotonic() + pause
        sleep(pause)


def _watch(rounds: _Rounds, number: int | None) -> None:
    """Watch; an error that ends it is Incomplete once a run wrote something."""
    from reconciler.engine.partial import after_write

    with after_write("earlier runs wrote to the Space", wrote=lambda: rounds.wrote):
        _go_round(rounds, number, time.sleep)


@click.command("watch", epilog=examples("reconciler watch --apply --interval 60 --rounds 1"))
@options.paths
@click.option(
    "--interval",
    type=click.FloatRange(min=1),
    default=300.0,
    show_default=True,
    metavar="S",
    help="Seconds between two runs.",
)
@click.option(
    "--apply",
    "apply",
    is_flag=True,
    help="Apply each plan. What needs consent is refused.",
)
@click.option(
    "--metrics",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write metrics to FILE in Prometheus' text format.",
)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Answer /healthz, /readyz and /metrics there, such as 127.0.0.1:9090.",
)
@click.option(
    "--webhook",
    is_flag=True,
    help=f"Post to the webhook in ${_WEBHOOK} when drift appears and when it ends.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    metavar="N",
    help="Stop after N runs. By default it continues until it is stopped.",
)
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
    """Plan (or apply, with --apply) repeatedly, one line for each run.

    The manifests are read for each run, so a new commit in the checkout is noticed. After a failure it waits longer,
    up to eight times the interval. With --rounds it exits with 1 if the last run failed, and with 4 if it had written
    something by then. Ctrl-C or SIGTERM end it with 130.
    """
    from reconciler.cli.observers import ApplyObserver
    from reconciler.cli.watch_endpoints import address_of, answering, check_webhook
    from reconciler.cli.workspace import open_workspace
    from reconciler.engine.manifests import read_manifests
    from reconciler.engine.network import access_of
    from reconciler.engine.watch import Watch
    from reconciler.engine.workspace import manifest_paths

    session = open_workspace(**connection)
    address = os.environ.get(_WEBHOOK, "")
    all_of(
        lambda: address_of(listen) if listen is not None else None,
        lambda: check_webhook(_WEBHOOK, address) if webhook else None,
    )
    workspace = replace(session, observer=ApplyObserver("text", workspace=session))
    watch = Watch(
        workspace,
        partial(read_manifests, workspace, paths),
        apply=apply,
        paths=manifest_paths(session, paths),
    )
    told = None
    if webhook:
        from reconciler.space.webhook import channel  # its library is slow to import

        told = channel(Secret(address), access=access_of(session))
    looks = _Rounds(watch, interval, metrics, told)
    try:
        with interruptible(), answering(listen, looks.watched, looks.health):
            _watch(looks, rounds)
    except KeyboardInterrupt:
        console.info_now("The watch has ended.")
        return Interrupted.exit_code
    if looks.in_part:
        return Incomplete.exit_code
    return 1 if looks.failures else 0
