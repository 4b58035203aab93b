"""How much of what could be tried is tried: RECONCILER_TESTS is ``quick``, ``usual`` (where it is not set) or ``long``.

``python3 dev.py test`` and its options set it. ``long`` is every example of every property and sweep, as the gate runs it; ``usual``
tries a part of the examples; ``quick`` leaves out whole folders too.
"""

import os
import zlib
from collections.abc import Hashable, Sequence

EXTENTS = ("quick", "usual", "long")
EXTENT = os.environ.get("RECONCILER_TESTS") or "usual"
if EXTENT not in EXTENTS:
    raise ValueError(f"RECONCILER_TESTS={EXTENT}: it is one of {', '.join(EXTENTS)}")

_PARTS = {"quick": 0.05, "usual": 0.1, "long": 1.0}


def examples(number: int) -> int:
    """How many examples of a property to try, of the ``number`` that the long run tries."""
    return min(number, max(5, round(number * _PARTS[EXTENT])))


def share(part: float) -> float:
    """Which part of a sweep to go through, of the ``part`` that the long run goes through."""
    return part * {"quick": 0.1, "usual": 0.2, "long": 1.0}[EXTENT]


# Of a parameter with more values than these a part is tried, as where it is alone.
WHOLE = 6


def _parameters(cases: Sequence[tuple[Hashable, ...]]) -> set[tuple[int, ...]]:
    """Each parameter that varies as the position of its value in each case; those that go together are one."""
    found = set()
    for column in zip(*cases, strict=True):
        positions: dict[Hashable, int] = {}
        found.add(tuple(positions.setdefault(value, len(positions)) for value in column))
    return {values for values in found if any(values)}


def representatives(name: str, cases: Sequence[tuple[Hashable, ...]], every: int) -> set[int]:
    """Which ``cases`` of the test ``name`` stand for all of them: one for each value of each of several parameters, in as few cases
    as it takes, and then every ``every``-th case until that part of them is reached.

    A case is its value of each parameter. The first that is tried is another one from test to test, so that tests of the same values
    do not all leave out the same ones.
    """
    if every == 1:
        return set(range(len(cases)))
    start = zlib.crc32(name.encode()) % min(every, len(cases))
    order = [*range(start, len(cases)), *range(start)]
    parameters = _parameters(cases)
    several = len(parameters) > 1
    unseen = [(of, set(of)) for of in sorted(parameters) if several and max(of) < WHOLE]
    kept: set[int] = set()
    while any(left for _, left in unseen):
        best = max(order, key=lambda case: sum(of[case] in left for of, left in unseen))
        kept.add(best)
        for of, left in unseen:
            left.discard(of[best])
    for case in order[::every]:
        if len(kept) * every < len(cases):
            kept.add(case)
    return kept
