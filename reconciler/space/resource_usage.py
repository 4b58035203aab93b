"""Usage of resources to be deleted: recent sessions, members, children, tokens."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from reconciler.core.errors import ReconcilerError
from reconciler.core.hidden_copies import hidden_fields
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.normalize import moment_of, utc_moment
from reconciler.core.plan_model import Action
from reconciler.core.resource_usage import Usage
from reconciler.core.resources import Address
from reconciler.space.client import Reader
from reconciler.space.ends import time_of_end
from reconciler.space.live_resource import goes_on
from reconciler.space.observe import fetch
from reconciler.space.occupancy import SESSIONS_PATH
from reconciler.space.paths import expand
from reconciler.space.response_json import Document
from reconciler.space.session_members import MEMBERS_PATH
from reconciler.space.threads import thread_pool
from reconciler.space.tokens import comes_with_tokens, tokens_of

_DAYS = 30
MAX_READ = 40  # larger deletions are refused anyway, before so many histories are read
# Usage is shown beside a plan and decides nothing: it may not cost many requests.
_MAX_PAGES = 3
_MAX_WITH_MEMBERS = 50

_Answer = TypeVar("_Answer")


class _ListPart(NamedTuple):
    """Elements read of a list, and whether they are all."""

    elements: list[Document]
    is_complete: bool


class _Span(NamedTuple):
    """A session: id, start, and length in seconds (None while in progress)."""

    id: str
    start: datetime
    seconds: int | None


def _or_none(ask: Callable[[], _Answer]) -> _Answer | None:
    """The answer; None on failure, because usage is informative only."""
    try:
        return ask()
    except ReconcilerError:
        return None


def _read_list(reader: Reader, path: str, **params: str) -> _ListPart:
    elements: list[Document] = []
    for number, page in enumerate(reader.pages(path, params=params)):
        if number == _MAX_PAGES:
            return _ListPart(elements, is_complete=False)
        elements += page
    return _ListPart(elements, is_complete=True)


def _seconds(element: Mapping[str, Any], begun: str, ended: str) -> int | None:
    """Whole seconds: as reported, else from start to end; None without an end."""
    reported = element.get("duration")
    if isinstance(reported, int) and not isinstance(reported, bool) and reported >= 0:
        return reported
    first, last = moment_of(element.get(begun)), moment_of(element.get(ended))
    return max(int((last - first).total_seconds()), 0) if first and last else None


def _spans(elements: Iterable[Document]) -> list[_Span]:
    """Sessions with a start, newest first."""
    starts = [(element, moment_of(element.get("start_time"))) for element in elements]
    spans = [
        _Span(
            str(element.get("id", "")),
            start,
            None if goes_on(element) else _seconds(element, "start_time", "end_time") or 0,
        )
        for element, start in starts
        if start
    ]
    return sorted(spans, key=lambda span: (span.start, span.id), reverse=True)


def _sessions(reader: Reader, action: Action) -> _ListPart:
    """Sessions of a resource by its ids, else by name without another resource's id."""
    own = (str(action.id), *action.room_ids)
    ids = {"", *map(str.lower, own)}  # a session may have no room id
    for room_id in own:
        found = _read_list(reader, SESSIONS_PATH, room_id=room_id)
        if found.elements:
            return found
    named = _read_list(reader, SESSIONS_PATH, room_name=action.live_name or action.address.name)
    return _ListPart(
        [one for one in named.elements if str(one.get("room_id") or "").lower() in ids],
        named.is_complete,
    )


def _member_seconds(reader: Reader, span: _Span, now: datetime) -> int | None:
    """Total seconds of a session's members; None if not fully readable."""
    found = _or_none(lambda: _read_list(reader, expand(MEMBERS_PATH, id=span.id)))
    if found is None or not found.is_complete:
        return None
    total = 0
    for member in found.elements:
        joined = moment_of(member.get("join_time"))
        still = (
            max(int((now - joined).total_seconds()), 0)
            if joined and time_of_end(member.get("leave_time"), member.get("join_time")) is None
            else 0
        )
        length = _seconds(member, "join_time", "leave_time")
        total += still if length is None else length
    return total


def _session_usage(reader: Reader, action: Action, now: datetime) -> dict[str, Any]:
    """Fields of Usage about sessions."""
    found = _or_none(lambda: _sessions(reader, action))
    if found is None:
        return {}
    elements = found.elements
    if action.session is not None:
        # The planned live session counts even if the list no longer shows it.
        own = action.session.get("id")
        others = [element for element in elements if element.get("id") != own]
        elements = [*others, dict(action.session)]
    spans = _spans(elements)
    recent = [span for span in spans if span.start >= now - timedelta(days=_DAYS)]
    counted = [_member_seconds(reader, span, now) for span in recent[:_MAX_WITH_MEMBERS]]
    last = spans[0] if spans else None
    seconds = sum(filter(None, counted))
    return {
        "sessions": len(recent),
        "member_minutes": -(-seconds // 60),
        "last_start": f"{last.start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if last else None,
        "last_seconds": last.seconds if last else None,
        "session": next(filter(goes_on, elements), None),
        "at_least": not found.is_complete or None in counted or len(recent) > len(counted),
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


def _usage(reader: Reader, action: Action, kinds: Kinds, now: datetime) -> Usage:
    kind = kinds[action.address.kind]
    told = _session_usage(reader, action, now) if kind.session else {}
    if told.get("session"):
        told["session"] = hidden_fields(told["session"], reader.hidden.texts)
    return Usage(
        days=_DAYS,
        children=_or_none(lambda: _children(reader, kind, action, kinds)) or {},
        tokens=_or_none(lambda: _token_names(reader, kind, action)) or (),
        **told,
    )


def usage_of_deletions(
    reader: Reader, actions: Sequence[Action], *, kinds: Kinds, now: str, parallel: int = 10
) -> Mapping[Address, Usage]:
    """Usage of the first deletions in ``actions``; ``now`` is RFC 3339. GETs only.

    Unreadable values are None or left out; incomplete numbers are marked ``at_least``. Never
    raises.
    """
    asked = [action for action in actions if action.action == "delete" and action.id][:MAX_READ]
    moment = utc_moment(now)
    with thread_pool(parallel) as pool:
        found = list(pool.map(lambda action: _usage(reader, action, kinds, moment), asked))
    return {action.address: evidence for action, evidence in zip(asked, found, strict=True)}
