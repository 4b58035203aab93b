"""A file system that forgets: what was not synced may be lost, torn or half there after a power cut, and calls may fail."""

import itertools
import random
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.state.filesystem import Status
from tests.faults.simulation.life import Life

BLOCK = 512
FAULTS = {
    "ENOSPC": (28, "No space left on device"),
    "EIO": (5, "Input/output error"),
    "EROFS": (30, "Read-only file system"),
}
FAULTS |= {"EDQUOT": (122, "Disk quota exceeded")}


@dataclass(eq=False)
class Node:
    """A file or folder: what programs see, what is certainly on the disk, and the writes in between."""

    mode: int
    content: bytearray = field(default_factory=bytearray)
    durable: bytes = b""
    pending: list[tuple[int, bytes]] = field(default_factory=list)

    def copy(self) -> "Node":
        return Node(self.mode, bytearray(self.content), self.durable, list(self.pending))

    def after_power_cut(self, chance: random.Random) -> bytes:
        """What is there again: all that was synced; of what was not, nothing, all, or any of its blocks (zeros for the rest)."""
        how = chance.choice(("nothing", "everything", "blocks", "hole"))
        if how == "nothing" or not self.pending:
            return self.durable
        start, written = self.pending[-1]
        if how == "hole" and start > len(self.durable):
            return self.durable + b"\0" * (start - len(self.durable)) + written
        if how == "everything":
            return bytes(self.content)
        found = bytearray(self.durable)
        for start, written in self.pending:
            if start < 0:  # a truncation
                del found[-start - 1 :]
                continue
            for offset in range(0, len(written), BLOCK):
                block = written[offset : offset + BLOCK]
                kept = chance.choice((len(block), 0, chance.randrange(len(block) + 1), -1))
                if kept < 0:
                    return bytes(found)
                end = start + offset + len(block)
                found.extend(b"\0" * max(0, end - len(found)))
                found[start + offset : start + offset + kept] = block[:kept]
        return bytes(found)


class FakeDisk:
    """Keeps the Disk protocol for one process at a time and its successors; ``strike`` makes the n-th call fail."""

    def __init__(self) -> None:
        self.names: dict[Path, Node] = {Path("/r"): Node(stat.S_IFDIR | 0o700)}
        self.lasting = dict(self.names)
        self.unsynced: dict[Path, list[Callable[[dict[Path, Node]], None]]] = {}
        self.life = Life()
        self.strike: Callable[[str], OSError | None] = lambda _: None
        self.shortened = False
        self._open: dict[int, Node] = {}
        self._locks: dict[int, tuple[Node, Life]] = {}
        self._descriptors = itertools.count(3)

    def copy(self) -> "FakeDisk":
        """A disk of its own with the same content."""
        other = FakeDisk()
        nodes = {id(node): node.copy() for node in (*self.names.values(), *self.lasting.values())}
        assert not any(self.unsynced.values())  # only a disk at rest is copied
        other.names = {path: nodes[id(node)] for path, node in self.names.items()}
        other.lasting = {path: nodes[id(node)] for path, node in self.lasting.items()}
        return other

    def power_cut(self, chance: random.Random) -> None:
        """Everything in memory is gone; of the names that were not synced, some changes took."""
        for changes in self.unsynced.values():
            how = chance.choice(("none", "all", "first", "some"))
            kept = {"none": 0, "all": len(changes)}.get(how, chance.randrange(len(changes) + 1))
            chosen = (
                [change for change in changes if chance.random() < 0.5]
                if how == "some"
                else changes[:kept]
            )
            for change in chosen:
                change(self.lasting)
        self.unsynced = {}
        self.lasting = {
            path: node
            for path, node in self.lasting.items()
            if path == Path("/r") or path.parent in self.lasting
        }
        self.names = dict(self.lasting)
        for node in dict.fromkeys(self.names.values()):  # in an order that does not change
            node.content = bytearray(node.after_power_cut(chance))
            node.durable, node.pending = bytes(node.content), []
        self.end_of_process()

    def end_of_process(self) -> None:
        """What the system takes back from a process that is over."""
        self._open, self._locks = {}, {}

    def rest(self) -> None:
        """Time passes: everything reaches the disk."""
        for folder in list(self.unsynced):
            self._lasts(folder)
        for node in self.names.values():
            node.durable, node.pending = bytes(node.content), []

    def texts(self) -> dict[str, bytes]:
        """What every file holds, by its name."""
        return {
            path.name: bytes(node.content)
            for path, node in self.names.items()
            if stat.S_ISREG(node.mode)
        }

    # The protocol

    def status(self, path: Path) -> Status:
        self._call("status")
        node = self._at(path)
        return Status(node.mode, 1, len(node.content))

    def status_open(self, descriptor: int) -> Status:
        self._call("status")
        node = self._open[descriptor]
        return Status(node.mode, 1, len(node.content))

    def open(self, path: Path, *, create: bool = False) -> int:
        self._call("open")
        if create:
            if path in self.names:
                raise FileExistsError(17, "File exists")
            self._at(path.parent)
            self.life.step(f"create {_word(path)}")
            node = Node(stat.S_IFREG | 0o600)
            self._change(path.parent, lambda names: names.__setitem__(path, node))
        descriptor = next(self._descriptors)
        self._open[descriptor] = self._at(path)
        return descriptor

    def close(self, descriptor: int) -> None:
        self.life.check()
        self._open.pop(descriptor, None)
        self._locks.pop(descriptor, None)

    def read(self, descriptor: int, most: int, *, start: int) -> bytes:
        self._call("read")
        return bytes(self._open[descriptor].content[start : start + most])

    def write(self, descriptor: int, content: bytes) -> int:
        node = self._open[descriptor]
        self.life.step("before a write")
        half = len(content) // 2
        if self.shortened and half:
            content = content[:half]
            half = len(content) // 2
        failure = self._failure("write")
        self._add(node, content[:half])
        self.life.step("inside a write")
        if failure:
            raise failure
        self._add(node, content[half:])
        return len(content)

    def truncate(self, descriptor: int, size: int) -> None:
        self._call("truncate")
        node = self._open[descriptor]
        self.life.step("before a truncation")
        del node.content[size:]
        node.pending.append((-size - 1, b""))

    def sync(self, descriptor: int) -> None:
        self.life.step("before a sync")
        self._call("sync")
        node = self._open[descriptor]
        node.durable, node.pending = bytes(node.content), []
        self.life.step("after a sync")

    def lock(self, descriptor: int) -> bool:
        self.life.step("before the lock")
        self._call("lock")
        node = self._open[descriptor]
        if any(held is node and not life.dead for held, life in self._locks.values()):
            return False
        self._locks[descriptor] = (node, self.life)
        self.life.step("after the lock")
        return True

    def replace(self, source: Path, target: Path) -> None:
        self._call("replace")
        self.life.step(f"before {_word(target)} is replaced")
        node = self._at(source)

        def change(names: dict[Path, Node]) -> None:
            names.pop(source, None)
            names[target] = node

        self._change(target.parent, change)
        self.life.step(f"after {_word(target)} is replaced")

    def unlink(self, path: Path) -> None:
        self._call("unlink")
        self._at(path)
        self.life.step(f"before {_word(path)} is removed")
        self._change(path.parent, lambda names: names.pop(path, None))

    def make_folder(self, path: Path) -> None:
        self._call("make_folder")
        if path in self.names:
            raise FileExistsError(17, "File exists")
        self.life.step("before a folder is made")
        node = Node(stat.S_IFDIR | 0o700)
        self._change(path.parent, lambda names: names.__setitem__(path, node))

    def sync_folder(self, path: Path) -> None:
        self.life.step("before a folder's sync")
        self._call("sync_folder")
        self._lasts(path)
        self.life.step("after a folder's sync")

    # How it works

    def _at(self, path: Path) -> Node:
        if path not in self.names:
            raise FileNotFoundError(2, "No such file or directory")
        return self.names[path]

    def _failure(self, call: str) -> OSError | None:
        self.life.check()
        return self.strike(call)

    def _call(self, call: str) -> None:
        failure = self._failure(call)
        if failure:
            raise failure

    def _add(self, node: Node, content: bytes) -> None:
        if content:
            node.pending.append((len(node.content), bytes(content)))
            node.content += content

    def _change(self, folder: Path, change: Callable[[dict[Path, Node]], None]) -> None:
        change(self.names)
        self.unsynced.setdefault(folder, []).append(change)

    def _lasts(self, folder: Path) -> None:
        for change in self.unsynced.pop(folder, []):
            change(self.lasting)


def _word(path: Path) -> str:
    """The name without the part that chance made."""
    parts = path.name.split(".")
    return ".".join(part for part in parts if len(part) != 16)
