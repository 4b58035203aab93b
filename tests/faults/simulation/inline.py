"""Side by side without threads that race: reading is done in turn, and what is written goes on by a seeded choice at each boundary."""

import contextlib
import random
import sys
import threading
from collections.abc import Callable, Iterator


class InTurn:
    """An executor that does what it is given at once."""

    def __init__(self, max_workers: int = 1) -> None:
        assert max_workers

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def map(self, work, *many):
        return map(work, *many)


@contextlib.contextmanager
def reading_in_turn() -> Iterator[None]:
    """The lists of the Space are read one after the other meanwhile."""
    before = {
        module: module.thread_pool
        for name, module in sys.modules.items()
        if name.startswith(("reconciler.space.", "reconciler.engine."))
        and hasattr(module, "thread_pool")
    }
    assert before
    for module in before:
        module.thread_pool = InTurn
    try:
        yield
    finally:
        for module, pool in before.items():
            module.thread_pool = pool


class Baton:
    """Workers in threads of which one runs at a time; at every boundary chance says which goes on. The same seed, the same history."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._turns: dict[int, threading.Event] = {}
        self._ended = threading.Event()
        self._mine = threading.local()

    def passing(self, label: str) -> None:
        """What a boundary does: perhaps somebody else goes on from here."""
        if any(words in label for words in (" is sent", "taken effect", "answer")):
            self.give()

    def give(self) -> None:
        """Let another worker go on, or this one."""
        mine = getattr(self._mine, "turn", None)
        if mine is None or len(self._turns) < 2:
            return
        chosen = self.chance.choice(sorted(self._turns))
        if chosen != mine:
            self._turns[mine].clear()
            self._turns[chosen].set()
            self._turns[mine].wait()

    def workers(self, group, carry, width) -> Iterator:
        """Keeps ``width`` actions going, as threads do; Results come as they come."""
        waiting, results, failures = list(group), [], []

        def work(number: int) -> None:
            self._mine.turn = number
            self._turns[number].wait()
            try:
                while waiting and not failures:
                    results.append(carry(waiting.pop(0)))
            except BaseException as error:  # noqa: BLE001  # handed to whoever waits for the results
                failures.append(error)
            finally:
                del self._turns[number]
                if self._turns:
                    self._turns[self.chance.choice(sorted(self._turns))].set()
                else:
                    self._ended.set()

        numbers = range(min(width, len(waiting)))
        self._ended.clear()
        self._turns = {number: threading.Event() for number in numbers}
        threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in numbers]
        for thread in threads:
            thread.start()
        self._turns[self.chance.choice(list(numbers))].set()
        self._ended.wait()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        yield from results


class BatonCondition:
    """Stands for a lock with its condition where one thread runs at a time: waiting is letting others go on."""

    def __init__(self, give: Callable[[], None]) -> None:
        self._give = give

    def __enter__(self) -> bool:
        return True

    def __exit__(self, *_: object) -> None:
        return None

    acquire = __enter__

    def release(self) -> None:
        return None

    def wait(self, _timeout: float | None = None) -> bool:
        self._give()
        return True

    def notify_all(self) -> None:
        return None
