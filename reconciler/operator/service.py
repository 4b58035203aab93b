"""What outlives one pass: workers by Space, what wakes them, threads, figures."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.errors import ReconcilerError
from reconciler.core.kinds import Kinds
from reconciler.core.value_text import plain
from reconciler.engine.unexpected_errors import describe_exception
from reconciler.operator.cluster import Cluster
from reconciler.operator.connection import LIFETIME, SharedClient
from reconciler.operator.metrics import Metrics
from reconciler.operator.options import OperatorOptions
from reconciler.operator.record import open_record
from reconciler.operator.reporting import Report
from reconciler.operator.resources import Snapshot, SpaceItem, SpaceKey
from reconciler.operator.schedule import Changes
from reconciler.operator.space_pass import SpaceWorker

log = logging.getLogger("reconciler.operator")


@dataclass(slots=True)
class Operator:
    """All Spaces of the cluster. ``make_pass`` is called in a thread of ``pool``, the rest in the loop.

    ``turns`` has a lock for each Space, whose holder makes its passes. ``missing`` are Spaces whose
    absence is about to be reported.
    """

    kinds: Kinds
    options: OperatorOptions
    metrics: Metrics = field(default_factory=Metrics)
    changes: Changes = field(default_factory=Changes)
    wakers: dict[SpaceKey, asyncio.Event] = field(
        default_factory=lambda: defaultdict(asyncio.Event)
    )
    turns: dict[SpaceKey, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    loops: set[asyncio.Task[None]] = field(default_factory=set)
    missing: set[SpaceKey] = field(default_factory=set)
    workers: dict[SpaceKey, SpaceWorker] = field(default_factory=dict)
    client: SharedClient = field(init=False)
    pool: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        # asyncio's own pool has a few threads: Spaces that hang would stop the others.
        self.client = SharedClient(lifetime=max(LIFETIME, 3 * self.options.deadline))
        self.pool = ThreadPoolExecutor(self.options.workers, thread_name_prefix="pass")

    def wake(self, key: SpaceKey) -> None:
        """Request a pass of a Space."""
        self.wakers[key].set()

    def keep(self, loop: Coroutine[Any, Any, None]) -> None:
        """Run a loop beside the daemons of kopf, until it ends or the operator does."""
        task = asyncio.ensure_future(loop)
        self.loops.add(task)
        task.add_done_callback(self.loops.discard)

    def wake_namespace(self, namespace: str) -> None:
        """Request a pass of each Space of a namespace."""
        for key in list(self.wakers):
            if key.namespace == namespace:
                self.wake(key)

    def forget(self, key: SpaceKey) -> None:
        """Drop what is kept of a Space that is gone."""
        self.wakers.pop(key, None)
        self.metrics.forget(key)
        worker = self.workers.pop(key, None)
        if worker is not None:
            worker.close()

    def close(self) -> None:
        """End all passes: what is under way is finished and recorded."""
        for worker in list(self.workers.values()):
            worker.stop()
        self.pool.shutdown(wait=True, cancel_futures=True)
        for worker in list(self.workers.values()):
            worker.close()
        self.client.close()

    def release(self, space: SpaceItem, others: Iterable[SpaceItem]) -> None:
        """Take our finalizers off a Space, and off its credentials unless another one uses them."""
        cluster = Cluster(self.client.get())
        if not any(_shares_secret(space, other) for other in others):
            found = cluster.secret(space.metadata.namespace, space.secret)
            if found is not None:
                cluster.set_finalizer(found[0], present=False)
        cluster.set_finalizer(space.metadata, present=False)

    def make_pass(self, snapshot: Snapshot) -> Report:
        """Make one pass; called in a thread."""
        key = snapshot.space.key
        worker = self.workers.get(key)
        if worker is None:
            opened = partial(
                open_record, kinds=self.kinds, options=self.options, client=self.client.get
            )
            worker = SpaceWorker(self.kinds, opened, self.options.deadline)
            self.workers[key] = worker
        began = time.monotonic()
        try:
            report = worker.run(snapshot, Cluster(self.client.get()))
        except ReconcilerError as error:
            log.warning("%s: %s", key, plain(error.message))
            report = Report(error=error.message, left=len(snapshot.items))
        except Exception as error:  # a daemon that ends would leave its Space alone
            log.exception("%s: a pass ended with a fault of this program", key)
            report = Report(error=describe_exception(error).message, left=len(snapshot.items))
        seconds = time.monotonic() - began
        self.metrics.note(key, report, seconds=seconds, at=time.time())
        if report.locked or report.error:
            log.info("%s: not done: %s", key, plain(report.locked or report.error))
        elif report.outcomes:
            counts = ", ".join(f"{number} {name}" for name, number in report.outcomes.items())
            log.info("%s: %s in %.1f s", key, counts, seconds)
        return report


def is_finished(snapshot: Snapshot) -> bool:
    """Whether a Space with a deletion mark has nothing left that needs it."""
    return snapshot.space.metadata.deleting and not any(
        item.has_finalizer for item in snapshot.items
    )


def _shares_secret(space: SpaceItem, other: SpaceItem) -> bool:
    """Whether another Space has the same credentials."""
    same = (other.metadata.namespace, other.secret) == (space.metadata.namespace, space.secret)
    return same and other.metadata.uid != space.metadata.uid
