"""How much of what could be tried is tried: RECONCILER_TESTS is ``quick``, ``usual`` (where it is not set) or ``long``.

``python3 dev.py test`` and its options set it. ``long`` is every example of every property and sweep, as the gate runs it; ``usual``
tries a part of the examples; ``quick`` leaves out whole folders too.
"""

import os
import zlib
from collections.abc import Sequence

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


def representatives(name: str, cases: Sequence[tuple[int, ...]], every: int) -> set[int]:
    """Which ``cases`` of the test ``name`` stand for all of them: every ``every``-th, and one for each value of each parameter.

    A case is the position of its value in each parameter. With one parameter there is no more than every ``every``-th; the first is
    another one from test to test, so that tests of the same values do not all leave out the same ones.
    """
    start = zlib.crc32(name.encode()) % min(every, len(cases))
    kept = set(range(start, len(cases), every))
    axes = {tuple(column) for column in zip(*cases, strict=True)}
    if len(axes) > 1:
        for axis in sorted(axes):
            seen = {axis[number] for number in kept}
            for number, value in enumerate(axis):
                if value not in seen:
                    seen.add(value)
                    kept.add(number)
    return kept
