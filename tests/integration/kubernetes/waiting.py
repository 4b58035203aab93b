"""Waiting for what the API server does a moment later."""

import time

from tests.integration.kubernetes.api import Refusal


def until(look, *, seconds=30.0):
    """The first result of ``look`` that is true; Refusals meanwhile are passed over."""
    end = time.monotonic() + seconds
    while True:
        try:
            found = look()
        except Refusal as refusal:
            found, last = None, refusal
        else:
            last = found
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(last)
        time.sleep(0.05)
