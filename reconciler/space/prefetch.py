"""Prefetches list pages in background threads."""

import queue
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

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
        self._reader, self._kind, self._over = reader, kind, over
        self._is_taken = False
        # A daemon thread: a slow Space must not delay the end of the process.
        self.thread = threading.Thread(target=self._fetch, name=f"list {kind.name}", daemon=True)

    def _fetch(self) -> None:
        try:
            for page in pages_of(self._reader, self._kind):
                self._pages.put(page)
                if self._over.is_set():
                    return
            self._pages.put(None)
        except BaseException as error:  # noqa: BLE001  # raised where the pages are used
            self._pages.put(error)

    def taken(self) -> tuple[Live, ...]:
        """The whole list: what was fetched ahead, and each further time a new reading."""
        if self._is_taken:
            return listed(self._kind, pages_of(self._reader, self._kind))
        self._is_taken = True
        return listed(self._kind, self._fetched())

    def _fetched(self) -> Iterator[list[Document]]:
        while (page := self._pages.get()) is not None:
            if isinstance(page, BaseException):
                raise page
            yield page


@contextmanager
def listings(
    reader: Reader, kinds: Kinds, *, wanted: Collection[str]
) -> Iterator[dict[str, Listing]]:
    """Start the lists of the ``wanted`` kinds; by kind, functions that return one or raise.

    On leaving the block no further request is sent; those in progress get some time to finish.
    """
    over = threading.Event()
    begun = [
        (kind, _Prefetch(reader, kind, over)) for kind in resources(kinds) if kind.name in wanted
    ]
    for _, ahead in begun:
        ahead.thread.start()
    try:
        yield {kind.name: ahead.taken for kind, ahead in begun}
    except BaseException:
        over.set()  # raised by the function that takes the list
        raise
    over.set()
    for _, ahead in begun:
        ahead.thread.join(_PATIENCE_SECONDS)
