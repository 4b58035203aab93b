"""Usage of resources to be deleted: recent sessions, members, children, tokens."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from reconciler.core.errors import ReconcilerError
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.normalize import instant
from reconciler.core.plan_model import Action
from reconciler.core.resources import Address
from reconciler.core.usage import Usage
from reconciler.space.client import Reader
from reconciler.space.live_resource import goes_on
from reconciler.space.observe import fetch
from reconciler.space.occupancy import SESSIONS_PATH
from reconciler.space.paths import expand
from reconciler.space.response_json import Document
from reconciler.space.session_members import MEMBERS_PATH
from reconciler.space.tokens import comes_with_tokens, tokens_of

DAYS = 30
MOST_ASKED = 40  # larger deletions are refused anyway, before so many histories are read
_MOST_PAGES = 3
_MOST_WITH_MEMBERS = 50

Answer = TypeVar("Answer")


class _Listed(NamedTuple):
    """Elements read of a list, and whether they are all."""

    elements: list[Document]
    whole: bool


class _Span(NamedTuple):
    """A session: id, start, and length in seconds (None while in progress)."""

    id: str
    start: datetime
    seconds: int | None


def _tried(ask: Callable[[], Answer]) -> Answer | None:
    """The answer; None on failure, because usage is informative only."""
    try:
        return ask()
    except ReconcilerError:
        return None


def _listed(reader: Reader, path: str, **params: str) -> _Listed:
    pages = list(islice(reader.pages(path, params=params), _MOST_PAGES + 1))
    return _Listed(
        [element for page in pages[:_MOST_PAGES] for element in page], len(pages) <= _MOST_PAGES
    )


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(instant(text)) if isinstance(text, str) else None
    except ValueError:
        return None


def _length(element: Mapping[str, Any], begun: str, ended: str) -> int | None:
    """Whole seconds: as reported, else from start to end; None without an end."""
    told = element.get("duration")
    if isinstance(told, int) and not isinstance(told, bool) and told >= 0:
        return told
    first, last = _moment(element.get(begun)), _moment(element.get(ended))
    return max(int((last - first).total_seconds()), 0) if first and last else None


def _spans(elements: Iterable[Document]) -> list[_Span]:
    """Sessions with a start, newest first."""
    starts = [(element, _moment(element.get("start_time"))) for element in elements]
    spans = [
        _Span(
            str(element.get("id", "")),
            start,
            None if goes_on(element) else _length(element, "start_time", "end_time") or 0,
        )
        for element, start in starts
        if start
    ]
    return sorted(spans, key=lambda span: (span.start, span.id), reverse=True)


def _sessions(reader: Reader, action: Action) -> _Listed:
    """Sessions of a resource by id, else by name without another resource's id."""
    own = str(action.id)
    found = _listed(reader, SESSIONS_PATH, room_id=own)
    if found.elements:
        return found
    named = _listed(reader, SESSIONS_PATH, room_name=action.live_name or action.address.name)
    return _Listed(
        [element for element in named.elements if element.get("room_id") in (None, "", own)],
        named.whole,
    )


def _member_seconds(reader: Reader, span: _Span, now: datetime) -> int | None:
    """Total seconds of a session's members; None if not fully readable."""
    found = _tried(lambda: _listed(reader, expand(MEMBERS_PATH, id=span.id)))
    if found is None or not found.whole:
        return None
    total = 0
    for member in found.elements:
        joined = _moment(member.get("join_time"))
        still = (
            max(int((now - joined).total_seconds()), 0)
            if joined and member.get("leave_time") is None
            else 0
        )
        length = _length(member, "join_time", "leave_time")
        total += still if length is None else length
    return total


def _use(reader: Reader, action: Action, now: datetime) -> dict[str, Any]:
    """Fields of Usage about sessions."""
    found = _tried(lambda: _sessions(reader, action))
    if found is None:
        return {}
    if (
        action.session is not None
    ):  # The planned live session counts even if the list no longer shows it.
        own = action.session.get("id")
        found = found._replace(
            elements=[
                *(one for one in found.elements if one.get("id") != own),
                dict(action.session),
            ]
        )
    spans = _spans(found.elements)
    recent = [span for span in spans if span.start >= now - timedelta(days=DAYS)]
    counted = [_member_seconds(reader, span, now) for span in recent[:_MOST_WITH_MEMBERS]]
    last = spans[0] if spans else None
    going_on = next((element for element in found.elements if goes_on(element)), None)
    return {
        "sessions": len(recent),
        "member_minutes": -(-sum(seconds or 0 for seconds in counted) // 60),
        "last_start": f"{last.start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if last else None,
        "last_seconds": last.seconds if last else None,
        "session": going_on,
        "at_least": not found.whole or None in counted or len(recent) > len(counted),
    }


def _children(reader: Reader, kind: Kind, action: Action, kinds: Kinds) -> dict[str, int]:
    live = fetch(reader, kind, str(action.id), kinds, with_children=True) if kind.children else None
    return (
        {field: len(children) for field, children in live.children.items() if children}
        if live
        else {}
    )


def _token_names(reader: Reader, kind: Kind, action: Action) -> tuple[str, ...]:
    """Names of the tokens; their values are dropped here."""
    tokens = tokens_of(reader, kind, str(action.id)) if comes_with_tokens(kind) else ()
    return tuple(sorted(token.name or "without a name" for token in tokens))


def _evidence(reader: Reader, action: Action, kinds: Kinds, now: datetime) -> Usage:
    kind = kinds[action.address.kind]
    return Usage(
        days=DAYS,
        children=_tried(lambda: _children(reader, kind, action, kinds)) or {},
        tokens=_tried(lambda: _token_names(reader, kind, action)) or (),
        **(_use(reader, action, now) if kind.session else {}),
    )


def usage_of_deletions(
    reader: Reader, actions: Sequence[Action], *, kinds: Kinds, now: str, parallel: int = 10
) -> Mapping[Address, Usage]:
    """Usage of the first deletions in ``actions``; ``now`` is RFC 3339. GETs only.

    Unreadable values are None or left out; incomplete numbers are marked ``at_least``. Never
    raises.
    """
    asked = [action for action in actions if action.action == "delete" and action.id][:MOST_ASKED]
    moment = datetime.fromisoformat(instant(now))
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        found = list(pool.map(lambda action: _evidence(reader, action, kinds, moment), asked))
    return {action.address: evidence for action, evidence in zip(asked, found, strict=True)}
