"""The use case: probe a Space, remember what was found, and leave nothing behind."""

import shlex
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime

from reconciler import __version__
from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.errors import (
    ApiError,
    Cancelled,
    Incomplete,
    Interrupted,
    ReconcilerError,
    Refused,
    UsageError,
)
from reconciler.core.facts import Facts
from reconciler.core.kinds import resources
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import Live
from reconciler.core.text import count, printable
from reconciler.engine.connection import Connection, open_writer
from reconciler.engine.partial import incomplete_after_write
from reconciler.engine.probe.cleanup import Cleaned, clean
from reconciler.engine.probe.limits import HANDFUL
from reconciler.engine.probe.looks import Time
from reconciler.engine.probe.scratch import PREFIX, Scratch, new_scratch, read_record
from reconciler.engine.probe.step_runner import Probe, Stopped, judged, with_earlier
from reconciler.engine.space_facts import facts_path, read_facts, scratch_path, write_facts
from reconciler.engine.workspace import Workspace
from reconciler.space.observe import observe

_Ask = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """``allowed`` is the number of resources that the Space may have; ``ask`` asks for consent.

    Without ``ask`` and ``approved`` nothing is sent that writes.
    """

    workspace: Workspace
    approved: bool = False
    allowed: int = HANDFUL
    ask: _Ask | None = None


class ProbeResult(NamedTuple):
    """The facts, the file that keeps them, and the number of requests of the experiments."""

    facts: Facts
    file: str
    requests: int


def _refuse_full(live: tuple[Live, ...], allowed: int) -> None:
    if len(live) > allowed:
        raise Refused(
            f"the Space has {count(len(live), 'resource')}, and a probe is for one with"
            f" {allowed} at most; nothing was written",
            hint="probe a Space or project for trials,"
            f" or consent to this one with --allow-resources {len(live)}",
        )


def _refuse_leftovers(workspace: Workspace, connection: Connection) -> None:
    file = scratch_path(workspace, connection.target)
    if read_record(file) is not None:
        raise Refused(
            f"an earlier probe left resources behind, or is still running; they are in {file}",
            hint="if none is running: reconciler probe --clean",
        )


def _consent(options: ProbeOptions, space: str, unread: Collection[str]) -> None:
    if options.approved:
        return
    if options.ask is None:
        raise UsageError(
            "probe cannot ask for consent without a terminal; nothing was written",
            hint="add --yes to answer yes in advance",
        )
    named = [kind.name for kind in resources(options.workspace.kinds) if kind.name not in unread]
    kinds = " and ".join(f"a few {name}s" for name in named)
    if not options.ask(f"Create {kinds} called {PREFIX}… in {space}, change and delete them?"):
        raise Cancelled


def _left_behind(cleaned: Cleaned) -> str:
    return "; ".join(cleaned.failed)


def _report_unseen(workspace: Workspace, cleaned: Cleaned) -> None:
    if cleaned.unseen:
        number = count(len(cleaned.unseen), "creation")
        workspace.observer.note(
            f"The outcome of {number} is unknown, and the Space does not show it."
            " Look again in two minutes: reconciler probe --clean"
        )


def _check_clean(workspace: Workspace, scratch: Scratch, cleaned: Cleaned) -> None:
    _report_unseen(workspace, cleaned)
    if cleaned.failed:
        # What another owner has by now is never deleted, so the record may have to go by hand.
        raise Incomplete(
            f"not everything could be deleted: {_left_behind(cleaned)}",
            hint="correct what the errors say, then: reconciler probe --clean; if all that is left belongs to"
            f" others: rm {shlex.quote(printable(str(scratch.path)))}",
        )


def _experiment(probe: Probe, workspace: Workspace) -> None:
    """Run the probe and delete what it created, however it ends."""
    try:
        probe.run()
    except ReconcilerError as error:
        cleaned = _clean(probe)
        if not isinstance(error, ApiError) or not probe.client.write_count:
            raise
        left = _left_behind(cleaned)
        raise Incomplete(
            f"the probe was not finished: {error.message}"
            + (f"; and not everything could be deleted: {left}" if left else ""),
            hint=error.hint
            if not left
            else "correct what the errors say, then: reconciler probe --clean",
        ) from error
    except Stopped:
        _report_unseen(workspace, cleaned := _clean(probe))
        left = _left_behind(cleaned)
        raise Interrupted(
            "stopped by a signal; "
            + (f"not everything could be deleted: {left}" if left else "nothing is left behind"),
            hint="reconciler probe --clean" if left or cleaned.unseen else "",
        ) from None
    except BaseException:
        with suppress(Exception):
            _clean(probe)
        raise
    _check_clean(workspace, probe.scratch, _clean(probe))


def _clean(probe: Probe) -> Cleaned:
    return clean(probe.scratch, probe.client, probe.kinds, now=probe.wall())


def _time(workspace: Workspace, stop: threading.Event) -> Time:
    clock = workspace.runtime.clock

    def sleep(seconds: float) -> None:
        if clock.sleep is not None:
            clock.sleep(seconds)
        elif stop.wait(seconds):
            raise Stopped

    return Time(clock.monotonic, sleep)


def _resources(
    options: ProbeOptions, connection: Connection
) -> tuple[tuple[Live, ...], tuple[str, ...]]:
    """Return what the Space has, and the kinds that are out of reach. Refused or Cancelled unless it may be probed."""
    kinds = options.workspace.kinds
    _refuse_leftovers(options.workspace, connection)
    found = resources(kinds)
    unread: list[str] = []
    live = observe(
        connection.client,
        kinds,
        wanted=[one.name for one in found],
        # A token for video alone, and a server of the Video API alone, have no other lists.
        optional=[one.name for one in found if one.list_if_used],
        unread=unread.append,
    )
    _refuse_full(live, options.allowed)
    _consent(options, connection.target.space, unread)
    return live, tuple(unread)


def run_probe(options: ProbeOptions) -> ProbeResult:
    """Probe the Space and write its facts.

    Raises Refused and UsageError (nothing was written), Incomplete, Interrupted, ApiError.
    """
    workspace = options.workspace
    clock = workspace.runtime.clock
    with (
        open_writer(workspace, parallel=1) as (connection, client),
        incomplete_after_write(client, reason="probe"),
    ):
        target = connection.target
        live, unread = _resources(options, connection)
        before = tuple(sorted(one.id.lower() for one in live))
        scratch = new_scratch(
            scratch_path(workspace, target),
            space=target.space,
            project=target.project,
            before=before,
        )
        with workspace.runtime.while_writing(client.cancel) as stop:
            time = _time(workspace, stop)
            note = workspace.observer.note
            probe = Probe(
                client,
                workspace.kinds,
                scratch,
                time,
                clock.wall,
                live,
                unread,
                stop.is_set,
                note=note,
            )
            _experiment(probe, workspace)
        today = datetime.fromtimestamp(clock.wall(), UTC).date().isoformat()
        found = judged(probe, target.space, date=today, version=__version__)
        facts = with_earlier(found, read_facts(workspace, target))
        write_facts(workspace, target, facts)
        requests = sum(len(bench.seen) for bench in probe.benches)
        return ProbeResult(facts, str(facts_path(workspace, target)), requests)


def run_clean(workspace: Workspace) -> Cleaned:
    """Delete what an earlier probe left behind. Incomplete if something stays."""
    with (
        open_writer(workspace, parallel=1) as (connection, client),
        incomplete_after_write(client, reason="probe --clean"),
    ):
        file = scratch_path(workspace, connection.target)
        record = read_record(file)
        if record is None:
            return Cleaned()
        target = connection.target
        if (record.space, record.project) != (target.space, target.project):
            raise UsageError(
                f"{file}: this is the record of a probe of project {printable(record.project)}"
                f" in {printable(record.space)}; nothing was deleted",
                hint="use the credentials of that project",
            )
        clock = workspace.runtime.clock
        scratch, pause = Scratch(file, record), clock.sleep or time.sleep
        cleaned = clean(scratch, client, workspace.kinds, now=clock.wall(), sleep=pause)
        _check_clean(workspace, scratch, cleaned)
        return cleaned
