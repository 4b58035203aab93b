"""What exists in the Space: whole lists of every kind at once, single resources again, and who is in a session."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from operator import attrgetter

from reconciler.core.addresses import shaded
from reconciler.core.declared import Address, Attributes, Secret
from reconciler.core.errors import Forbidden, NotFound, ProtocolError, ReconcilerError
from reconciler.core.kinds import Kind, Kinds, resources
from reconciler.core.model import Applied, Live
from reconciler.core.text import printable
from reconciler.space.answers import Document
from reconciler.space.client import Reader
from reconciler.space.paths import expand, is_name, is_uuid
from reconciler.space.wording import cited, outlook

MEMBERS_PATH = "/room_sessions/{id}/members"
NAMED = "/{name}"
MOST_MEMBER_PAGES = 20

Listing = Callable[[], tuple[Live, ...]]


def _contradiction(request: str, what: str) -> ProtocolError:
    return ProtocolError(cited(what, request), hint=f"nothing is concluded from such an answer: {outlook(request)}", request=request)


def _params(kind: Kind) -> dict[str, bool]:
    return {f"include_{kind.session}": True} if kind.session else {}


def _shaded(kind: Kind, answer: Document, request: str) -> Attributes:
    """The answer's fields without the session; what the kind calls secret becomes a Secret here, at the door."""
    attributes = answer.copy()
    if kind.session:
        attributes.pop(kind.session, None)
    for name in kind.secret & attributes.keys():
        value = attributes[name]
        if value is not None and not isinstance(value, str):
            raise _contradiction(request, f"the {name} of {kind.name} {answer['id']} is not text")
        attributes[name] = value if value is None else Secret(value)
    return attributes


def _name(kind: Kind, answer: Document) -> str:
    """The name that a manifest could declare; where there is none, the id stands in, which belongs to nobody else."""
    name = answer.get(kind.key)
    # A kind that is looked up by name takes a name of an id's shape for an id, so that manifests cannot declare one.
    usable = kind.type != "child" and (is_name(name) or (not kind.lookup and is_uuid(name)))
    return str(name if usable else answer["id"])


def goes_on(session: object) -> bool:
    """Whether a session's own fields say that it is in progress: what does not say that it is over is."""
    if not isinstance(session, dict) or not session:
        return False
    status = session.get("status")
    return status == "in-progress" or (status != "completed" and not session.get("end_time"))


def _live(kind: Kind, answer: Document, request: str) -> Live:
    if not is_uuid(answer.get("id")):
        what = f"the id of a {kind.name} is {printable(repr(answer['id']))[:60]}, which is not a UUID" if answer.get("id") else ""
        raise _contradiction(request, what or f"the answer has a {kind.name} without an id")
    # Absent, null, and what is no session say nothing: before anything that people would notice another witness is asked.
    told = answer.get(kind.session) if kind.session else None
    session = told if goes_on(told) else None
    return Live(Address(kind.name, _name(kind, answer)), answer["id"], _shaded(kind, answer, request), session=session and shaded(session))


def as_live(kind: Kind, answer: Document | None, *, request: str) -> Live:
    """The resource in the answer to a write, without sub-resources. ProtocolError where there is none in it."""
    if answer is None:
        raise _contradiction(request, f"the answer has no {kind.name} in it")
    return _live(kind, answer, request)


def _all(pages: Iterable[list[Document]], kind: Kind, request: str) -> tuple[Live, ...]:
    found: dict[str, Live] = {}
    for page in pages:
        for answer in page:
            live = _live(kind, answer, request)
            earlier = found.get(live.id.lower(), live)
            if earlier.address != live.address:
                raise _contradiction(request, f"one id under two names, {earlier.address} and {live.address}: {live.id}")
            # While pages are read, an element can move to a later one and come twice: the later reading counts.
            found[live.id.lower()] = live
    return tuple(found[key] for key in sorted(found))


def pages_of(reader: Reader, kind: Kind) -> Iterator[list[Document]]:
    """The pages of the list of ``kind``, as they come. Raises an ApiError."""
    return reader.pages(kind.collection, params=_params(kind))


def listed(kind: Kind, pages: Iterable[list[Document]]) -> tuple[Live, ...]:
    """Every resource in the pages of the list of ``kind``, sorted by id. ProtocolError where they contradict each other."""
    request = f"GET {kind.collection}"
    found = _all(pages, kind, request)
    by_name: dict[str, Live] = {}
    for live in found:
        twin = by_name.setdefault(live.address.name, live)
        if twin is not live:
            raise _contradiction(request, f"two resources are called {live.address}: {twin.id} and {live.id}")
    return found


def _list_now(reader: Reader, kind: Kind) -> tuple[Live, ...]:
    return listed(kind, pages_of(reader, kind))


def _lists(
    takes: Sequence[tuple[str, Listing]],
    optional: Collection[str],
    refused: Callable[[str], None],
    *,
    parallel: int,
) -> list[Live]:
    """What the lists hold. Of the ``optional`` kinds one may be refused with 403, as long as another can be read."""

    def taken(named: tuple[str, Listing]) -> tuple[Live, ...] | Forbidden:
        name, take = named
        try:
            return take()
        except Forbidden as error:
            if name not in optional:
                raise
            return error

    with ThreadPoolExecutor(max_workers=parallel) as pool:
        found = list(pool.map(taken, takes))
    denied = [(name, one) for (name, _), one in zip(takes, found, strict=True) if isinstance(one, Forbidden)]
    if denied and len(denied) == len(found):
        raise denied[0][1]
    for name, _ in denied:
        refused(name)
    return [live for listed in found if not isinstance(listed, Forbidden) for live in listed]


def _child_lists(reader: Reader, kind: Kind, parent_id: str, kinds: Kinds) -> Iterator[tuple[str, tuple[Live, ...]]]:
    for field, child_name in kind.children.items():
        child = kinds[child_name]
        if kind.name not in child.parents:
            continue
        path = expand(child.parents[kind.name], id=parent_id)
        # The lists of sub-resources document no page_size.
        yield field, _all(reader.pages(path, page_size=None), child, f"GET {path}")


def _with_children(reader: Reader, live: Live, kinds: Kinds) -> Live | None:
    """``live`` with its sub-resources; None where it has vanished meanwhile, which a direct look confirms."""
    kind = kinds[live.address.kind]
    try:
        return Live(live.address, live.id, live.attributes, dict(_child_lists(reader, kind, live.id, kinds)), live.session)
    except NotFound as error:
        try:
            reader.get(expand(kind.item, id=live.id))
        except NotFound:
            return None
        raise _contradiction(error.request, f"{live.address} is there and its list is not") from error


def children_of(reader: Reader, kind: Kind, resource_id: str, kinds: Kinds) -> dict[str, tuple[Live, ...]] | None:
    """The sub-resources of the resource of that id, by their list; None where there is no such resource. Raises an ApiError."""
    try:
        return dict(_child_lists(reader, kind, resource_id, kinds))
    except NotFound:
        return None


def fetch(reader: Reader, kind: Kind, resource_id: str, kinds: Kinds, *, with_children: bool) -> Live | None:
    """The resource of that id as it is now, with its active session and, where wanted, its sub-resources; None where there is none.

    Raises an ApiError; ProtocolError where the answer is about another resource.
    """
    path = expand(kind.item, id=resource_id)
    try:
        answer = reader.get(path, params=_params(kind))
    except NotFound:
        return None
    live = _live(kind, answer, f"GET {path}")
    if live.id.lower() != resource_id.lower():
        raise _contradiction(f"GET {path}", f"the answer is about {live.id}")
    return _with_children(reader, live, kinds) if with_children else live


def find(reader: Reader, kind: Kind, name: str, kinds: Kinds) -> Live | None:
    """The resource of that name, without its sub-resources; None where there is none.

    A kind without a lookup path is listed whole. Raises an ApiError; ProtocolError where the answer has another name;
    ReconcilerError where ``name`` cannot be one.
    """
    path = expand(kind.lookup or NAMED, name=name)
    if not kind.lookup:
        return next((live for live in _list_now(reader, kinds[kind.name]) if live.address.name == name), None)
    try:
        answer = reader.get(path, params=_params(kind))
    except NotFound:
        return None
    live = _live(kind, answer, f"GET {path}")
    if live.address.name != name:
        raise _contradiction(f"GET {path}", f"the answer is about {printable(live.address.name)[:100]!r}")
    return live


def members(reader: Reader, session_id: str) -> int | None:
    """How many people are in a session now; None where that cannot be read."""
    present = 0
    try:
        for number, page in enumerate(reader.pages(expand(MEMBERS_PATH, id=session_id)), start=1):
            present += sum(member.get("leave_time") is None for member in page)
            if number > MOST_MEMBER_PAGES:
                return None
    except ReconcilerError:  # an id that is none included: the number is a courtesy
        return None
    return present


def members_of_each(reader: Reader, session_ids: Collection[str], *, parallel: int) -> dict[str, int | None]:
    """As ``members``, for several sessions, each asked for once; up to ``parallel`` requests at once."""
    each = list(dict.fromkeys(session_ids))
    if not each:
        return {}
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        return dict(zip(each, pool.map(partial(members, reader), each), strict=True))


def check_complete(live: Live, ours: Attributes, *, request: str) -> None:
    """ProtocolError where a field that we gave a value (``ours``) is missing in the answer: that is no null."""
    if ours.keys() <= live.attributes.keys():
        return
    lacking = sorted(name for name in ours.keys() - live.attributes.keys() if ours[name] is not None)
    if lacking:
        raise _contradiction(request, f"{live.address} comes without {', '.join(lacking)}")


def observe(  # noqa: PLR0913  # what to read, and what of it may be refused
    reader: Reader,
    kinds: Kinds,
    *,
    wanted: Collection[str],
    children_of: Callable[[Live], bool] = lambda _: False,
    owned: Callable[[Live], Attributes] = lambda _: {},
    parallel: int = 10,
    lists: Sequence[Listing] = (),
    optional: Collection[str] = (),
    refused: Callable[[str], None] = lambda _: None,
) -> tuple[Live, ...]:
    """Every resource of the ``wanted`` kinds, sorted by kind, name and id; up to ``parallel`` requests at once.

    ``lists`` are those of the wanted kinds where they were begun already.

    ``refused`` is told each of the ``optional`` kinds that the credentials may not read (403); it counts as empty.

    ``owned`` gives the fields as they were written: those with a value must be in the answer, where one that is missing is no null.

    Sub-resources are read for the resources for which ``children_of`` is true; one that vanishes meanwhile is left out.
    A name that no manifest could declare is replaced by the id. Raises an ApiError: a list is whole or it is nothing;
    ProtocolError names both ids where two resources of a kind have one name.
    """
    names = [kind.name for kind in resources(kinds) if kind.name in wanted]
    lists = lists or [partial(_list_now, reader, kinds[name]) for name in names]
    takes = list(zip(names, lists, strict=True))
    found = _lists(takes, optional, refused, parallel=parallel)
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        for live in found:
            ours = owned(live)
            if ours and not ours.keys() <= live.attributes.keys():
                check_complete(live, ours, request=f"GET {kinds[live.address.kind].collection}")
        parents = [live for live in found if children_of(live)]  # only these go to the pool: it takes its time for each
        whole = dict(zip(map(id, parents), pool.map(lambda live: _with_children(reader, live, kinds), parents), strict=True))
        complete = [one for one in (whole.get(id(live), live) for live in found) if one is not None] if whole else found
    return tuple(sorted(complete, key=attrgetter("address")))  # of a kind no two have one


def confirm(reader: Reader, kinds: Kinds, missed: Collection[Applied], *, parallel: int = 10) -> tuple[Live, ...]:
    """Those of our resources that a list left out and that are there all the same: each is asked for by its id.

    A list can lag behind, or lack a page's part, without saying so: that something is gone is believed only of a 404.
    """

    def asked(record: Applied) -> Live | None:
        kind = kinds[record.address.kind]
        return fetch(reader, kind, record.id, kinds, with_children=bool(record.children))

    with ThreadPoolExecutor(max_workers=parallel) as pool:
        found = [live for live in pool.map(asked, missed) if live is not None]
    return tuple(sorted(found, key=lambda live: (live.address, live.id)))
