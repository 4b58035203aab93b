"""State record of what was applied: read, compare-and-swap, lock, journal."""

TYPE_CHECKING = False  # As in typing, but without the cost of importing it.
if TYPE_CHECKING:
    from reconciler.state.store import StateStore

__all__ = ["StateStore"]


def __getattr__(name: str) -> object:
    """Import the protocol on first use: a public path that no command needs at start."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415  # keeps the start fast

    return getattr(importlib.import_module("reconciler.state.store"), name)
