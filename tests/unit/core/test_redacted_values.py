"""Values in the place of a secret are hidden."""

import pytest

from reconciler.core.redacted_values import (
    redacted_like,
    sealed_like,
)
from reconciler.core.resources import Sealed, Secret

SECRET, SEALED, HIDDEN = Secret("s"), Sealed("d"), Secret("x")
NEVER = object()  # nothing was applied


@pytest.mark.parametrize(
    ("live", "wanted", "applied", "seen"),
    [
        ("x", "x", "x", "x"),
        # In the place of a secret every text and number is one, and null is null.
        ("x", SECRET, NEVER, HIDDEN),
        ("x", SEALED, NEVER, HIDDEN),
        (7, SECRET, NEVER, Secret("\0" + "7")),
        (None, SECRET, SEALED, None),
        ({"a": "x", "b": ["x", None]}, SECRET, NEVER, {"a": HIDDEN, "b": [HIDDEN, None]}),
        # What was a secret stays one until the manifest shows that very text.
        ("x", None, SEALED, HIDDEN),
        ("x", "y", SEALED, HIDDEN),
        ("x", "x", SEALED, "x"),
        # Inside of an object, each place by itself.
        ({"a": "x", "b": "x"}, {"a": SECRET}, NEVER, {"a": HIDDEN, "b": "x"}),
        ({"a": "x", "b": "x"}, None, {"b": SEALED}, {"a": "x", "b": HIDDEN}),
        ({"a": {"b": "x"}}, {"a": {"b": SECRET}}, NEVER, {"a": {"b": HIDDEN}}),
        ({"a": "x"}, {"a": "x"}, {"a": SEALED}, {"a": "x"}),
        # In a list items move: one secret hides all texts, and no number.
        (["x", 1, {"a": "x"}], [SECRET], NEVER, [HIDDEN, 1, {"a": HIDDEN}]),
        (["x", 1], ["y", 1], [SEALED, 1], [HIDDEN, 1]),
        (["x", 1], ["x", 1], [SEALED, 1], ["x", 1]),
        (["x"], ["y"], ["z"], ["x"]),
        # An object that became a text may be one of its own secrets.
        ("x", {"a": SECRET}, NEVER, HIDDEN),
        ("x", None, {"a": SEALED}, HIDDEN),
        ("x", {"a": "y"}, {"a": "z"}, "x"),
    ],
)
def test_a_live_value_is_hidden_where_a_secret_was_or_is_meant(live, wanted, applied, seen):
    found = redacted_like(live, wanted, applied)
    assert found == seen
    assert type(found) is type(seen)
    if applied is NEVER:
        assert redacted_like(live, wanted) == seen


def test_what_is_hidden_is_compared_by_its_seal():
    key = b"k" * 32
    assert sealed_like("x", SECRET, key=key) == Secret("x").sealed(key)
    assert sealed_like("x", "y", key=key) == "x"
    assert sealed_like({"a": "x"}, {"a": SEALED}, key=key) == {"a": Secret("x").sealed(key)}
