"""Keep the video rooms of a SignalWire Space in git: declare, plan, apply, watch for drift."""

__version__ = "0.1.0"
