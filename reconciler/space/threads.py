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


def nothing() -> None:
    """Do nothing while answers are awaited."""


def in_threads(
    ask: Callable[[Asked], Answer],
    about: Collection[Asked],
    *,
    parallel: int,
    meanwhile: Callable[[], None] = nothing,
) -> list[Answer]:
    """What ``ask`` returns for each, in order, by ``parallel`` threads; none where there is nothing to ask.

    ``meanwhile`` is called here while the answers are awaited.
    """
    if not about:
        return []
    with thread_pool(parallel) as pool:
        answers = pool.map(ask, about)
        meanwhile()
        return list(answers)
