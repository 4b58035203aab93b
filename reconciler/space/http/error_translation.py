"""Errors of an HTTP library as ours. httpx and httpcore give them the same names."""

from types import ModuleType, TracebackType

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

_Translations = tuple[tuple[type[Exception], type[TransportError]], ...]


def translations(library: ModuleType, *, others: type[Exception]) -> _Translations:
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


class Translated:
    """Raises the library's errors in its block as ours. One instance serves all threads."""

    __slots__ = ("_errors",)

    def __init__(self, errors: _Translations) -> None:
        self._errors = errors

    def __enter__(self) -> None:
        """Nothing is kept: each request enters several times, and a generator would be slower."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            return
        for theirs, ours in self._errors:
            if isinstance(error, theirs):
                raise ours(str(error)) from error
