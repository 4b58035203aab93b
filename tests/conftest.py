"""What holds for every test: the same examples in CI each time, and how to repeat a failure."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True, print_blob=True, deadline=None)
settings.register_profile("default", print_blob=True, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "default")
