"""How much of what could be tried is tried: RECONCILER_TESTS is ``quick``, ``usual`` (where it is not set) or ``long``.

``python3 dev.py test`` and its options set it. ``long`` is every example of every property and sweep, as the gate runs it; ``usual``
tries a part of the examples; ``quick`` leaves out whole folders too.
"""

import os

EXTENTS = ("quick", "usual", "long")
EXTENT = os.environ.get("RECONCILER_TESTS") or "usual"
if EXTENT not in EXTENTS:
    raise ValueError(f"RECONCILER_TESTS={EXTENT}: it is one of {', '.join(EXTENTS)}")

_PARTS = {"quick": 0.05, "usual": 0.25, "long": 1.0}


def examples(number: int) -> int:
    """How many examples of a property to try, of the ``number`` that the long run tries."""
    return min(number, max(5, round(number * _PARTS[EXTENT])))


def share(part: float) -> float:
    """Which part of a sweep to go through, of the ``part`` that the long run goes through."""
    return part * {"quick": 0.1, "usual": 0.4, "long": 1.0}[EXTENT]
