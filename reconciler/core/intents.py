"""What was about to be made, and by that what a run that died had made: ours without being adopted."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from reconciler.core.kinds import Kind, Kinds
from reconciler.core.normalize import canonical, instant, same
from reconciler.core.redacted_values import sealed_like
from reconciler.core.resources import Address, Applied, Attributes, Live

CREATED = "created_at"
LONGEST_CALL = timedelta(
    seconds=180
)  # a POST with all its repeats, and the Space's work on the last of them
LONGEST_UNSEEN = timedelta(
    seconds=90
)  # the Space's work on one request whose sender is gone, and lists that lag behind
TELLING = timedelta(
    seconds=600
)  # a time no longer than this tells by itself, without a field, who made something
IntentKey = tuple[Address, str]


class Intent(NamedTuple):
    """A creation that was about to be sent and whose outcome nobody knows: what it was, in canonical spelling and sealed.

    ``since`` and ``until`` are when it can have come about by the Space's clock (RFC 3339; '' where nobody wrote it down).
    ``child`` names the list that a sub-resource of ``address`` was to be put into; such a one has no name to be found by.
    """

    address: Address
    attributes: Attributes
    since: str = ""
    until: str = ""
    child: str = ""

    @property
    def key(self) -> IntentKey:
        """What of it there can be one of."""
        return self.address, self.child


def _as_sent(moment: datetime) -> str:
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"


def with_times(
    intent: Intent, moment: datetime, *, skew: timedelta, earlier: Intent | None = None
) -> Intent:
    """``intent`` as of ``moment``, which may be off by ``skew``; what ``earlier`` was about to make may still come about."""
    since = _as_sent(moment - skew)
    if (
        earlier is not None
        and earlier.attributes == intent.attributes
        and (intent.attributes or may_appear_late(earlier, moment))
    ):
        since = earlier.since
    longest = LONGEST_UNSEEN if intent.child else LONGEST_CALL
    return intent._replace(since=since, until=_as_sent(moment + longest + skew))


def may_appear_late(intent: Intent, moment: datetime) -> timedelta:
    """How much longer after ``moment`` it may still come about; never longer than one that is made right now."""
    left = datetime.fromisoformat(intent.until) - moment if intent.until else timedelta()
    return min(max(left, timedelta()), LONGEST_CALL)


def _creation_time(kind: Kind, live: Live) -> datetime | None:
    """When the Space says that it made ``live``; None where it does not say."""
    told = (
        live.attributes.get(CREATED)
        if CREATED in kind.answers and kind.spellings.get(CREATED) == "instant"
        else None
    )
    try:
        return (
            datetime.fromisoformat(instant(told)).astimezone(UTC) if isinstance(told, str) else None
        )
    except ValueError:
        return None


def _window(intent: Intent) -> timedelta:
    return datetime.fromisoformat(intent.until) - datetime.fromisoformat(intent.since)


def created_in_window(kind: Kind, intent: Intent, live: Live) -> bool | None:
    """Whether ``live`` came about when ``intent`` can have; None where that is not known."""
    made = _creation_time(kind, live)
    if made is None or not (intent.since and intent.until):
        return None
    return datetime.fromisoformat(intent.since) <= made <= datetime.fromisoformat(intent.until)


def matches_intent(kind: Kind, intent: Intent, live: Live, *, key: bytes) -> bool:
    """Whether ``live`` is what ``intent`` was about to make: made then, with every field that was sent, and defaults elsewhere."""
    then = created_in_window(kind, intent, live)
    if then is False or not (intent.attributes or (then and _window(intent) <= TELLING)):
        return False  # a name alone proves nothing
    name = live.address.name
    expected = {
        field: canonical(kind, field, value, name=name) for field, value in kind.defaults.items()
    } | dict(intent.attributes)
    there = {
        field: canonical(kind, field, live.attributes.get(field), name=name) for field in expected
    }
    return all(
        same(sealed_like(there[field], value, key=key), value) for field, value in expected.items()
    )


def recovered(
    intents: Iterable[Intent],
    applied: Mapping[Address, Applied],
    live: Sequence[Live],
    *,
    kinds: Kinds,
    key: bytes,
) -> tuple[Applied, ...]:
    """The records of what the Space has under the name, and with every field, of a creation whose outcome was lost.

    What bears the name and is otherwise different, or was made at another time, was made by somebody else, and stays theirs.
    """
    recorded = {(one.address.kind, one.id) for one in applied.values()}
    by_address = {one.address: one for one in live if (one.address.kind, one.id) not in recorded}
    found = []
    for intent in intents:
        there = by_address.get(intent.address)
        if (
            not intent.child
            and intent.address not in applied
            and there
            and matches_intent(kinds[intent.address.kind], intent, there, key=key)
        ):
            found.append(Applied(intent.address, there.id, intent.attributes))
    return tuple(found)
