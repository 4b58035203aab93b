"""Keep the video rooms of a SignalWire Space in git: declare, plan, apply, watch for drift.

The command line is ``reconciler``; programs use ``load`` and ``connect`` (see docs/library.md).
"""

TYPE_CHECKING = False  # as in typing, which takes longer to import than --version to answer
if TYPE_CHECKING:
    from reconciler.core.consent import Consent
    from reconciler.core.mass_changes import Limits, RecentChanges
    from reconciler.core.plan_model import Outcome, Plan
    from reconciler.core.refusal import Refusal
    from reconciler.core.resources import Address, Live
    from reconciler.engine.resource_facts import Fact
    from reconciler.engine.site_plan import SitePlan
    from reconciler.library import connect, kinds, load, load_values
    from reconciler.manifest.load import Loaded
    from reconciler.site import Site

__version__ = "0.1.0"
__all__ = [
    "Address",
    "Consent",
    "Fact",
    "Limits",
    "Live",
    "Loaded",
    "Outcome",
    "Plan",
    "RecentChanges",
    "Refusal",
    "Site",
    "SitePlan",
    "__version__",
    "connect",
    "kinds",
    "load",
    "load_values",
]


def __getattr__(name: str) -> object:
    """The library interface, imported on first use so that the command line starts quickly."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415  # where a program asks

    return getattr(importlib.import_module("reconciler.library"), name)
