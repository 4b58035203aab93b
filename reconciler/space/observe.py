"""Reads live resources: whole lists, single resources, their children and sessions."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from operator import attrgetter

from reconciler.core.errors import NotFound, ProtocolError, ReconcilerError
from reconciler.core.kinds import Kind, Kinds, resources
from reconciler.core.resources import Address, Applied, Attributes, Live, Secret
from reconciler.core.session_urls import with_secret_urls
from reconciler.core.text import printable
from reconciler.space.client import Reader
from reconciler.space.paths import expand, is_name, is_uuid
from reconciler.space.redaction import retry_hint, with_request
from reconciler.space.responses import Document

MEMBERS_PATH = "/room_sessions/{id}/members"
NAMED = "/{name}"
MOST_MEMBER_PAGES = 20

Listing = Callable[[], tuple[Live, ...]]


def _inconsistent(request: str, what: str) -> ProtocolError:
    return ProtocolError(
        with_request(what, request),
        hint=f"nothing is concluded from such an answer: {retry_hint(request)}",
        request=request,
    )


def _params(kind: Kind) -> dict[str, bool]:
    return {f"include_{kind.session}": True} if kind.session else {}


def _with_secrets(kind: Kind, answer: Document, request: str) -> Attributes:
    """The answer's fields without the session; fields that the kind calls secret as Secret."""
    attributes = answer.copy()
    if kind.session:
        attributes.pop(kind.session, None)
    for name in kind.secret & attributes.keys():
        value = attributes[name]
        if value is not None and not isinstance(value, str):
            raise _inconsistent(request, f"the {name} of {kind.name} {answer['id']} is not text")
        attributes[name] = value if value is None else Secret(value)
    return attributes


def _name(kind: Kind, answer: Document) -> str:
    """The resource's name, or its id if no manifest could declare the name."""
    name = answer.get(kind.key)
    # Kinds with lookup by name read a UUID as an id, so manifests cannot use one as a name.
    usable = kind.type != "child" and (is_name(name) or (not kind.lookup and is_uuid(name)))
    return str(name if usable else answer["id"])


def goes_on(session: object) -> bool:
    """Whether a session is in progress by its own fields; it is unless they say it ended."""
    if not isinstance(session, dict) or not session:
        return False
    status = session.get("status")
    return status == "in-progress" or (status != "completed" and not session.get("end_time"))


def _live(kind: Kind, answer: Document, request: str) -> Live:
    if not is_uuid(answer.get("id")):
        what = (
            f"the id of a {kind.name} is {printable(repr(answer['id']))[:60]}, which is not a UUID"
            if answer.get("id")
            else ""
        )
        raise _inconsistent(request, what or f"the answer has a {kind.name} without an id")
    # Null or no session proves nothing: before a disruptive action the session list is read as
    # well.
    told = answer.get(kind.session) if kind.session else None
    session = told if goes_on(told) else None
    return Live(
        Address(kind.name, _name(kind, answer)),
        answer["id"],
        _with_secrets(kind, answer, request),
        session=session and with_secret_urls(session),
    )


def as_live(kind: Kind, answer: Document | None, *, request: str) -> Live:
    """The resource in a write's answer, without children. ProtocolError if it has none."""
    if answer is None:
        raise _inconsistent(request, f"the answer has no {kind.name} in it")
    return _live(kind, answer, request)


def _all(pages: Iterable[list[Document]], kind: Kind, request: str) -> tuple[Live, ...]:
    found: dict[str, Live] = {}
    for page in pages:
        for answer in page:
            live = _live(kind, answer, request)
            earlier = found.get(live.id.lower(), live)
            if earlier.address != live.address:
                raise _inconsistent(
                    request,
                    f"one id under two names, {earlier.address} and {live.address}: {live.id}",
                )
            # An element may move to a later page while pages are read: the later reading counts.
            found[live.id.lower()] = live
    return tuple(found[key] for key in sorted(found))


def pages_of(reader: Reader, kind: Kind) -> Iterator[list[Document]]:
    """Pages of the list of ``kind``. Raises ApiError."""
    return reader.pages(kind.collection, params=_params(kind))


def listed(kind: Kind, pages: Iterable[list[Document]]) -> tuple[Live, ...]:
    """All resources in the pages, sorted by id. ProtocolError if they contradict each other."""
    request = f"GET {kind.collection}"
    found = _all(pages, kind, request)
    by_name: dict[str, Live] = {}
    for live in found:
        twin = by_name.setdefault(live.address.name, live)
        if twin is not live:
            raise _inconsistent(
                request, f"two resources are called {live.address}: {twin.id} and {live.id}"
            )
    return found


def _list_now(reader: Reader, kind: Kind) -> tuple[Live, ...]:
    return listed(kind, pages_of(reader, kind))


def _child_lists(
    reader: Reader, kind: Kind, parent_id: str, kinds: Kinds
) -> Iterator[tuple[str, tuple[Live, ...]]]:
    for field, child_name in kind.children.items():
        child = kinds[child_name]
        if kind.name not in child.parents:
            continue
        path = expand(child.parents[kind.name], id=parent_id)
        # Lists of sub-resources document no page_size.
        yield field, _all(reader.pages(path, page_size=None), child, f"GET {path}")


def _with_children(reader: Reader, live: Live, kinds: Kinds) -> Live | None:
    """``live`` with its children; None if it was deleted meanwhile, confirmed by a GET."""
    kind = kinds[live.address.kind]
    try:
        return Live(
            live.address,
            live.id,
            live.attributes,
            dict(_child_lists(reader, kind, live.id, kinds)),
            live.session,
        )
    except NotFound as error:
        try:
            reader.get(expand(kind.item, id=live.id))
        except NotFound:
            return None
        raise _inconsistent(
            error.request, f"{live.address} is there and its list is not"
        ) from error


def children_of(
    reader: Reader, kind: Kind, resource_id: str, kinds: Kinds
) -> dict[str, tuple[Live, ...]] | None:
    """Children of the resource by id; None if there is no such resource. Raises ApiError."""
    try:
        return dict(_child_lists(reader, kind, resource_id, kinds))
    except NotFound:
        return None


def fetch(
    reader: Reader, kind: Kind, resource_id: str, kinds: Kinds, *, with_children: bool
) -> Live | None:
    """The resource by id with its active session and, if requested, children; None if missing.

    Raises ApiError; ProtocolError if the answer is about another resource.
    """
    path = expand(kind.item, id=resource_id)
    try:
        answer = reader.get(path, params=_params(kind))
    except NotFound:
        return None
    live = _live(kind, answer, f"GET {path}")
    if live.id.lower() != resource_id.lower():
        raise _inconsistent(f"GET {path}", f"the answer is about {live.id}")
    return _with_children(reader, live, kinds) if with_children else live


def find(reader: Reader, kind: Kind, name: str, kinds: Kinds) -> Live | None:
    """The resource by name, without children; None if missing.

    A kind without a lookup path is listed whole. Raises ApiError; ProtocolError if the answer has
    another name; ReconcilerError if ``name`` is not a valid name.
    """
    path = expand(kind.lookup or NAMED, name=name)
    if not kind.lookup:
        return next(
            (live for live in _list_now(reader, kinds[kind.name]) if live.address.name == name),
            None,
        )
    try:
        answer = reader.get(path, params=_params(kind))
    except NotFound:
        return None
    live = _live(kind, answer, f"GET {path}")
    if live.address.name != name:
        raise _inconsistent(
            f"GET {path}", f"the answer is about {printable(live.address.name)[:100]!r}"
        )
    return live


def members(reader: Reader, session_id: str) -> int | None:
    """Number of members in a session now; None if unreadable."""
    present = 0
    try:
        for number, page in enumerate(reader.pages(expand(MEMBERS_PATH, id=session_id)), start=1):
            present += sum(member.get("leave_time") is None for member in page)
            if number > MOST_MEMBER_PAGES:
                return None
    # The number is optional information, so even an invalid id is no error.
    except ReconcilerError:
        return None
    return present


def members_of_each(
    reader: Reader, session_ids: Collection[str], *, parallel: int
) -> dict[str, int | None]:
    """As ``members`` for several sessions, with up to ``parallel`` concurrent requests."""
    each = list(dict.fromkeys(session_ids))
    if not each:
        return {}
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        return dict(zip(each, pool.map(partial(members, reader), each), strict=True))


def check_complete(live: Live, ours: Attributes, *, request: str) -> None:
    """ProtocolError if the answer lacks a field that we set (``ours``); missing is not null."""
    if ours.keys() <= live.attributes.keys():
        return
    lacking = sorted(
        name for name in ours.keys() - live.attributes.keys() if ours[name] is not None
    )
    if lacking:
        raise _inconsistent(request, f"{live.address} comes without {', '.join(lacking)}")


def observe(
    reader: Reader,
    kinds: Kinds,
    *,
    wanted: Collection[str],
    children_of: Callable[[Live], bool] = lambda _: False,
    owned: Callable[[Live], Attributes] = lambda _: {},
    parallel: int = 10,
    lists: Sequence[Listing] = (),
) -> tuple[Live, ...]:
    """All resources of the ``wanted`` kinds, sorted, with up to ``parallel`` concurrent requests.

    ``lists`` are prefetched lists of the wanted kinds. ``owned`` returns the fields that we set: an
    answer without one of them is an error, not a null. Children are read where ``children_of`` is
    true; a resource deleted meanwhile is left out. A name that no manifest could declare is
    replaced by the id.

    Raises ApiError: a list is complete or an error; ProtocolError names the ids of duplicate names.
    """
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        lists = lists or [
            partial(_list_now, reader, kind) for kind in resources(kinds) if kind.name in wanted
        ]
        found = [live for listed in pool.map(lambda take: take(), lists) for live in listed]
        for live in found:
            ours = owned(live)
            if ours and not ours.keys() <= live.attributes.keys():
                check_complete(live, ours, request=f"GET {kinds[live.address.kind].collection}")
        parents = [
            live for live in found if children_of(live)
        ]  # Submitting to the pool has a cost, so only these are submitted.
        whole = dict(
            zip(
                map(id, parents),
                pool.map(lambda live: _with_children(reader, live, kinds), parents),
                strict=True,
            )
        )
        complete = (
            [one for one in (whole.get(id(live), live) for live in found) if one is not None]
            if whole
            else found
        )
    return tuple(sorted(complete, key=attrgetter("address")))  # names are unique within a kind


def recheck(
    reader: Reader, kinds: Kinds, missed: Collection[Applied], *, parallel: int = 10
) -> tuple[Live, ...]:
    """Read each of ``missed`` by id; the ones that exist although a list omitted them.

    A list may lag or lose elements: only a 404 for the id proves that a resource is gone.
    """

    def asked(record: Applied) -> Live | None:
        kind = kinds[record.address.kind]
        return fetch(reader, kind, record.id, kinds, with_children=bool(record.children))

    with ThreadPoolExecutor(max_workers=parallel) as pool:
        found = [live for live in pool.map(asked, missed) if live is not None]
    return tuple(sorted(found, key=lambda live: (live.address, live.id)))
