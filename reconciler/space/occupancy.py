"""Live session of a resource by ``/room_sessions``, where its own answer says nothing."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Self

from reconciler.core.errors import ProtocolError, ReconcilerError
from reconciler.core.kinds import Kind, Kinds, resources
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.plan_model import Action
from reconciler.core.resources import Attributes
from reconciler.core.text import is_uuid
from reconciler.space.client import Reader
from reconciler.space.live_resource import goes_on
from reconciler.space.observe import fetch
from reconciler.space.response_json import Document
from reconciler.space.threads import in_threads

SESSIONS_PATH = "/room_sessions"
_FEW = 10
NOT_SHOWN = "a session is live, and the answer about its resource does not show it"
_MOST_PAGES = 20


class Occupancy(NamedTuple):
    """The live session or None; ``unread`` is why it could not be read ('' if it was)."""

    session: Attributes | None = None
    unread: str = ""


class Asked(NamedTuple):
    """A resource whose session is requested, by its live name.

    ``room_ids`` are the ids that its session may name: the resource's own, and others by the kind.
    """

    kind: Kind
    id: str
    name: str
    room_ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, kind: Kind, action: Action) -> Self:
        """The existing resource of ``action``."""
        name = action.live_name or action.address.name
        return cls(kind, action.id or "", name, action.room_ids)


def in_progress(reader: Reader, **by: str) -> list[Document]:
    """Return the sessions in progress. ProtocolError if there are too many pages to read all."""
    pages = reader.pages(SESSIONS_PATH, params={**by, "status": "in-progress"})
    sessions: list[Document] = []
    for number, page in enumerate(pages):
        if number == _MOST_PAGES:
            raise ProtocolError(
                f"GET {SESSIONS_PATH}: there are too many sessions in progress to read",
                hint="run the command again when fewer sessions are live",
                request=f"GET {SESSIONS_PATH}",
            )
        sessions += page
    # A Space that ignores the status filter lists ended sessions too.
    return [session for session in sessions if goes_on(session)]


def _is_anothers(reader: Reader, kinds: Kinds, room_id: object, found: dict[str, bool]) -> bool:
    """Whether ``room_id`` is the id of an existing resource; ``found`` caches answers."""
    if not is_uuid(room_id):
        return False
    key = str(room_id).lower()
    if key not in found:
        # Kinds that the run may not use are not asked: their paths may be out of reach.
        able = [kind for kind in resources(kinds) if kind.session and not kind.list_if_used]
        found[key] = any(
            fetch(reader, kind, key, kinds, with_children=False) is not None for kind in able
        )
    return found[key]


def _may_be_named(session: Document, name: str) -> bool:
    """Whether a session has this name in any letter case, or no name that says otherwise."""
    given = session.get("name")
    return not isinstance(given, str) or given.strip().casefold() in (name.casefold(), "")


def own_session(
    reader: Reader, kinds: Kinds, asked: Asked, sessions: Iterable[Document], known: dict[str, bool]
) -> Document | None:
    """Return the session of ``asked`` by room id, else by name unless its room id is another resource's.

    ``room_id`` of a conference's session is undocumented, so an unknown id proves nothing.
    """
    listed = list(sessions)
    ids = {each.lower() for each in (asked.id, *asked.room_ids)}
    for session in listed:
        if str(session.get("room_id") or "").lower() in ids:
            return session
    # Only now by name: finding out whose an id is costs a request.
    for session in listed:
        if not _may_be_named(session, asked.name):
            continue
        if not _is_anothers(reader, kinds, session.get("room_id"), known):
            return session
    return None


def _one(reader: Reader, kinds: Kinds, asked: Asked) -> Document | None:
    known: dict[str, bool] = {}
    for room_id in dict.fromkeys((asked.id, *asked.room_ids)):
        found = own_session(reader, kinds, asked, in_progress(reader, room_id=room_id), known)
        if found:
            return found
    return own_session(reader, kinds, asked, in_progress(reader, room_name=asked.name), known)


def _read(look: Callable[[], Document | None]) -> Occupancy:
    try:
        return Occupancy(look())
    except ReconcilerError as error:
        return Occupancy(unread=error.message)


def occupancy(reader: Reader, kinds: Kinds, asked: Asked) -> Occupancy:
    """The live session of one resource by the session list; never raises."""
    return _read(lambda: _one(reader, kinds, asked))


def is_shown(reader: Reader, kinds: Kinds, asked: Asked) -> bool:
    """Whether the resource's own answer agrees with the list: it shows its session, or none is live.

    False only if the session is still in progress after the answer that did not show it.
    """
    try:
        live = fetch(reader, asked.kind, asked.id, kinds, with_children=False)
        return live is None or live.session is not None or _one(reader, kinds, asked) is None
    except ReconcilerError:
        return True  # nothing is concluded from a failed reading


def occupancies(
    reader: Reader, kinds: Kinds, each: Collection[Asked], *, parallel: int, few: int = _FEW
) -> Mapping[str, Occupancy]:
    """As ``occupancy`` for several resources, by id, with up to ``parallel`` requests.

    For more than ``few`` resources, all sessions in progress are listed once instead.
    """
    if not each:
        return {}
    look: Callable[[Asked], Occupancy] = lambda asked: occupancy(reader, kinds, asked)  # noqa: E731
    if len(each) > few:
        try:
            sessions, known = in_progress(reader), dict[str, bool]()
            look = lambda asked: _read(lambda: own_session(reader, kinds, asked, sessions, known))  # noqa: E731
        except ReconcilerError:
            pass  # Single requests may succeed where the whole list cannot be read.
    looked = in_threads(look, each, parallel=parallel)
    return dict(zip([one.id for one in each], looked, strict=True))
