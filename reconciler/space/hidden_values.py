"""Values that no message shows, even if the Space writes them into its answers."""

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from reconciler.core.errors import ApiError
from reconciler.core.redacted_values import secrets_in
from reconciler.core.resources import Desired
from reconciler.space.api_errors import error_of
from reconciler.space.redaction import hidden_forms, redacted
from reconciler.space.response_json import Document
from reconciler.space.responses import REQUEST_ID_HEADERS, Answer, document

_MOST_EARLY = 100
_Make = Callable[[Answer, Collection[str]], ApiError]


class _Early(NamedTuple):
    """An error with what it was made of."""

    error: ApiError
    answer: Answer
    hidden: frozenset[str]
    make: _Make


def _refusal(answer: Answer, hidden: Collection[str]) -> ApiError:
    error = error_of(answer, hidden=hidden)
    assert error is not None  # the status is not 2xx
    return error


def _garbled(answer: Answer, hidden: Collection[str]) -> ApiError:
    try:
        document(answer, hidden=hidden)
    except ApiError as error:
        return error
    raise AssertionError("this answer could not be read before")


def _forms_of(desired: Iterable[Desired]) -> frozenset[str]:
    forms: set[str] = set()
    for one in desired:
        for value in secrets_in([one.attributes, *one.children.values()]):
            forms |= hidden_forms(value)
    return frozenset(forms)


class HiddenValues:
    """Spellings of the credentials, and of the values that manifests take from the environment.

    The latter are known once the manifests are loaded, and lists may be fetched before. So errors
    are kept, and written again when more has to be hidden. Thread-safe.
    """

    def __init__(self, credentials: Iterable[str]) -> None:
        self._credentials = frozenset(form for word in credentials for form in hidden_forms(word))
        self._desired: Sequence[Desired] = ()
        self._declared: frozenset[str] | None = frozenset()
        self._early: deque[_Early] = deque(maxlen=_MOST_EARLY)
        self._lock = threading.Lock()

    def of_request(self, spoken: Collection[str]) -> frozenset[str]:
        """Spellings for a request whose body holds the secrets ``spoken``."""
        if not spoken:
            return self._credentials
        return self._credentials.union(*map(hidden_forms, spoken))

    def declare(self, desired: Sequence[Desired]) -> None:
        """Hide the secrets of ``desired`` in errors from now on, and in those that exist already."""
        with self._lock:
            if desired is self._desired:
                return
            # A large project has thousands of spellings, which only an error needs.
            self._desired, self._declared = desired, None
            for early in self._early:
                fresh = self._made(early.answer, early.hidden, early.make)
                vars(early.error).update(vars(fresh))
                early.error.args = fresh.args

    def refusal(self, answer: Answer, hidden: frozenset[str]) -> ApiError | None:
        """The error for ``answer``; None for a 2xx. ``hidden`` is of its request."""
        return None if 200 <= answer.status < 300 else self._error(answer, hidden, _refusal)

    def document(self, answer: Answer, hidden: frozenset[str]) -> Document | None:
        """The object in a 2xx ``answer``; None if empty or 204. Raises ProtocolError."""
        try:
            return document(answer, hidden=hidden)
        except ApiError:
            raise self._error(answer, hidden, _garbled) from None

    def _error(self, answer: Answer, hidden: frozenset[str], make: _Make) -> ApiError:
        with self._lock:
            error = self._made(answer, hidden, make)
            self._early.append(_Early(error, answer, hidden, make))
            return error

    def _made(self, answer: Answer, hidden: frozenset[str], make: _Make) -> ApiError:
        if self._declared is None:
            self._declared = _forms_of(self._desired)
        every = hidden | self._declared
        ids = {
            name: redacted(answer.headers[name], every)
            for name in REQUEST_ID_HEADERS
            if name in answer.headers
        }
        return make(answer._replace(headers={**answer.headers, **ids}), every)
