"""Released fields that keep their live value because they have no documented default."""

from collections.abc import Iterable

from reconciler.core.kinds import Kinds
from reconciler.core.matching import Match
from reconciler.core.normalize import canonical
from reconciler.core.plan_model import LeftAsIs


def left_as_they_are(kinds: Kinds, wanted: Iterable[Match]) -> tuple[LeftAsIs, ...]:
    """Return the released fields of ``wanted`` whose live value stays."""
    released: list[LeftAsIs] = []
    for one in wanted:
        if one.desired is None or one.applied is None or one.live is None or one.missing_live:
            continue
        kind = kinds[one.desired.address.kind]
        for field in sorted(one.applied.attributes.keys() - one.desired.attributes.keys()):
            if field not in kind.attributes or kind.is_documented(field):
                continue
            value = canonical(
                kind, field, one.live.attributes.get(field), name=one.live.address.name
            )
            if value is not None:
                released.append(LeftAsIs(one.desired.address, field, value))
    return tuple(released)
