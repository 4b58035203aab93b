"""Readings that take more than one request: the lag of a list, its pages, live sessions."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from reconciler.core.errors import ApiError, NotFound
from reconciler.core.facts import SHOWN, Exchange
from reconciler.core.kinds import Kind
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resource_actions import room_ids
from reconciler.core.resources import Live
from reconciler.core.text import is_uuid
from reconciler.engine.probe.bench import Bench
from reconciler.space.client import Reader
from reconciler.space.live_resource import goes_on, unwrapped
from reconciler.space.observe import session_params
from reconciler.space.occupancy import SESSIONS_PATH
from reconciler.space.pagination import Page, elements, next_step
from reconciler.space.paths import expand

# Half a minute in all: a list that is later than this stays unknown.
_LAG_PAUSES = (0.0, 0.5, 0.5, 1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 8.0)
_MOST_PAGES = 60
_MOST_SESSIONS = 3


class Time(NamedTuple):
    """Monotonic seconds, and a pause that a stop ends."""

    now: Callable[[], float]
    sleep: Callable[[float], None]


def _get(path: str, answered: Mapping[str, Any]) -> Exchange:
    return Exchange(f"GET {path}", {}, 200, answered)


def _ids(reader: Reader, kind: Kind) -> set[str]:
    request = f"GET {kind.collection}"
    return {
        str(unwrapped(kind, one, request).get("id")).lower()
        for page in reader.pages(kind.collection, page_size=kind.page_size)
        for one in page
    }


def look_at_list(bench: Bench, reader: Reader, time: Time) -> None:
    """Notice after how many seconds and listings the new resources are in their list."""
    wanted = {one.id.lower() for one in bench.made.values()}
    begun = time.now()
    for number, pause in enumerate(_LAG_PAUSES, start=1):
        if pause:
            time.sleep(pause)
        if wanted <= _ids(reader, bench.kind):
            seconds = math.ceil((time.now() - begun) * 10) / 10 if number > 1 else 0
            lag = {"seconds": seconds, "listings": number}
            bench.noticed["list_lag"] = lag, _get(bench.kind.collection, lag)
            return


def _smallest(kind: Kind) -> dict[str, int]:
    return {} if kind.page_size is None else {"page_size": 1}


def _pages(reader: Reader, kind: Kind) -> Iterator[Page]:
    """Yield pages of one element each, or of the usual size where the list takes no other."""
    step: Any = ()
    for number in range(_MOST_PAGES):
        content = reader.get(kind.collection, params={**_smallest(kind), **dict(step)})
        page = Page(f"GET {kind.collection}", number + 1, "", content)
        yield page
        step = next_step(page)
        if step is None:
            return


def look_at_pages(bench: Bench, reader: Reader, _time: Time) -> None:
    """Notice the form of links, and a page that is empty although another follows."""
    for number, page in enumerate(_pages(reader, bench.kind)):
        link = page.content["links"].get("next")
        if not link:
            return
        path, form = bench.kind.collection, "absolute"
        if _smallest(bench.kind):
            path += "?page_size=1"
        if "://" not in link:
            form = "relative"
        bench.noticed["links"] = form, _get(path, {"links.next": f"({form})"})
        if not elements(page):
            bench.noticed["empty_page"] = number, _get(path, {"page": number, "elements": 0})
            return


def _form(kind: Kind, answer: Mapping[str, Any]) -> str:
    """Return what stands for the session in an answer."""
    if kind.session not in answer:
        return "absent"
    value = answer[kind.session]
    if value is None:
        return "null"
    if not isinstance(value, Mapping):
        return "odd"
    return SHOWN if goes_on(value) else "empty"


def _session_exchange(kind: Kind, form: str) -> Exchange:
    query = "".join(f"?{name}=true" for name in session_params(kind))
    return _get(f"{kind.item}{query}", {kind.session: f"({form})"})


def _own_answer(reader: Reader, kind: Kind, resource_id: str) -> Mapping[str, Any]:
    path = expand(kind.item, id=resource_id)
    return unwrapped(kind, reader.get(path, params=session_params(kind)), f"GET {path}")


def look_at_idle(bench: Bench, reader: Reader, _time: Time) -> None:
    """Notice what stands for the session of a scratch resource, which has none."""
    made = bench.made.get("plain")
    if made is not None:
        answer = _own_answer(reader, bench.kind, made.id)
        form = _form(bench.kind, answer)
        bench.noticed["idle_session"] = form, _session_exchange(bench.kind, form)


def live_sessions(reader: Reader) -> list[Mapping[str, Any]]:
    """Return a few sessions in progress."""
    pages = reader.pages(SESSIONS_PATH, params={"status": "in-progress"})
    return list(islice((one for page in pages for one in page if goes_on(one)), _MOST_SESSIONS))


class Place(NamedTuple):
    """A resource that a session may be in. ``room_ids`` are all ids that the session may name."""

    kind: str
    id: str
    name: str
    room_ids: tuple[str, ...]


def place_of(kind: Kind, live: Live) -> Place:
    """Return the place that a live resource of ``kind`` is."""
    ids = tuple(one.lower() for one in (live.id, *room_ids(kind, live)))
    return Place(kind.name, live.id, live.address.name, ids)


def _places(session: Mapping[str, Any], places: Sequence[Place]) -> list[Place]:
    """Return the resources that the session is in, none if that is not certain.

    Resources of several kinds may show one room: an id proves it, a name does not.
    """
    room_id = str(session.get("room_id") or "").lower()
    by_id = [one for one in places if room_id in one.room_ids]
    by_name = [one for one in places if one.name == session.get("name")]
    return by_id or (by_name if len(by_name) == 1 else [])


def _room_id(session: Mapping[str, Any], place: Place) -> str:
    room_id = session.get("room_id")
    if room_id is None:
        return "null"
    if not is_uuid(room_id):
        return "odd"
    return "own" if str(room_id).lower() in place.room_ids else "other"


def _still_live(reader: Reader, session: Mapping[str, Any]) -> bool:
    try:
        return goes_on(reader.get(expand(f"{SESSIONS_PATH}/{{id}}", id=str(session["id"]))))
    except NotFound:
        return False


def look_at_sessions(
    bench: Bench, reader: Reader, sessions: Sequence[Mapping[str, Any]], places: Sequence[Place]
) -> None:
    """Notice whether live sessions of this kind are in the answers about their resources.

    Reads only. A session that ends meanwhile shows nothing.
    """
    forms, named = set(), set()
    for session in sessions:
        fitting = _places(session, places)
        if not fitting:
            bench.silent = "a live session fits several resources, or none"
        place = next((one for one in fitting if one.kind == bench.kind.name), None)
        if place is None:
            continue
        try:
            form = _form(bench.kind, _own_answer(reader, bench.kind, place.id))
            if form != SHOWN and not _still_live(reader, session):
                continue
        except ApiError:
            continue
        forms.add(form)
        named.add(_room_id(session, place))
    for what, found in (("active_session", forms), ("session_room_id", named)):
        _notice_one(bench, what, found)


def _notice_one(bench: Bench, what: str, found: set[str]) -> None:
    if len(found) == 1:
        (form,) = found
        path = f"{SESSIONS_PATH}?status=in-progress"
        shown = _get(path, {"room_id": f"({form})"})
        if what == "active_session":
            shown = _session_exchange(bench.kind, form)
        bench.noticed[what] = form, shown
    elif found:
        bench.silent = "the answers about several sessions do not agree"
