"""When a resource was last changed in the Space, and when and from which commit it was last applied."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.normalize import instant
from reconciler.core.plan_model import MISSING, Action
from reconciler.core.resources import Address
from reconciler.core.value_text import plain


class Written(NamedTuple):
    """When a resource was last applied (RFC 3339), and from which commit of the manifests; '' where that is not known."""

    applied_at: str = ""
    commit: str = ""


def last_written(action: Action, written: Mapping[Address, Written]) -> Written:
    """When the resource of ``action`` was last applied; it may have had another name then."""
    recorded = action.known.address if action.known else action.address
    return written.get(recorded) or written.get(action.address) or Written()


def minute_text(moment: str) -> str:
    """``2026-11-29 15:42 UTC`` of an RFC 3339 time; other text is returned as it is, safe to print."""
    try:
        whole = instant(moment)
    except ValueError:
        return plain(moment)
    return f"{whole[:10]} {whole[11:16]} UTC"


def history_text(action: Action, written: Mapping[Address, Written]) -> str:
    """``changed 2026-11-29 15:42 UTC; applied 2026-11-28 09:00 UTC from commit 1a2b3c4d5e6f``, as far as it is known.

    The Space says when a resource was last changed, by any cause.
    """
    missing = action.reason == MISSING
    changed = f"last changed {minute_text(action.updated_at)}" if action.updated_at else ""
    at, commit = last_written(action, written)
    applied = f"applied {minute_text(at)}" if at else ""
    applied += f" from commit {plain(commit[:12])}" if at and commit else ""
    return "; ".join(part for part in ("" if missing else changed, applied) if part)
