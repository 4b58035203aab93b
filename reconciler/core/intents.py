"""What a run that died had made: recognised by its intent, so that it is ours without being adopted."""

from collections.abc import Iterable, Mapping, Sequence

from reconciler.core.canon import canonical, same, sealed
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.model import Address, Applied, Intent, Live


def _fits(kind: Kind, intent: Intent, live: Live, *, key: bytes) -> bool:
    """Whether ``live`` is what ``intent`` was about to make: every field that was sent, and documented defaults elsewhere."""
    if not intent.attributes:
        return False  # a name alone proves nothing
    name = live.address.name
    expected = {field: canonical(kind, field, value, name=name) for field, value in kind.defaults.items()} | dict(intent.attributes)
    return all(same(sealed(canonical(kind, field, live.attributes.get(field), name=name), key), value) for field, value in expected.items())


def recognised(
    intents: Iterable[Intent], applied: Mapping[Address, Applied], live: Sequence[Live], *, kinds: Kinds, key: bytes
) -> tuple[Applied, ...]:
    """The records of what the Space has under the name, and with every field, of a creation whose outcome was lost.

    What bears the name and is otherwise different was made by somebody else, and stays theirs.
    """
    recorded = {(one.address.kind, one.id) for one in applied.values()}
    by_address = {one.address: one for one in live if (one.address.kind, one.id) not in recorded}
    found = []
    for intent in intents:
        there = by_address.get(intent.address)
        if intent.address not in applied and there and _fits(kinds[intent.address.kind], intent, there, key=key):
            found.append(Applied(intent.address, there.id, intent.attributes))
    return tuple(found)
