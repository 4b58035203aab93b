"""Recovers resources created by a run that crashed before recording them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.core.kinds import Kind, Kinds
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.normalize import canonical, moment_of, same
from reconciler.core.redacted_values import sealed_like
from reconciler.core.resources import Address, Applied, Attributes, Live

CREATED = "created_at"
# A POST with all its retries, and the Space's work on the last of them.
LONGEST_CALL = timedelta(seconds=180)
# The Space's work on one request whose sender is gone, and the lag of lists.
LONGEST_UNSEEN = timedelta(seconds=90)
# In a window up to this long, the creation time alone identifies a resource without fields.
_CONCLUSIVE_WINDOW = timedelta(seconds=600)
IntentKey = tuple[Address, str]


class Intent(NamedTuple):
    """A creation about to be sent, whose outcome may get lost. Attributes are canonical and sealed.

    ``since`` and ``until`` bound its creation time by the Space's clock (RFC 3339; '' if unknown).
    ``child`` names the list of a sub-resource of ``address``; it has no name to be found by.
    """

    address: Address
    attributes: Attributes
    since: str = ""
    until: str = ""
    child: str = ""

    @property
    def key(self) -> IntentKey:
        """The key of the intent; there is one intent for each."""
        return self.address, self.child


def _as_sent(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat().removesuffix("+00:00")
    return f"{text.rstrip('0') if '.' in text else text}Z"


def with_times(
    intent: Intent, moment: datetime, *, skew: timedelta, earlier: Intent | None = None
) -> Intent:
    """Set the time window of ``intent``: sent at ``moment``, which is accurate to ``skew``.

    The window includes an equal ``earlier`` intent that may still take effect.
    """
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
    """Return how long after ``moment`` the creation may still take effect, at most LONGEST_CALL."""
    if not intent.until:
        return timedelta()
    remaining = datetime.fromisoformat(intent.until) - moment
    return min(max(remaining, timedelta()), LONGEST_CALL)


def creation_time(kind: Kind, live: Live) -> datetime | None:
    """Return when the Space created ``live``; None if it does not say."""
    is_timestamp = CREATED in kind.answers and kind.spellings.get(CREATED) == "instant"
    return moment_of(live.attributes.get(CREATED)) if is_timestamp else None


def _window(intent: Intent) -> timedelta:
    return datetime.fromisoformat(intent.until) - datetime.fromisoformat(intent.since)


def created_in_window(kind: Kind, intent: Intent, live: Live) -> bool | None:
    """Whether ``live`` was created in the window of ``intent``; None if unknown."""
    created = creation_time(kind, live)
    if created is None or not (intent.since and intent.until):
        return None
    return datetime.fromisoformat(intent.since) <= created <= datetime.fromisoformat(intent.until)


def fields_when_new(kind: Kind, sent: Attributes, *, name: str) -> dict[str, Any]:
    """Return the fields of a resource that was just created with ``sent``, in canonical form.

    The others have their default; those without a known one are left out.
    """
    defaults = {field: kind.default(field, name) for field in kind.attributes}
    known = {
        field: canonical(kind, field, value, name=name)
        for field, value in defaults.items()
        if value is not None
    }
    return {**known, **sent}


def matches_intent(kind: Kind, intent: Intent, live: Live, *, key: bytes) -> bool:
    """Whether ``live`` is what ``intent`` created: same time, same fields, defaults elsewhere."""
    in_window = created_in_window(kind, intent, live)
    is_conclusive = bool(in_window) and _window(intent) <= _CONCLUSIVE_WINDOW
    if in_window is False or not (intent.attributes or is_conclusive):
        return False  # a name alone proves nothing
    name = live.address.name
    expected = fields_when_new(kind, intent.attributes, name=name)

    def is_as_sent(field: str, value: Any) -> bool:
        current = canonical(kind, field, live.attributes.get(field), name=name)
        return same(sealed_like(current, value, key=key), value)

    return all(is_as_sent(field, value) for field, value in expected.items())


def recovered(
    intents: Iterable[Intent],
    applied: Mapping[Address, Applied],
    live: Sequence[Live],
    *,
    kinds: Kinds,
    key: bytes,
) -> tuple[Applied, ...]:
    """Return records of live resources that match an intent and are not recorded.

    A resource that differs, or was created at another time, was created by another client.
    """
    recorded = {one.key for one in applied.values()}
    by_address = {one.address: one for one in live if one.key not in recorded}
    records = []
    for intent in intents:
        candidate = by_address.get(intent.address)
        if candidate is None or intent.child or intent.address in applied:
            continue
        if matches_intent(kinds[intent.address.kind], intent, candidate, key=key):
            records.append(Applied(intent.address, candidate.id, intent.attributes))
    return tuple(records)
