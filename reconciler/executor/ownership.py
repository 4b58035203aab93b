"""Decides whether the resource in the answer to a POST was created by that POST."""

from datetime import UTC, datetime, timedelta

from reconciler.core.errors import ApiError, ProtocolError
from reconciler.core.intents import (
    CREATED,
    LONGEST_CALL,
    Intent,
    created_in_window,
    creation_time,
    fields_when_new,
)
from reconciler.core.kinds import Kind
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import Attributes, Live
from reconciler.core.text import printable
from reconciler.executor.context import ExecutionContext
from reconciler.executor.known_ids import KnownIds
from reconciler.executor.request_bodies import unsettled
from reconciler.executor.results import Conflict
from reconciler.space.observe import find
from reconciler.space.retry import http_date

_LEFT_ALONE = (
    "it was not changed; see 'reconciler plan', then declare another name or adopt it with --adopt"
)
_LONGEST_SECONDS = 2 * LONGEST_CALL.total_seconds()  # a pause, and the POST
_SKEW = timedelta(seconds=5)  # HTTP dates have no fractions; a Space has several machines
UNCERTAIN = (
    "it is not known whether the Space carried out this request; run the command again: "
    "it reads the Space first"
)


class Sent(NamedTuple):
    """A POST: its intent, its fields, and the Space's time (HTTP dates) before and after it."""

    intent: Intent
    asked: Attributes
    before: str = ""
    after: str = ""


def _in_window_of_server_dates(kind: Kind, sent: Sent, answer: Live) -> bool:
    """Whether the Space's own clock, which may be far off, puts the creation between both dates."""
    since, until = http_date(sent.before), http_date(sent.after)
    if since is None or until is None or until - since > _LONGEST_SECONDS:
        return False  # a clock that jumped says nothing
    intent = sent.intent._replace(
        since=(datetime.fromtimestamp(since, UTC) - _SKEW).isoformat(),
        until=(datetime.fromtimestamp(until, UTC) + _SKEW).isoformat(),
    )
    return created_in_window(kind, intent, answer) is True


def is_as_sent(kind: Kind, asked: Attributes, live: Live) -> bool:
    """Whether ``live`` has the fields of a POST, and so may be what it created.

    If the kind documents a creation time and it cannot be read, all other fields have defaults.
    """
    has_time = CREATED not in kind.answers or creation_time(kind, live) is not None
    expected = asked if has_time else fields_when_new(kind, asked, name=live.address.name)
    return not unsettled(kind, expected, live)


def _time_mismatch(kind: Kind, sent: Sent, answer: Live) -> str:
    """Return why ``answer`` was not created by the POST, by its time; '' if it may be.

    Without a creation time that can be read the fields decide.
    """
    made = answer.attributes.get(CREATED)
    if created_in_window(kind, sent.intent, answer) is False and not _in_window_of_server_dates(
        kind, sent, answer
    ):
        return f"the Space says that it was created at {printable(str(made))[:40]}, not now"
    if creation_time(kind, answer) is None and not is_as_sent(kind, sent.asked, answer):
        return "the Space does not say when it was created, and it differs from what was sent"
    return ""


def check_made(known: KnownIds, kind: Kind, sent: Sent, answer: Live) -> None:
    """Conflict unless ``answer`` was created by the POST: new id, matching time."""
    why = _time_mismatch(kind, sent, answer)
    if not known.claim(answer.id):
        why = "it existed before"
    if why:
        what = f"the Space returned a resource that this run did not create, {answer.address}, id {answer.id}: {why}"
        raise Conflict(what, hint=_LEFT_ALONE)


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _looks_like(kind: Kind, intent: Intent, answer: Live, *, asked: Attributes) -> bool:
    """Whether ``answer``, under another name, is what was sent: its fields or name say so."""
    if unsettled(kind, asked, answer):
        return False
    title = answer.attributes.get("display_name")
    wanted = intent.address.name
    return bool(asked) or title == wanted or _letters(wanted) in _letters(answer.address.name)


def under_another_name(
    context: ExecutionContext,
    kind: Kind,
    intent: Intent,
    answer: Live,
    *,
    asked: Attributes,
    request: str,
) -> Live:
    """Return the created resource if the answer has another name than was sent.

    That is the resource of the sent name if it matches, else ``answer``. ProtocolError if neither
    matches: the outcome is unknown.
    """
    try:
        named = find(context.writer, kind, intent.address.name, context.kinds)
    except ApiError:
        named = None
    fits = (
        named is not None
        and created_in_window(kind, intent, named) is not False
        and is_as_sent(kind, asked, named)
    )
    if named is not None and fits and context.known.claim(named.id):
        return named
    if _looks_like(kind, intent, answer, asked=asked):
        return answer
    what = f"{request}: the Space answered about another resource, {answer.address}, id {answer.id}"
    raise ProtocolError(what, hint=UNCERTAIN, request=request)
