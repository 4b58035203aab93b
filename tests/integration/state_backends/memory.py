"""Shelves for tests: one in memory, and one that puts something between a store and its shelf."""

import itertools

from reconciler.state.backends.base import Conflict, VersionedSnapshot


class Memory:
    """The page that several shelves share."""

    def __init__(self):
        self.held = VersionedSnapshot()
        self.writes = itertools.count(1)


class MemoryShelf:
    """A shelf without a clock; ``memory`` is what several of them share."""

    place = "memory"
    earlier = "an earlier version"

    def __init__(self, memory):
        self.memory = memory

    def load(self):
        return self.memory.held

    def swap(self, held, snapshot):
        if self.memory.held.version != held.version:
            raise Conflict
        self.memory.held = VersionedSnapshot(snapshot, str(next(self.memory.writes)))
        return self.memory.held

    def silence(self, _):
        return None

    def close(self):
        pass


class Between:
    """A shelf with somebody in front of it: ``on_swap`` may do something before a write, or instead."""

    def __init__(self, backend, *, on_swap):
        self.backend = backend
        self.on_swap = on_swap

    def __getattr__(self, name):
        return getattr(self.backend, name)

    def swap(self, held, snapshot):
        return self.on_swap(self.backend, held, snapshot)
