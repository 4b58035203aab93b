"""Prefetches list pages in background threads."""

import queue
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial

from reconciler.core.kinds import Kind, Kinds, resources
from reconciler.core.resources import Live
from reconciler.space.client import Reader
from reconciler.space.observe import Listing, listed, pages_of
from reconciler.space.response_json import Document

_PATIENCE_SECONDS = 1.0


class _Prefetch:
    """Pages of one list, fetched by a thread of its own."""

    def __init__(self, reader: Reader, kind: Kind, over: threading.Event) -> None:
        self._pages: queue.SimpleQueue[list[Document] | BaseException | None] = queue.SimpleQueue()
        self._over = over
        # A daemon thread: a slow Space must not delay the end of the process.
        self.thread = threading.Thread(
            target=self._fetch, args=(reader, kind), name=f"list {kind.name}", daemon=True
        )

    def _fetch(self, reader: Reader, kind: Kind) -> None:
        try:
            for page in pages_of(reader, kind):
                self._pages.put(page)
                if self._over.is_set():
                    return
            self._pages.put(None)
        except BaseException as error:  # noqa: BLE001  # raised where the pages are used
            self._pages.put(error)

    def __iter__(self) -> Iterator[list[Document]]:
        while (page := self._pages.get()) is not None:
            if isinstance(page, BaseException):
                raise page
            yield page


def _taken(kind: Kind, ahead: _Prefetch) -> tuple[Live, ...]:
    return listed(kind, ahead)


@contextmanager
def listings(
    reader: Reader, kinds: Kinds, *, wanted: Collection[str]
) -> Iterator[dict[str, Listing]]:
    """Start the lists of the ``wanted`` kinds; by kind, functions that return one, once, or raise.

    On leaving the block no further request is sent; those in progress get some time to finish.
    """
    over = threading.Event()
    begun = [
        (kind, _Prefetch(reader, kind, over)) for kind in resources(kinds) if kind.name in wanted
    ]
    for _, ahead in begun:
        ahead.thread.start()
    try:
        yield {kind.name: partial(_taken, kind, ahead) for kind, ahead in begun}
    except BaseException:
        over.set()  # raised by the function that takes the list
        raise
    over.set()
    for _, ahead in begun:
        ahead.thread.join(_PATIENCE_SECONDS)
