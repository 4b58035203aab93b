"""The record of what was applied: read, compare-and-swap, lock, journal."""

TYPE_CHECKING = False  # as in typing, without the time that its import takes
if TYPE_CHECKING:
    from reconciler.state.store import StateStore

__all__ = ["StateStore"]


def __getattr__(name: str) -> object:
    """Import the protocol when it is asked for: a public path, and of no use to a start."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415  # only where a program asks

    return getattr(importlib.import_module("reconciler.state.store"), name)
