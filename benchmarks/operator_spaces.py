"""Spaces in a process of their own, so that they take no time of what declares and measures."""

import contextlib
import multiprocessing
import re
from collections import Counter
from typing import NamedTuple

from tests.integration.kubernetes.operator.running import LiveSpace

_LIST = re.compile(r"/api/(?:video|fabric/resources)/[a-z_]+")


class Sent(NamedTuple):
    """Requests to all Spaces so far: by method, and lists by path."""

    methods: Counter
    lists: Counter

    def since(self, before):
        """What was sent after ``before``."""
        return Sent(self.methods - before.methods, self.lists - before.lists)


def _counted(spaces):
    requests = [one for live in spaces for one in list(live.space.requests)]
    lists = (one.path for one in requests if one.method == "GET" and _LIST.fullmatch(one.path))
    return Sent(Counter(one.method for one in requests), Counter(lists))


def _names(spaces):
    """How many rooms there are, and how many names."""
    made = [one for live in spaces for one in live.rooms]
    return len(made), sum(len(set(live.rooms)) for live in spaces)


def _serve(number, latency, pipe):
    with contextlib.ExitStack() as stack:
        spaces = [stack.enter_context(LiveSpace(latency=latency).served()) for _ in range(number)]
        pipe.send([live.host for live in spaces])
        answers = {"sent": _counted, "rooms": _names}
        while (question := pipe.recv()) != "end":
            pipe.send(answers[question](spaces))


class Spaces:
    """``number`` Spaces that answer ``latency`` seconds late."""

    def __init__(self, number, latency):
        self._pipe, other = multiprocessing.get_context("spawn").Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(number, latency, other), daemon=True
        )

    def __enter__(self):
        self._process.start()
        self.hosts = self._pipe.recv()
        return self

    def __exit__(self, *_):
        self._pipe.send("end")
        self._process.join(30)

    def _ask(self, question):
        self._pipe.send(question)
        return self._pipe.recv()

    @property
    def sent(self):
        """The requests so far."""
        return self._ask("sent")

    @property
    def rooms(self):
        """How many rooms there are, and how many different names."""
        return self._ask("rooms")
