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


def in_threads(
    ask: Callable[[Asked], Answer], about: Collection[Asked], *, parallel: int
) -> list[Answer]:
    """What ``ask`` returns for each, in order, by ``parallel`` threads; none where there is nothing to ask."""
    if not about:
        return []
    with thread_pool(parallel) as pool:
        return list(pool.map(ask, about))
