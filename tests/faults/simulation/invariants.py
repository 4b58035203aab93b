"""What must hold after every history, whatever happened in it; each break is one sentence that begins with its number."""

import json
import re
from collections import Counter
from typing import Any

from reconciler.core.errors import ReconcilerError
from reconciler.core.plan_model import Action, Plan
from tests.faults.simulation.scenarios import STRANGERS, Prepared
from tests.faults.simulation.world import KINDS, RESOURCES, SECRETS, TOKEN, Ran, World

COLLECTIONS = {kind.collection: name for name, kind in KINDS.items() if kind.collection}
MOST_REQUESTS = 12  # for each one that an undisturbed run sends, repeats included
MOST_SECONDS = 1800.0
CANARIES = [TOKEN, *SECRETS.values()]


def no_doubles(world: World) -> list[str]:
    """I1: there is one of each name, and one of each stream."""
    rows = world.rows()
    names = Counter((row.kind, row.name) for row in rows if row.kind in RESOURCES)
    streams = Counter(
        (row.owner, json.dumps(row.attributes, sort_keys=True)) for row in rows if row.owner
    )
    return [
        f"I1 {what} is there {number} times"
        for what, number in (*names.items(), *streams.items())
        if number > 1
    ]


def _allowed(plan: Plan) -> tuple[set[tuple[str, str]], set[tuple[str, str]], set[str]]:
    """What may be created (kind, name), and what may be written (method, id); and whose sub-resources may be made."""
    creates = {
        (one.address.kind, one.address.name) for one in plan.actions if one.action == "create"
    }
    writes: set[tuple[str, str]] = set()
    parents: set[str] = set()
    for one in plan.actions:
        if one.action == "delete":
            writes.add(("DELETE", (one.id or "").lower()))
        elif one.action != "create":
            if one.body or one.live_name != one.address.name:
                writes.add(("PUT", (one.id or "").lower()))
            parents.add((one.id or "").lower())
        writes |= {
            (method, change.child_id.lower())
            for change in one.changes
            if change.child_id
            for method in ("PUT", "DELETE")
        }
    return creates, writes, parents


def i5_only_what_was_planned(world: World, ran: Ran) -> list[str]:
    """I3 and I5: every mutation of the run is one that its plan names."""
    if not ran.plans:
        return [f"I5 {one.method} {one.path} without a plan" for one in ran.ledger]
    creates, writes, parents = _allowed(
        ran.plans[-1 if ran.code is None or len(ran.plans) == 1 else 0]
    )
    for plan in ran.plans[:-1]:
        more = _allowed(plan)
        creates, writes, parents = creates | more[0], writes | more[1], parents | more[2]
    made = {
        row.id for row in world.rows() if (row.kind, row.name) in creates
    }  # perhaps by a run before
    found = []
    for one in ran.ledger:
        path = one.path.removeprefix("/api/video")
        if path in COLLECTIONS:
            fine = (COLLECTIONS[path], one.body["name"]) in creates
            made.add(one.id)
        elif one.method == "POST":
            fine = path.split("/")[2].lower() in parents | made
        else:
            fine = (one.method, one.id) in writes or (one.method == "PUT" and one.id in made)
        found += [] if fine else [f"I5 {one.method} {path} was not planned"]
    return found


def _i3_strangers(world: World, ready: Prepared) -> list[str]:
    shown = world.shown()
    theirs = [(COLLECTIONS[path], body["name"]) for path, body in STRANGERS]
    return [
        f"I3 {kind}/{name} belongs to others and was touched"
        for kind, name in theirs
        if shown.get((kind, name)) != ready.end[kind, name]
    ]


def i6_readable(world: World, serial: int) -> list[str]:
    """I6: the state is the old one or the new one, and never an older one."""
    try:
        found = world.recorded().serial
    except ReconcilerError as error:
        return [f"I6 the state cannot be read: {error.message}"]
    return [] if found >= serial else [f"I6 the state went back from {serial} to {found}"]


def i7_secret(world: World, ran: Ran) -> list[str]:
    """I7: no secret is in an output or in a file."""
    found = [f"I7 {canary[:12]}… was printed" for canary in CANARIES if canary in ran.out + ran.err]
    for name, content in world.disk.texts().items():
        found += [
            f"I7 {canary[:12]}… is in {name}" for canary in CANARIES if canary.encode() in content
        ]
    return found


def _took(action: Action, ran: Ran) -> bool:
    """Whether anything of an action took effect."""
    if action.action == "create":
        return any(
            one.body
            and one.method == "POST"
            and (one.kind, one.body.get("name")) == tuple(action.address)
            for one in ran.ledger
        )
    return any(
        one.id == action.id and one.method == ("DELETE" if action.action == "delete" else "PUT")
        for one in ran.ledger
    )


def i8_exit_code(ran: Ran) -> list[str]:
    """I8: a run that has written something and did not finish says so by its exit code."""
    return (
        [f"I8 it wrote {len(ran.ledger)} times, and ended with {ran.code}: {ran.error}"]
        if ran.ledger and ran.code in (1, 3)
        else []
    )


def i8_report(world: World, ran: Ran) -> list[str]:
    """I8: what is said to be done was done, and what was done is not said to have failed for good."""
    if ran.code is None or not ran.plans or not ran.outcomes:
        return []
    told = {(one["kind"], one["name"], one["action"]): one["status"] for one in ran.outcomes}
    there = {(row.kind, row.name) for row in world.rows()}
    found = []
    for action in ran.plans[0 if len(ran.plans) < 3 else len(ran.plans) - 2].actions:
        status = told.get((*action.address, action.action))
        took = _took(action, ran)
        if status == "done" and action.action == "create" and tuple(action.address) not in there:
            found.append(f"I8 {action.address} is said to be created, and was not")
        alone = (
            sum(one.id == action.id for one in ran.plans[0].actions) == 1
        )  # in a swap one resource is renamed twice
        if status == "skipped" and took and alone:
            found.append(f"I8 {action.address} is said to be skipped, and was not")
        if (
            status == "done"
            and action.action == "delete"
            and any(row.id == action.id for row in world.rows())
        ):
            found.append(f"I8 {action.address} is said to be deleted, and is there")
        if (
            status == "failed"
            and took
            and action.action in ("delete", "create")
            and not action.changes
        ):
            found.append(f"I8 {action.address} is said to have failed, and was done")
        if status is None:
            found.append(f"I8 nothing is said of {action.address}")
    return found


def i9_bounded(ran: Ran, ready: Prepared) -> list[str]:
    """I9: requests and time have a bound."""
    usual = sum("is sent" in label for label in ready.boundaries)
    found = [f"I9 {len(ran.sent)} requests"] if len(ran.sent) > MOST_REQUESTS * usual + 40 else []
    return found + (
        [f"I9 {ran.ended - ran.began:.0f} s"]
        if ran.ended - ran.began > MOST_SECONDS * max(1, usual // 8)
        else []
    )


def _i2_kept(world: World, ran: Ran) -> list[str]:
    """I2: what a process told to be created, before it was cut off, is recorded."""
    told = re.findall(r"\+ (\w+)/(\S+) created", ran.err) if ran.code is None else []
    known = {tuple(address) for address in world.recorded().resources} if told else set()
    return [
        f"I2 {kind}/{name} was told to be created, and is not recorded"
        for kind, name in told
        if (kind, name) not in known
    ]


def after_a_run(world: World, ran: Ran, ready: Prepared, *, serial: int) -> list[str]:
    """Everything that must hold when a process has ended, however it ended."""
    return [
        *no_doubles(world),
        *_i3_strangers(world, ready),
        *i5_only_what_was_planned(world, ran),
        *(i6_readable(world, serial) or _i2_kept(world, ran)),
        *i7_secret(world, ran),
        *i8_report(world, ran),
        *i8_exit_code(ran),
        *i9_bounded(ran, ready),
    ]


def at_the_end(world: World, ran: Ran, ready: Prepared) -> list[str]:
    """I2 and I4: a run without faults has ended well, everything is as it should be, and all that was made is recorded."""
    if ran.code != 0:
        return [f"I4 the run after it ended with {ran.code}: {ran.error}"]
    shown = world.shown()
    usual = sum("is sent" in label for label in ready.boundaries)
    found = (
        [f"I9 {len(ran.sent)} requests where nothing goes wrong"]
        if len(ran.sent) > usual + 12
        else []
    )
    found += [
        f"I4 {kind}/{name} is not as it should be"
        for kind, name in sorted(set(shown) | set(ready.end), key=str)
        if shown.get((kind, name)) != ready.end.get((kind, name))
    ]
    state = world.recorded()
    theirs = {(COLLECTIONS[path], body["name"]) for path, body in STRANGERS}
    there: dict[Any, str] = {
        (row.kind, row.name): row.id for row in world.rows() if row.owner is None
    }
    known = {tuple(address): record.id.lower() for address, record in state.resources.items()}
    if known != {key: one for key, one in there.items() if key not in theirs}:
        found.append("I2 what is recorded is not what is there")
    children = Counter(
        one.id.lower()
        for record in state.resources.values()
        for ones in record.children.values()
        for one in ones
    )
    if children != Counter(
        row.id
        for row in world.rows()
        if row.kind in KINDS and row.kind not in RESOURCES and row.owner in known.values()
    ):
        found.append("I2 the sub-resources that are recorded are not those that are there")
    return found
