"""Other hands in the same Space: edits, deletions, renames and look-alikes, at every boundary."""

from collections.abc import Iterable, Iterator

from tests.faults.simulation.histories import PUTS, History, boundaries
from tests.faults.simulation.life import Life
from tests.faults.simulation.world import KINDS, Ran, Row, World
from tests.integration.end_to_end.driver import PATHS, demanded

DEEDS = ("edit", "overlap", "delete", "rename", "again", "take")


def foreign_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """Every deed at every boundary from the first request on (with one seed at every fifth)."""
    for name in names:
        for put in PUTS if seeds > 1 else PUTS[:1]:
            first = next(
                spot for spot, label in enumerate(boundaries(name, put)) if label == "GET is sent"
            )
            for spot in range(first, len(boundaries(name, put)), 1 if seeds > 1 else 5):
                yield from (f"foreign {name} {put} {deed} {spot}" for deed in DEEDS)


def target_of(world: World, name: str) -> Row | None:
    """The resource of that name, whatever its kind."""
    return next((row for row in world.rows() if row.owner is None and row.name == name), None)


def _path(row: Row) -> str:
    return f"{KINDS[row.kind].collection}/{row.id}"


def _do(world: World, deed: str) -> tuple[str, str | None]:
    """What is done, to which of the managed rooms: its id, and the id of what stands in its place by now."""
    row = (
        target_of(world, "u")
        or target_of(world, "a")
        or target_of(world, "d")
        or target_of(world, "b")
    )
    if deed == "take":
        kind = KINDS[row.kind if row else "Room"]
        body = {"name": "c", "max_members": 9, **kind.required_on_create}
        made = world.by_hand("POST", kind.collection, body)
        taken = target_of(world, "c")
        return taken.id if taken and made < 300 else "", None
    if row is None:
        return "", None
    required = demanded(KINDS[row.kind], row.attributes)
    whole = row.attributes | required
    if deed == "edit":
        world.by_hand(
            "PUT",
            _path(row),
            {**whole, "description": "theirs"}
            if world.put == "replace"
            else {**required, "description": "theirs"},
        )
    elif deed == "overlap":
        world.by_hand(
            "PUT",
            _path(row),
            {**whole, "layout": "8x8"} if world.put == "replace" else {**required, "layout": "8x8"},
        )
    elif deed == "rename":
        world.by_hand("PUT", _path(row), {**whole, "name": "elsewhere"})
    else:
        world.by_hand("DELETE", _path(row))
    if deed == "again":
        own = KINDS[row.kind]
        again = {field: row.attributes[field] for field in own.required}
        again |= dict(own.required_on_create)
        world.by_hand("POST", own.collection, {**again, "name": row.name})
        there = target_of(world, row.name or "")
        return row.id, there.id if there else None
    return row.id, None


def _lost(history: History, ran: Ran, spot: int, identifier: str) -> bool:
    """Whether an edit of a field that nobody declares is gone although it was not made between the reading and the writing."""
    rows = [row for row in history.world.rows() if row.id == identifier]
    if not rows or rows[0].attributes.get("description") == "theirs":
        return False
    writes = [one.boundary for one in ran.sent if one.method == "PUT" and identifier in one.path]
    reads = [one.boundary for one in ran.sent if one.method == "GET" and identifier in one.path]
    inside = any(
        max((read for read in reads if read < write), default=0) <= spot + 1 <= write + 1
        for write in writes
    )
    return not inside


def _overwritten(history: History, ran: Ran, spot: int, identifier: str) -> bool:
    """Whether an edit between the plan and the re-reading is gone."""
    lists = [one.boundary for one in ran.sent if one.method == "GET" and one.path in PATHS.values()]
    reads = [
        one.boundary for one in ran.sent if one.method == "GET" and one.path.endswith(identifier)
    ]
    writes = [
        one.boundary for one in ran.sent if one.method == "PUT" and one.path.endswith(identifier)
    ]
    planned = max((one for one in lists if not writes or one < writes[0]), default=0)
    before = planned <= spot < (reads or writes or [0])[0]
    return (
        before
        and bool(writes)
        and all(
            row.attributes.get("layout") != "8x8"
            for row in history.world.rows()
            if row.id == identifier
        )
    )


def foreign(name: str, put: str, deed: str, spot: str) -> list[str]:
    """Somebody does something at one boundary; nothing of theirs is lost or taken, and what was not planned is not done."""
    history = History.of(name, put)
    world, done = history.world, []
    ran = history.apply(Life({int(spot): lambda _: done.append(_do(world, deed))}))
    if not done or not done[0][0]:
        return history.breaks
    identifier, other = done[0]
    if deed == "edit" and _lost(history, ran, int(spot), identifier):
        history.breaks.append("I3 an edit of a field that nobody declares is lost")
    history.breaks += [
        f"I3 {one.method} on what somebody else made"
        for one in ran.ledger
        if deed == "take" and one.id == identifier
    ]
    if deed == "overlap" and _overwritten(history, ran, int(spot), identifier):
        history.breaks.append("I3 what somebody set since the plan was made was written over")
    second = history.apply()
    if other and any(one.id == other for one in (*ran.ledger, *second.ledger)):
        history.breaks.append("I3 what bears the name of ours, and is not ours, was written")
    if deed in ("take", "again", "rename") and second.code == 3:
        return history.breaks  # nothing more is done without consent
    if second.code not in (0, 3):
        history.breaks.append(f"I4 the run after it ended with {second.code}: {second.error}")
    return history.breaks
