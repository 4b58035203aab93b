"""Threads that send requests side by side."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def thread_pool(parallel: int) -> "ThreadPoolExecutor":
    """A pool of ``parallel`` threads."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # imports logging: --help needs neither

    return ThreadPoolExecutor(max_workers=parallel)


# Work while answers are awaited; it ends soon after the function that it gets returns True.
Meanwhile = Callable[[Callable[[], bool]], None]


def nothing(_are_here: Callable[[], bool]) -> None:
    """Do nothing while answers are awaited."""


def in_threads(
    ask: Callable[[Asked], Answer],
    about: Collection[Asked],
    *,
    parallel: int,
    meanwhile: Meanwhile = nothing,
) -> list[Answer]:
    """What ``ask`` returns for each, in order, by ``parallel`` threads; none where there is nothing to ask.

    ``meanwhile`` is called in this thread while the answers are awaited.
    """
    if not about:
        return []
    over: list[Asked] = []

    def counted(one: Asked) -> Answer:
        try:
            return ask(one)
        finally:
            over.append(one)

    with thread_pool(parallel) as pool:
        answers = pool.map(counted, about)
        meanwhile(lambda: len(over) >= len(about))
        return list(answers)
