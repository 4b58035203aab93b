"""Fields that are declared no longer and keep their live value, since no default of theirs is documented."""

from collections.abc import Iterable

from reconciler.core.kinds import Kinds
from reconciler.core.matching import Match
from reconciler.core.normalize import canonical
from reconciler.core.plan_model import LeftAsIs


def left_as_they_are(kinds: Kinds, wanted: Iterable[Match]) -> tuple[LeftAsIs, ...]:
    """The fields of ``wanted`` that were managed, are declared no longer and have a value that nothing is put in the place of."""
    found: list[LeftAsIs] = []
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
                found.append(LeftAsIs(one.desired.address, field, value))
    return tuple(found)
