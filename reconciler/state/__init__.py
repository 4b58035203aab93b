"""The record of what was applied: what is ours, and as we last wrote it."""

from typing import TYPE_CHECKING

from reconciler.core.lazy import names_at_home

if TYPE_CHECKING:
    from reconciler.state.local import LocalState
    from reconciler.state.location import is_shared, store_at
    from reconciler.state.reading import state_in
    from reconciler.state.record import Entry, Stamp, State, aside, new_state, resource_out, state_document, state_out
    from reconciler.state.store import StateStore

__all__ = [
    "Entry",
    "LocalState",
    "Stamp",
    "State",
    "StateStore",
    "aside",
    "is_shared",
    "new_state",
    "resource_out",
    "state_document",
    "state_in",
    "state_out",
    "store_at",
]

names_at_home(
    __name__,
    {
        "local": "LocalState",
        "location": "is_shared store_at",
        "reading": "state_in",
        "record": "Entry Stamp State aside new_state resource_out state_document state_out",
        "store": "StateStore",
    },
)
