"""Probes that are killed or stopped, or get wrong answers: the next cleanup leaves the Space as it was."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from werkzeug.test import Client

from reconciler.core.errors import ReconcilerError
from reconciler.core.kinds import Kind
from reconciler.engine.probe.probe import ProbeOptions, run_clean, run_probe
from reconciler.engine.probe.scratch import PREFIX
from reconciler.engine.runtime import Runtime, Stop
from reconciler.engine.workspace import Workspace
from reconciler.localspace import Settings
from reconciler.space.paths import whole_path
from tests.faults.safety.annals import SESSION
from tests.faults.simulation.histories import DOUBT
from tests.faults.simulation.inline import reading_in_turn
from tests.faults.simulation.life import Killed, Life
from tests.faults.simulation.wire import PLAIN
from tests.faults.simulation.world import RESOURCES, Row, World
from tests.integration.end_to_end.driver import KINDS

SPACES: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "suffixed": {"made_name": "suffixed", "put": "replace", "one_room": "shown"},
    "found": {"taken": "answered", "clear": "refused"},
    "lagging": {"lag_lists": 1, "lag_seconds": 3.0},
}
# Flushing a file in memory costs nothing, and the record of a probe is flushed often.
MEMORY = next((folder for folder in ("/dev/shm",) if os.access(folder, os.W_OK)), None)  # noqa: S108
LIKE_NAMES = (PREFIX, f"{PREFIX}0123456789abcdef-full")
FOLDER = ".reconciler"
RECORD = "local.probe.json"


class Ended(NamedTuple):
    """How a process ended: its exit code, None if it was killed; and what it said last."""

    code: int | None
    error: str = ""


def create_body(kind: Kind, name: str) -> dict[str, Any]:
    """Return the smallest request of a kind that creates a resource of this name."""
    return {kind.key: name, **dict.fromkeys(kind.required, name), **kind.required_on_create}


def _posted_to(path: str) -> tuple[Kind, str]:
    """Return the kind that a POST to ``path`` creates, and the kind of its parent."""
    for kind in KINDS.values():
        if path == kind.collection:
            return kind, ""
        for parent, template in kind.parents.items():
            if re.fullmatch(re.escape(template).replace(r"\{id\}", "[^/]+"), path):
                return kind, parent
    raise AssertionError(path)


@dataclass
class Probing:
    """A Space with resources of others that have like names, and the folder that it is probed from.

    ``theirs`` are ids of what others made.
    """

    space: str
    folder: Path
    breaks: list[str] = field(default_factory=list)
    theirs: set[str] = field(default_factory=set)
    stop: Stop = field(default_factory=Stop)

    def __post_init__(self):
        self.world = World()
        self.world.space.knobs = Settings(seed=1, **SPACES[self.space])
        for name in LIKE_NAMES:
            for kind in RESOURCES:
                self.others_create(kind, name)
        self.world.clock.now += 3600
        self.before = self.world.rows()

    def others_create(self, kind: str, name: str, *, path: str = "") -> str:
        """Return the id of a resource that another owner creates now, at ``path`` for a sub-resource."""
        known = {row.id for row in self.world.rows()}
        body = create_body(KINDS[kind], name)
        assert self.world.by_hand("POST", path or KINDS[kind].collection, body) < 300
        made = [row for row in self.world.rows() if row.id not in known]
        self.theirs |= {row.id for row in made}
        return next(row.id for row in made if row.kind == kind)

    def answer_of_others(self, path: str) -> bytes:
        """Return the answer about what another owner creates now, of the kind that is posted to ``path``."""
        kind, parent = _posted_to(path)
        if parent:
            above = self.others_create(parent, "town-hall")
            below = kind.parents[parent].replace("{id}", above)
            theirs = self.others_create(kind.name, "rtmp://theirs.example/live", path=below)
        else:
            theirs = self.others_create(kind.name, "town-hall")
        item = whole_path(kind.item.replace("{id}", theirs))
        return Client(self.world.space).get(item, auth=("p", "t")).data

    def probe(self, life: Life | None = None) -> Ended:
        """One ``reconciler probe --yes``."""
        return self._process(
            lambda workspace: run_probe(ProbeOptions(workspace, approved=True, allowed=100)), life
        )

    def clean(self, life: Life | None = None) -> Ended:
        """One ``reconciler probe --clean``, a minute after what was before."""
        self.world.clock.now += 60
        return self._process(run_clean, life)

    def _process(self, work: Callable[[Workspace], object], life: Life | None) -> Ended:
        world = self.world
        world.wire.life = life or Life()
        place = len(world.space._store.ledger)
        runtime = Runtime(clock=world.clock.clock, while_writing=self.stop.while_writing)
        workspace = replace(
            SESSION, root=self.folder, space="local", runtime=runtime, embed=lambda *_: world.wire
        )
        try:
            with reading_in_turn():
                work(workspace)
            ended = Ended(0)
        except ReconcilerError as error:
            ended = Ended(error.exit_code, error.message)
        except Killed:
            ended = Ended(None)
        self.breaks += self._wrong_writes(place)
        return ended

    def wrote(self) -> bool:
        """Whether anything was written, by no other owner."""
        return len(self.world.space._store.ledger) > len(self.world.foreign)

    def _wrong_writes(self, place: int) -> Iterator[str]:
        """I3: what a probe creates is called as it promises, and what it changes it has created."""
        ledger = self.world.space._store.ledger
        made = {one.id for one in ledger if one.method == "POST"} - self.theirs
        for number, one in enumerate(ledger):
            if number < place or number in self.world.foreign:
                continue
            if one.method == "POST" and PREFIX not in str(one.body[KINDS[one.kind].key]):
                yield f"I3 the probe created {one.body}"
            if one.method != "POST" and one.id not in made:
                yield f"I3 the probe sent {one.method} for a {one.kind} of others"

    @property
    def record(self) -> Path:
        """The file with the record of scratch resources."""
        return self.folder / FOLDER / RECORD

    def entries(self) -> list[dict[str, Any]]:
        """The record of scratch resources."""
        return json.loads(self.record.read_text())["entries"] if self.record.exists() else []

    def left(self) -> list[Row]:
        """What is in the Space and was not there before, without what others made or have."""
        known = {row.id for row in self.before} | self.theirs
        return [row for row in self.world.rows() if not known & {row.id, row.owner}]

    def give_up(self) -> None:
        """Clean up, and forget the record of what another owner has by now."""
        taken = {row.id for row in self.world.rows()} & self.theirs
        recorded = {entry["id"] for entry in self.entries()}
        ended = self.clean()
        if ended.code != (4 if taken & recorded else 0):
            self.breaks.append(f"I8 what others have stayed, and it ended with {ended.code}")
        self.record.unlink(missing_ok=True)

    def ends(self) -> list[str]:
        """Clean up twice, the second time when nothing can be under way, and look at the Space."""
        self.world.wire.trouble = lambda _method, _path: PLAIN
        for pause in (0.0, DOUBT):
            self.world.clock.now += pause
            self.world.wire.arrive()
            ended = self.clean()
            if ended.code != 0:
                self.breaks.append(f"I4 the cleanup ended with {ended.code}: {ended.error}")
        return self.breaks + self._not_as_before()

    def _not_as_before(self) -> list[str]:
        found = [f"I2 {row.kind}/{row.name} is left behind" for row in self.left()]
        there = {row.id: row for row in self.world.rows()}
        found += [
            f"I3 {row.kind}/{row.name} belongs to others and was touched"
            for row in self.before
            if there.get(row.id) != row
        ]
        found += [f"I3 {one} belongs to others and is gone" for one in self.theirs - there.keys()]
        if self.record.exists():
            found.append("I2 the record of the probe is still there")
        return found
