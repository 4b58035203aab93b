"""Tell whose a resource is that the Space answers a POST with: what this run made, or what was there before."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from reconciler.core.errors import ApiError, ProtocolError
from reconciler.core.intents import CREATED, Intent, created_in_window
from reconciler.core.kinds import Kind
from reconciler.core.resources import Attributes, Live
from reconciler.core.text import printable
from reconciler.executor.context import ExecutionContext
from reconciler.executor.known_ids import KnownIds
from reconciler.executor.request_bodies import unsettled
from reconciler.executor.results import Conflict
from reconciler.space.observe import find
from reconciler.space.retry import http_date

LEFT_ALONE = "it was left alone; see it with 'reconciler plan', and declare another name or take it over with --adopt"
_SKEW = timedelta(seconds=5)  # an HTTP date has no fractions, and a Space more than one machine
UNCERTAIN = "whether it was done is not known; the next run looks"


class Sent(NamedTuple):
    """What a POST was sent for, its fields, and the Space's own time (an HTTP date) before it and in its answer."""

    intent: Intent
    asked: Attributes
    before: str = ""
    after: str = ""


def _by_its_own_time(kind: Kind, sent: Sent, answer: Live) -> bool:
    """Whether the Space, which may be far from this machine's time, says by its own that it was made between the two answers."""
    since, until = http_date(sent.before), http_date(sent.after)
    if since is None or until is None:
        return False
    window = (
        (datetime.fromtimestamp(since, UTC) - _SKEW).isoformat(),
        (datetime.fromtimestamp(until, UTC) + _SKEW).isoformat(),
    )
    return (
        created_in_window(kind, sent.intent._replace(since=window[0], until=window[1]), answer)
        is True
    )


def _of_another_time(kind: Kind, sent: Sent, answer: Live) -> str:
    """Why ``answer`` was not made by what was just sent, going by its time; '' where the time says nothing against it.

    Where the Space does not say when it was made, the fields decide: what was made from them has them.
    """
    made, asked = answer.attributes.get(CREATED), sent.asked
    if created_in_window(kind, sent.intent, answer) is False and not _by_its_own_time(
        kind, sent, answer
    ):
        return f"the Space says that it was made at {printable(str(made))[:40]}, and not now"
    if made is None and CREATED in kind.answers and unsettled(kind, asked, answer):
        return "the Space does not say when it was made, and it is not what was sent"
    return ""


def check_made(known: KnownIds, kind: Kind, sent: Sent, answer: Live) -> None:
    """Conflict unless ``answer``, which a POST came back with, is what that POST made.

    It is where its id was met nowhere before, and its time is that of the POST.
    """
    why = _of_another_time(kind, sent, answer)
    if not known.claim(answer.id):
        why = "it was there before"
    if why:
        what = f"the Space answers the creation with {answer.address}, id {answer.id}, which this run did not make: {why}"
        raise Conflict(what, hint=LEFT_ALONE)


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _looks_like(kind: Kind, intent: Intent, answer: Live, *, asked: Attributes) -> bool:
    """Whether ``answer``, which bears another name than was sent, is all the same what was sent: its fields, or its name, say so."""
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
    """What a POST made that came back with another name than was sent: what bears the name sent, if that is it, else ``answer``.

    ProtocolError where neither is what was sent: then the outcome is not known.
    """
    try:
        there = find(context.writer, kind, intent.address.name, context.kinds)
    except ApiError:
        there = None
    fits = (
        there is not None
        and created_in_window(kind, intent, there) is not False
        and not unsettled(kind, asked, there)
    )
    if there is not None and fits and context.known.claim(there.id):
        return there
    if _looks_like(kind, intent, answer, asked=asked):
        return answer
    what = f"{request}: the answer is about {answer.address}, id {answer.id}"
    raise ProtocolError(what, hint=UNCERTAIN, request=request)
