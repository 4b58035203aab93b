"""The record of what was applied: what is ours, and as we last wrote it."""

from reconciler.state.local import LocalState
from reconciler.state.record import State, new_state

__all__ = ["LocalState", "State", "new_state"]
