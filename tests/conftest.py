"""What holds for every test: the same examples in CI each time, and how to repeat a failure."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True, print_blob=True, deadline=None)
settings.register_profile("default", print_blob=True, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_make_parametrize_id(val):
    """A long text is known by its beginning: whole, it may differ from worker to worker, and older releases of pytest keep it whole."""
    return val[:60] if isinstance(val, str) and len(val) > 100 else None
