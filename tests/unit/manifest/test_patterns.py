"""Paths with wildcards are told from others."""

import re

from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.patterns import is_pattern


@given(st.text("*?[]!/a.é\n"))
def test_a_wildcard_is_seen_as_by_a_pattern(path):
    assert is_pattern(path) == bool(re.search(r"[*?\[]", path))
