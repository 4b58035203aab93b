"""Values that no output shows, also where an answer of the Space repeats them."""

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import ApiError
from reconciler.core.hidden_copies import hidden_fields
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.redacted_values import declared_secrets, secrets_in
from reconciler.core.resources import SECRET_TEXT, Address, Attributes, Desired, Live
from reconciler.core.secret_texts import SecretTexts
from reconciler.space.redaction import hidden_forms, redacted, without
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
    from reconciler.space.api_errors import error_of  # noqa: PLC0415  # most runs are refused nothing

    error = error_of(answer, hidden=hidden)
    assert error is not None  # the status is not 2xx
    return error


def _garbled(answer: Answer, hidden: Collection[str]) -> ApiError:
    try:
        document(answer, hidden=hidden)
    except ApiError as error:
        return error
    raise AssertionError("this answer could not be read before")


def _forms_of(words: Iterable[str]) -> frozenset[str]:
    return frozenset(chain.from_iterable(map(hidden_forms, set(words))))


class HiddenValues:
    """Spellings of the credentials, and of the values that manifests take from the environment.

    The latter are known once the manifests are loaded, and lists may be fetched before. So errors
    are kept, and written again when more has to be hidden. Thread-safe.
    """

    def __init__(self, credentials: Iterable[str]) -> None:
        self._words = tuple(credentials)
        self._credentials = _forms_of(self._words)
        self._desired: Sequence[Desired] = ()
        self._fragments: tuple[Attributes, ...] = ()
        self._addresses: frozenset[Address] = frozenset()
        self.texts = SecretTexts(self._secrets)
        self._declared: frozenset[str] | None = frozenset()
        self._early: deque[_Early] = deque(maxlen=_MOST_EARLY)
        self._lock = threading.Lock()

    def of_request(self, spoken: Collection[str]) -> frozenset[str]:
        """Spellings for a request whose body holds the secrets ``spoken``."""
        if not spoken:
            return self._credentials
        return self._credentials.union(*map(hidden_forms, spoken))

    def _secrets(self) -> Iterator[str]:
        yield from self._words
        yield from declared_secrets(self._desired)
        yield from secrets_in(self._fragments)

    def declare(self, desired: Sequence[Desired], fragments: Collection[Attributes] = ()) -> None:
        """Hide the secrets of the manifests from now on, and in errors that exist already."""
        with self._lock:
            if desired is self._desired:
                return
            # A large project has thousands of spellings, which only an error needs.
            self._desired, self._fragments, self._declared = desired, tuple(fragments), None
            self.texts = SecretTexts(self._secrets)
            names = {one.address for one in desired}
            names |= {
                Address(one.address.kind, one.renamed_from) for one in desired if one.renamed_from
            }
            self._addresses |= names
            for early in self._early:
                fresh = self._made(early.answer, early.hidden, early.make)
                vars(early.error).update(vars(fresh))
                early.error.args = fresh.args

    def keep_names(self, addresses: Iterable[Address]) -> None:
        """Leave the names of what is recorded as they are."""
        with self._lock:
            self._addresses = self._addresses.union(addresses)

    def shown(self, live: Live) -> Live:
        """Return ``live`` without secrets in its session, and by its id if its name holds one.

        Names of the manifests and of the record stay. Fields are hidden where they are compared.
        """
        if live.session is not None:
            live = replace(live, session=hidden_fields(live.session, self.texts))
        name = live.address.name
        if name == live.id or live.address in self._addresses or not self.texts.in_text(name):
            return live
        return replace(live, address=Address(live.address.kind, live.id))

    def text(self, text: str) -> str:
        """Return a message about the Space with the secrets in it replaced."""
        if not text or not self.texts.in_text(text):
            return text
        with self._lock:
            return self._without(text)

    def _without(self, text: str) -> str:
        """Return ``text`` with the secrets in it replaced; called under the lock."""
        if not text or not self.texts.in_text(text):
            return text
        text = without(text, self._credentials | self._forms())
        # A spelling in a spelling has no form of its own: the word that holds it goes.
        words = [SECRET_TEXT if self.texts.in_text(word) else word for word in text.split(" ")]
        text = " ".join(words)
        return SECRET_TEXT if self.texts.in_text(text) else text

    @contextmanager
    def in_errors(self) -> Iterator[None]:
        """Hide the secrets in what an ApiError within says of a 2xx answer."""
        try:
            yield
        except ApiError as error:
            error.message, error.hint = self.text(error.message), self.text(error.hint)
            error.args = (error.message, *error.args[1:])
            raise

    def _forms(self) -> frozenset[str]:
        if self._declared is None:
            self._declared = _forms_of(self._secrets())
        return self._declared

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
        every = hidden | self._forms()
        ids = {
            name: redacted(answer.headers[name], every)
            for name in REQUEST_ID_HEADERS
            if name in answer.headers
        }
        error = make(answer._replace(headers={**answer.headers, **ids}), every)
        # What no spelling matches: other accents, or letters that grow in upper case.
        error.message, error.hint = self._without(error.message), self._without(error.hint)
        error.args = (error.message, *error.args[1:])
        return error
