"""The one path that plan, drift, apply and show go along: manifests and state and Space in, a Plan out."""

import hashlib
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from wsgiref.types import WSGIApplication

from reconciler.cli.console import emit, wait
from reconciler.cli.events import about_plan
from reconciler.cli.looking import FEW, Seen, can_be_asked_for, look_around, look_at
from reconciler.cli.meant import nothing_selected, without_kind
from reconciler.cli.session import Session, connect_target, has_record, local_database, open_state, trace
from reconciler.cli.signals import giving_back, leaving_at_once
from reconciler.cli.sparing import spared
from reconciler.core.declared import Address, Desired
from reconciler.core.errors import ReconcilerError, UsageError
from reconciler.core.intents import recognised
from reconciler.core.kinds import Kinds, resources
from reconciler.core.model import Applied, Live, Plan
from reconciler.core.plan import make_plan
from reconciler.core.text import did_you_mean
from reconciler.manifest import Loaded
from reconciler.space import LOCAL, Listing, Reader, Target, Writer, listings, members_of_each, reader, writer
from reconciler.state import State, StateStore

SOON_SECONDS = 0.001

OnWait = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Selection:
    """What of everything a command is about: named resources, labels, and whether deletions are part of it."""

    targets: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    prune: bool = True

    @property
    def document(self) -> dict[str, Any]:
        """The same as JSON values; empty where nothing is kept out."""
        flags: dict[str, Any] = {"targets": list(self.targets)} if self.targets else {}
        flags |= {"selectors": list(self.selectors)} if self.selectors else {}
        return flags if self.prune else flags | {"prune": False}

    @property
    def left_out(self) -> str:
        """What these flags keep out of a plan, in words; empty where nothing is."""
        parts = [f"everything but {', '.join(self.targets)}"] if self.targets else []
        parts += [f"everything without the label {', '.join(self.selectors)}"] if self.selectors else []
        parts += ["deletions"] if not self.prune or self.selectors else []
        return "; ".join(parts)

    @property
    def flags(self) -> str:
        """The flags that choose, as they were given."""
        return " ".join([*(f"--target {one}" for one in self.targets), *(f"--selector {one}" for one in self.selectors)])


@dataclass(frozen=True, slots=True)
class World:
    """An open connection to one Space and the state that goes with it; ``lists`` of what is there, where they were begun already."""

    target: Target
    client: Reader
    state: StateStore
    lists: tuple[Listing, ...] = ()


def now() -> str:
    """The moment as RFC 3339 in UTC; $SOURCE_DATE_EPOCH stands for it where outputs are to be reproducible."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed.isdigit() else datetime.now(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def application_of(session: Session, where: Target) -> WSGIApplication | None:
    """The embedded local Space, where that is meant; it comes with the extra [local]."""
    if where.space != LOCAL:
        return None
    try:
        from reconciler.localspace import create_space  # noqa: PLC0415  # only where it is meant: it is an extra
    except ImportError as error:
        raise UsageError("the local Space is not installed", hint="pip install 'signalwire-reconciler[local]'") from error
    database = local_database(session)
    if not database.parent.is_dir():
        database.parent.mkdir(mode=0o700, parents=True)
        database.parent.chmod(0o700)  # whatever the umask
    return create_space(database, kinds=session.kinds)


@contextmanager
def reading(session: Session, *, parallel: int = 10, on_wait: OnWait = wait) -> Iterator[World]:
    """A Space that can only be read meanwhile."""
    where = connect_target(session)
    application = application_of(session, where)
    with leaving_at_once(), reader(where, application=application, parallel=parallel, trace=trace(session), on_wait=on_wait) as client:
        yield World(where, client, open_state(session, where))


@contextmanager
def reading_ahead(session: Session, *, on_wait: OnWait = wait) -> Iterator[World]:
    """As ``reading``; the lists of what is there are on their way already, while the state is read."""
    with reading(session, on_wait=on_wait) as world:
        if world.target.space == LOCAL:  # no network, nothing to wait for
            yield world
            return
        wanted = [kind.name for kind in resources(session.kinds)]
        with _taking_turns(), listings(world.client, session.kinds, wanted=wanted) as lists:
            yield replace(world, lists=lists)


@contextmanager
def loaded_and_read(session: Session, load: Callable[[], Loaded]) -> Iterator[tuple[Loaded, World]]:
    """What ``load`` gives, and the Space as ``reading_ahead`` has it.

    Where a record says that this Space was asked before, its lists are asked for while the manifests are read: nothing else is
    sent, and of a run whose manifests are wrong nothing is looked at. Otherwise nothing is sent before they are known to be right.
    """
    if not _was_asked_before(session):
        loaded = load()
        with reading_ahead(session) as world:
            yield loaded, world
        return
    right = threading.Event()
    with reading_ahead(session, on_wait=lambda text: wait(text) if right.is_set() else None) as world:
        loaded = load()
        right.set()
        yield loaded, world


def _was_asked_before(session: Session) -> bool:
    try:
        where = connect_target(session)
        return where.space != LOCAL and has_record(session, where)
    except (ReconcilerError, OSError):
        return False  # what is wrong is told once the manifests are right


@contextmanager
def _taking_turns() -> Iterator[None]:
    """Threads hand over to each other soon: one that only waits for answers would wait for its turn as well, for each of their parts."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SOON_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def writing(session: Session, *, parallel: int) -> Iterator[tuple[World, Writer]]:
    """A Space that can be written meanwhile."""
    where = connect_target(session)
    application = application_of(session, where)
    with writer(where, application=application, parallel=parallel, trace=trace(session), on_wait=wait) as client, giving_back(client.hurry):
        yield World(where, client, open_state(session, where)), client


def _labelled(desired: Sequence[Desired], selectors: Sequence[str]) -> set[Address]:
    wanted = [selector.partition("=")[::2] for selector in selectors]  # one key with two values is what no resource has
    return {one.address for one in desired if all(one.labels.get(key) == value for key, value in wanted)}


def address_of(text: str, kinds: Kinds, *, among: Iterable[Address] = ()) -> Address:
    """``Room/lobby`` as an Address. UsageError where it is not one of a known kind; ``among`` is what may be meant."""
    kind, separator, name = text.partition("/")
    known = [one.name for one in resources(kinds)]
    if not separator or not name:
        raise without_kind(text, among)
    if kind not in known:
        raise UsageError(f"{kind!r} is not a kind of resource{did_you_mean(kind, known)}")
    return Address(kind, name)


def addresses(texts: Iterable[str], kinds: Kinds, *, known: Collection[Address]) -> set[Address]:
    """The addresses that ``texts`` name. UsageError for one that nobody knows, with the nearest."""
    found = set()
    for text in texts:
        address = address_of(text, kinds, among=known)
        if address not in known:
            raise UsageError(f"{text} is neither declared nor managed{did_you_mean(text, map(str, known))}")
        found.add(address)
    return found


def _chosen(selection: Selection, desired: Sequence[Desired], applied: Collection[Address], kinds: Kinds) -> set[Address] | None:
    """The addresses that the plan is about; None for all."""
    if not selection.targets and not selection.selectors:
        return None
    for selector in selection.selectors:
        if "=" not in selector:
            raise UsageError(f"--selector {selector}: write it as KEY=VALUE")
    known = {one.address for one in desired}
    chosen = _labelled(desired, selection.selectors) if selection.selectors else known | set(applied)
    if selection.targets:
        chosen &= addresses(selection.targets, kinds, known=known | set(applied))
    if not chosen:
        raise nothing_selected(selection.flags, selection.selectors, desired)
    return chosen


def plan_of(
    session: Session,
    world: World,
    loaded: Loaded,
    state: State,
    *,
    selection: Selection = Selection(),
    parallel: int = 10,
    whole: bool = False,
    known: Collection[Address] = (),
) -> Plan:
    """Look at the Space and plan towards what the manifests say.

    ``whole`` lists all that is there, also for a few targets; ``known`` may be targets although nobody declares or manages
    them any more, since this run saw to that.
    """
    only = _chosen(selection, loaded.desired, {*state.resources, *known}, session.kinds)
    seen = _seen(session, world, loaded, state, only=None if whole or not selection.targets else only, parallel=parallel)
    ours = _recognised(session, state, seen.live)
    make = partial(
        make_plan,
        seen.desired,
        {**seen.applied, **ours},
        seen.live,
        kinds=session.kinds,
        key=state.key,
        space=world.target.space,
        project=world.target.project,
        prune=selection.prune and not selection.selectors,
        digests={"manifests": loaded.digest, "state": _state_digest(state)},
        marking=state.key if state.serial else None,
    )
    plan = make(only=only)
    left = spared(session, loaded, plan)
    if left:
        every = {one.address for one in seen.desired} | {*seen.applied, *ours}
        plan = make(only=(every if only is None else set(only)) - left)
    managed = Counter(address.kind for address in {**state.resources, **ours})
    plan = replace(plan, declared=len(loaded.desired), managed=managed - Counter(plan.missing))
    made = with_members(world, replace(plan, remember=(*ours.values(), *plan.remember)), parallel=parallel)
    emit("plan", **about_plan(made))
    return made


def _seen(
    session: Session, world: World, loaded: Loaded, state: State, *, only: Collection[Address] | None, parallel: int
) -> Seen:  # fmt: skip
    """What there is; where ``only`` a few resources are meant, no more of it than they depend on."""
    if only is not None and len(only) <= FEW and can_be_asked_for(only, session.kinds, state.resources):
        return look_at(world.client, session.kinds, only, desired=loaded.desired, applied=state.resources, parallel=parallel)
    live = look_around(
        world.client, session.kinds, desired=loaded.desired, applied=state.resources, parallel=parallel, lists=world.lists
    )  # fmt: skip
    return Seen(loaded.desired, state.resources, live)


def _recognised(session: Session, state: State, live: Sequence[Live]) -> dict[Address, Applied]:
    """What an earlier run made without living to record it."""
    found = recognised(state.intents.values(), state.resources, live, kinds=session.kinds, key=state.key)
    return {record.address: record for record in found}


def with_members(world: World, plan: Plan, *, parallel: int) -> Plan:
    """``plan`` with the number of people in each live session that it touches, where the Space tells it."""
    meetings = [str(action.session.get("id", "")) for action in plan.actions if action.session is not None]
    present = members_of_each(world.client, meetings, parallel=parallel)
    actions = []
    for action in plan.actions:
        number = present[str(action.session.get("id", ""))] if action.session is not None else None
        actions.append(replace(action, session={**(action.session or {}), "members": number}) if number is not None else action)
    return replace(plan, actions=tuple(actions))


def plan_everything_gone(session: Session, world: World, state: State, *, only: Collection[Address] | None, parallel: int) -> Plan:
    """Look at the Space and plan the deletion of what is recorded (of ``only`` these, where given)."""
    live = look_around(world.client, session.kinds, desired=(), applied=state.resources, parallel=parallel)
    target = world.target
    plan = make_plan(
        (),
        {**state.resources, **_recognised(session, state, live)},
        live,
        kinds=session.kinds,
        key=state.key,
        space=target.space,
        project=target.project,
        only=only,
        reason="",
    )
    return with_members(world, plan, parallel=parallel)


def _state_digest(state: State) -> str:
    if state.serial == 0:
        return hashlib.sha256(b"no state yet").hexdigest()
    return hashlib.sha256(f"{state.lineage}:{state.serial}".encode()).hexdigest()
