"""Limits of a record, checked before its parts are made in memory, and before it is written."""

import sys

from reconciler.core.errors import StateError
from reconciler.state.safe_files import MAX_BYTES

# A room with every field has about 50, so this is 60,000 of them.
MOST_PARTS = 3_000_000
# So short a text cannot have too many: the usual record is not counted at all.
_UNCOUNTED = 8 * 1024**2
_WIDEST = 2 * MAX_BYTES


def size_fault(text: str) -> str:
    """Return why ``text`` is too large for a record; '' if it is not.

    Each value, and each escape in a text, is a part. They are counted in the text, which is quick:
    in memory a part may take thirty times its length.
    """
    if len(text) > _UNCOUNTED and sum(map(text.count, "{[,\\")) > MOST_PARTS:
        return f"it has more than {MOST_PARTS:,} parts"
    # One character beyond U+FFFF makes all of them four bytes wide.
    if sys.getsizeof(text) > _WIDEST:
        return f"its {len(text):,} characters take more than {_WIDEST // 1024**2} MiB of memory"
    return ""


def check_size(text: str, *, where: str) -> None:
    """StateError if a record that is to be written is larger than one that is read."""
    why = size_fault(text)
    if not why and len(text.encode()) > MAX_BYTES:
        why = f"it is larger than {MAX_BYTES // 1024**2} MiB"
    if why:
        raise StateError(
            f"{where}: would be too large for a state: {why}",
            hint="split the resources into several environments",
        )
