"""Errors of an HTTP library as ours. httpx and httpcore give them the same names."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from reconciler.space.http.messages import (
    AnswerTimeout,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    InvalidRequest,
    PoolTimeout,
    ProtocolError,
    TransportError,
)

Translations = tuple[tuple[type[Exception], type[TransportError]], ...]


def translations(library: ModuleType, *, others: type[Exception]) -> Translations:
    """The library's errors with ours; ``others`` are those of a lost connection."""
    # The first match counts: subclasses are before their base classes.
    return (
        (library.ConnectTimeout, ConnectTimeout),
        (library.ConnectError, ConnectFailed),
        (library.PoolTimeout, PoolTimeout),
        (library.TimeoutException, AnswerTimeout),
        (library.LocalProtocolError, InvalidRequest),
        (library.ProtocolError, ProtocolError),
        (others, ConnectionLost),
    )


@contextmanager
def translated(errors: Translations) -> Iterator[None]:
    """Raise the library's errors in the block as ours."""
    try:
        yield
    except tuple(theirs for theirs, _ in errors) as error:
        ours = next(ours for theirs, ours in errors if isinstance(error, theirs))
        raise ours(str(error)) from error
