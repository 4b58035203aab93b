"""Reads live resources: whole lists, single resources, their children and sessions."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from types import MappingProxyType

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import ApiError, Forbidden, NotFound, Unauthorized
from reconciler.core.kinds import Kind, Kinds, resources
from reconciler.core.resources import Applied, Attributes, Live
from reconciler.core.text import printable
from reconciler.space.client import Reader
from reconciler.space.live_resource import as_recorded, inconsistent, live_of
from reconciler.space.paths import expand
from reconciler.space.response_json import Document
from reconciler.space.threads import Meanwhile, in_threads, nothing

_NAMED = "/{name}"

Listing = Callable[[], tuple[Live, ...]]


def session_params(kind: Kind) -> dict[str, bool]:
    """Parameters that ask for the live session; none where the kind documents no such one."""
    return {f"include_{kind.session}": True} if kind.session and kind.session_told else {}


def _all_resources(pages: Iterable[list[Document]], kind: Kind, request: str) -> tuple[Live, ...]:
    live_resources: dict[str, Live] = {}
    for page in pages:
        for answer in page:
            live = live_of(kind, answer, request)
            earlier = live_resources.get(live.id.lower(), live)
            if earlier.address != live.address:
                raise inconsistent(
                    request,
                    f"the Space lists one id under two names, {earlier.address} and {live.address}: {live.id}",
                )
            # An element may move to a later page while pages are read: the later reading counts.
            live_resources[live.id.lower()] = live
    return tuple(live_resources[key] for key in sorted(live_resources))


def _with_scopes(error: ApiError, kind: Kind) -> ApiError:
    """``error`` with the scopes that the kind needs in its hint, where it is not video alone."""
    if kind.scopes != ("video",):
        named = " or ".join(kind.scopes)
        error.hint = f"use an API token with the scope that {kind.name} needs: {named}"
    return error


def pages_of(reader: Reader, kind: Kind) -> Iterator[list[Document]]:
    """Pages of the list of ``kind``. Raises ApiError."""
    try:
        yield from reader.pages(
            kind.collection, params=session_params(kind), page_size=kind.page_size
        )
    except (Forbidden, Unauthorized) as error:
        raise _with_scopes(error, kind) from None


def listed(kind: Kind, pages: Iterable[list[Document]]) -> tuple[Live, ...]:
    """All resources in the pages, sorted by id. ProtocolError if they contradict each other."""
    request = f"GET {kind.collection}"
    live_resources = _all_resources(pages, kind, request)
    by_name: dict[str, Live] = {}
    for live in live_resources:
        twin = by_name.setdefault(live.address.name, live)
        if twin is not live:
            raise inconsistent(
                request, f"two resources are called {live.address}: {twin.id} and {live.id}"
            )
    return live_resources


def _list_now(reader: Reader, kind: Kind) -> tuple[Live, ...]:
    return listed(kind, pages_of(reader, kind))


def _lists(
    takes: Sequence[tuple[str, Listing]],
    optional: Collection[str],
    unread: Callable[[str], None],
    *,
    ahead: bool,
    parallel: int,
    meanwhile: Meanwhile,
) -> list[Live]:
    """All resources of the lists, which are begun ``ahead`` or now. ``optional`` kinds may be out of reach, but not all kinds.

    Out of reach means forbidden (403), or unknown to this Space (404 or 410).
    """

    def taken(named: tuple[str, Listing]) -> tuple[Live, ...] | Forbidden | NotFound:
        name, take = named
        try:
            return take()
        except (Forbidden, NotFound) as error:
            if name not in optional:
                raise
            return error

    # Lists that are fetched by threads of their own are waited for one after the other.
    found = (
        [taken(take) for take in takes]
        if ahead
        else in_threads(taken, takes, parallel=parallel, meanwhile=meanwhile)
    )
    resources_found: list[Live] = []
    denied: dict[str, ApiError] = {}
    for (name, _), answer in zip(takes, found, strict=True):
        if isinstance(answer, Forbidden | NotFound):
            denied[name] = answer
        else:
            resources_found += answer
    if denied and len(denied) == len(found):
        raise next(iter(denied.values()))
    for name in denied:
        unread(name)
    return resources_found


def _child_lists(
    reader: Reader, kind: Kind, parent_id: str, kinds: Kinds
) -> Iterator[tuple[str, tuple[Live, ...]]]:
    for field, child_name in kind.children.items():
        child = kinds[child_name]
        if kind.name not in child.parents:
            continue
        path = expand(child.parents[kind.name], id=parent_id)
        # Lists of sub-resources document no page_size.
        yield field, _all_resources(reader.pages(path, page_size=None), child, f"GET {path}")


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
        raise inconsistent(
            error.request, f"{live.address} exists, but the Space has no list of its parts"
        ) from error


def children_of(
    reader: Reader, kind: Kind, resource_id: str, kinds: Kinds
) -> dict[str, tuple[Live, ...]] | None:
    """Children of the resource by id; None if there is no such resource. Raises ApiError."""
    try:
        with reader.hidden.in_errors():
            return dict(_child_lists(reader, kind, resource_id, kinds))
    except NotFound:
        return None


def fetch(
    reader: Reader, kind: Kind, resource_id: str, kinds: Kinds, *, with_children: bool
) -> Live | None:
    """The resource by id with its active session and, if requested, children; None if missing.

    It has the id as it was given: letter case means nothing.
    Raises ApiError; ProtocolError if the answer is about another resource.
    """
    path = expand(kind.item, id=resource_id)
    try:
        answer = reader.get(path, params=session_params(kind))
    except NotFound:
        return None
    with reader.hidden.in_errors():
        live = reader.hidden.shown(live_of(kind, answer, f"GET {path}"))
        if live.id.lower() != resource_id.lower():
            raise inconsistent(
                f"GET {path}", f"the Space answered with another resource, of id {live.id}"
            )
        if live.id != resource_id:
            live = replace(live, id=resource_id)
        return _with_children(reader, live, kinds) if with_children else live


def find(reader: Reader, kind: Kind, name: str, kinds: Kinds) -> Live | None:
    """The resource by name, without children; None if missing.

    A kind without a lookup path is listed whole. Raises ApiError; ProtocolError if the answer has
    another name; ReconcilerError if ``name`` is not a valid name.
    """
    path = expand(kind.lookup or _NAMED, name=name)
    if not kind.lookup:
        return next(
            (live for live in _list_now(reader, kinds[kind.name]) if live.address.name == name),
            None,
        )
    try:
        answer = reader.get(path, params=session_params(kind))
    except NotFound:
        return None
    with reader.hidden.in_errors():
        live = live_of(kind, answer, f"GET {path}")
        if live.address.name != name:
            raise inconsistent(
                f"GET {path}",
                f"the {kind.name} named {name!r} was requested, and the Space answered with"
                f" {printable(live.address.name)[:100]!r}",
            )
    return live


def check_complete(live: Live, ours: Attributes, *, request: str) -> None:
    """ProtocolError if the answer lacks a field that we set (``ours``); missing is not null."""
    if ours.keys() <= live.attributes.keys():
        return
    lacking = sorted(
        name for name in ours.keys() - live.attributes.keys() if ours[name] is not None
    )
    if lacking:
        raise inconsistent(
            request, f"the Space returned {live.address} without {', '.join(lacking)}"
        )


def observe(  # noqa: PLR0913  # what to read, and what may be forbidden
    reader: Reader,
    kinds: Kinds,
    *,
    wanted: Collection[str],
    children_of: Callable[[Live], bool] = lambda _: False,
    owned: Callable[[Live], Attributes] = lambda _: {},
    records: Collection[Applied] = (),
    parallel: int = 10,
    lists: Mapping[str, Listing] = MappingProxyType({}),
    optional: Collection[str] = (),
    unread: Callable[[str], None] = lambda _: None,
    meanwhile: Meanwhile = nothing,
) -> tuple[Live, ...]:
    """All resources of the ``wanted`` kinds, sorted, with up to ``parallel`` concurrent requests.

    ``lists`` are prefetched lists by kind. ``owned`` returns the fields that we set: an
    answer without one of them is an error, not a null. Children are read where ``children_of`` is
    true; a resource deleted meanwhile is left out. Ids are spelled as in ``records``. A name that no manifest could declare is
    replaced by the id, as is one that holds a value of the environment.

    Kinds in ``optional`` may be out of reach (403, 404 or 410): each is passed to ``unread``, and
    counts as empty. ``meanwhile`` is called while lists that were not prefetched are on their way.
    Raises ApiError: a list is complete or an error; ProtocolError names the ids of duplicate names.
    """
    names = [kind.name for kind in resources(kinds) if kind.name in wanted]
    takes = [(name, lists.get(name) or partial(_list_now, reader, kinds[name])) for name in names]
    with reader.hidden.in_errors():
        ahead = lists.keys() >= set(names)
        found_in_lists = _lists(
            takes, optional, unread, ahead=ahead, parallel=parallel, meanwhile=meanwhile
        )
    live_resources = as_recorded(map(reader.hidden.shown, found_in_lists), records)
    with reader.hidden.in_errors():
        for live in live_resources:
            ours = owned(live)
            if ours and not ours.keys() <= live.attributes.keys():
                check_complete(live, ours, request=f"GET {kinds[live.address.kind].collection}")
        # Submitting to the pool has a cost, so only parents are submitted.
        parents = [live for live in live_resources if children_of(live)]
        read = in_threads(
            lambda live: _with_children(reader, live, kinds), parents, parallel=parallel
        )
        whole = dict(zip(map(id, parents), read, strict=True))
    found = live_resources
    if whole:
        complete = (whole.get(id(live), live) for live in live_resources)
        found = [live for live in complete if live is not None]
    # Names are unique within a kind.
    return tuple(sorted(found, key=attrgetter("address")))


def recheck(
    reader: Reader, kinds: Kinds, missed: Collection[Applied], *, parallel: int = 10
) -> tuple[Live, ...]:
    """Read each of ``missed`` by id; the ones that exist although a list omitted them.

    A list may lag or lose elements: only a 404 or 410 for the id proves that a resource is gone.
    """

    def asked(record: Applied) -> Live | None:
        kind = kinds[record.address.kind]
        return fetch(reader, kind, record.id, kinds, with_children=bool(record.children))

    found = in_threads(asked, missed, parallel=parallel)
    live_resources = [live for live in found if live is not None]
    return tuple(sorted(live_resources, key=lambda live: (live.address, live.id)))
