"""Counts the members of sessions in progress."""

from collections.abc import Collection
from functools import partial

from reconciler.core.errors import ReconcilerError
from reconciler.space.client import Reader
from reconciler.space.ends import time_of_end
from reconciler.space.paths import expand
from reconciler.space.threads import in_threads

MEMBERS_PATH = "/room_sessions/{id}/members"
# A session with more members is busy whatever their number is.
MOST_MEMBER_PAGES = 20


def members(reader: Reader, session_id: str) -> int | None:
    """Number of members in a session now; None if unreadable."""
    present = 0
    try:
        for number, page in enumerate(reader.pages(expand(MEMBERS_PATH, id=session_id)), start=1):
            present += sum(
                time_of_end(member.get("leave_time"), member.get("join_time")) is None
                for member in page
            )
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
    numbers = in_threads(partial(members, reader), each, parallel=parallel)
    return dict(zip(each, numbers, strict=True))
