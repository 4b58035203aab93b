"""What stands in the package's own name."""

import pytest

from reconciler import state
from reconciler.state.store import StateStore


def test_the_protocol_of_a_store_is_a_name_of_the_package():
    assert state.StateStore is StateStore
    assert "StateStore" in state.__all__
    with pytest.raises(AttributeError, match="has no attribute 'Store'"):
        _ = state.Store
