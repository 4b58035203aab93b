"""Whether a resource has a live session, by the second witness: what ``/room_sessions`` says where the resource's own answer does not."""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from reconciler.core.errors import ProtocolError, ReconcilerError
from reconciler.core.kinds import Kind, Kinds, resources
from reconciler.core.resources import Attributes
from reconciler.space.client import Reader
from reconciler.space.observe import fetch, goes_on
from reconciler.space.paths import is_uuid
from reconciler.space.responses import Document

SESSIONS_PATH = "/room_sessions"
FEW = 10  # resources that are each asked for; of more, every session in progress is read once
_MOST_PAGES = 20


class Occupancy(NamedTuple):
    """The live session, None where there is none; ``unread`` says why that could not be read, '' where it was."""

    session: Attributes | None = None
    unread: str = ""


class Asked(NamedTuple):
    """A resource whose session is asked for, by the name that it bears in the Space."""

    kind: Kind
    id: str
    name: str


def _in_progress(reader: Reader, **by: str) -> list[Document]:
    """The sessions in progress. ProtocolError where there are so many pages that they are not all of them."""
    pages = list(
        islice(reader.pages(SESSIONS_PATH, params={**by, "status": "in-progress"}), _MOST_PAGES + 1)
    )
    if len(pages) > _MOST_PAGES:
        raise ProtocolError(
            f"GET {SESSIONS_PATH}: there are too many sessions in progress to read",
            request=f"GET {SESSIONS_PATH}",
        )
    # A Space that takes no notice of the status lists what is over as well.
    return [session for page in pages for session in page if goes_on(session)]


def _is_anothers(reader: Reader, kinds: Kinds, room_id: object, found: dict[str, bool]) -> bool:
    """Whether ``room_id`` is the id of a resource that is there; ``found`` remembers."""
    if not is_uuid(room_id):
        return False
    key = str(room_id).lower()
    if key not in found:
        able = [kind for kind in resources(kinds) if kind.session]
        found[key] = any(
            fetch(reader, kind, key, kinds, with_children=False) is not None for kind in able
        )
    return found[key]


def _own(
    reader: Reader, kinds: Kinds, asked: Asked, sessions: Iterable[Document], known: dict[str, bool]
) -> Document | None:
    """The session of ``asked``: by the id of its room, else by its name, unless another resource has the id that it tells.

    What a session's ``room_id`` is for a conference is not documented: an id that nothing bears is not taken for another's.
    """
    listed = list(sessions)
    by_id = (one for one in listed if str(one.get("room_id") or "").lower() == asked.id.lower())
    if (found := next(by_id, None)) is not None:
        return found
    named = [one for one in listed if one.get("name") in (asked.name, None)]
    return next(
        (one for one in named if not _is_anothers(reader, kinds, one.get("room_id"), known)), None
    )


def _one(reader: Reader, kinds: Kinds, asked: Asked) -> Document | None:
    known: dict[str, bool] = {}
    found = _own(reader, kinds, asked, _in_progress(reader, room_id=asked.id), known)
    return found or _own(reader, kinds, asked, _in_progress(reader, room_name=asked.name), known)


def _read(look: Callable[[], Document | None]) -> Occupancy:
    try:
        return Occupancy(look())
    except ReconcilerError as error:
        return Occupancy(unread=error.message)


def occupancy(reader: Reader, kinds: Kinds, asked: Asked) -> Occupancy:
    """The live session of one resource now, by the list of sessions; raises nothing."""
    return _read(lambda: _one(reader, kinds, asked))


def occupancies(
    reader: Reader, kinds: Kinds, each: Collection[Asked], *, parallel: int
) -> Mapping[str, Occupancy]:
    """As ``occupancy``, of several resources, by their ids; up to ``parallel`` requests at once."""
    if not each:
        return {}
    look: Callable[[Asked], Occupancy] = lambda asked: occupancy(reader, kinds, asked)  # noqa: E731
    if len(each) > FEW:
        try:
            sessions, known = _in_progress(reader), dict[str, bool]()
            look = lambda asked: _read(lambda: _own(reader, kinds, asked, sessions, known))  # noqa: E731
        except ReconcilerError:
            pass  # each is asked for, which may be read where the whole list cannot
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        return dict(zip([one.id for one in each], pool.map(look, each), strict=True))
