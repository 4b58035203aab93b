"""Threads that send requests side by side."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor


def thread_pool(parallel: int) -> "ThreadPoolExecutor":
    """A pool of ``parallel`` threads."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # imports logging: --help needs neither

    return ThreadPoolExecutor(max_workers=parallel)
