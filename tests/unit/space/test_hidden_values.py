"""Values that no output shows: texts about an answer."""

from urllib.parse import quote

import pytest

from reconciler.core.resources import Address, Desired, Secret
from reconciler.space.hidden_values import HiddenValues

VALUE = "q7Zk=^w9 or more"


@pytest.fixture
def hidden():
    values = HiddenValues(())
    values.declare([Desired(Address("Room", "a"), {"description": Secret(VALUE)}, {}, {})])
    return values


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (f"the answer has {VALUE}", "the answer has (secret)"),
        (f"at {quote(VALUE)} now", "at (secret) now"),
        # A spelling in a spelling: the word that holds it goes, and the rest of the sentence stays.
        (f"at {quote(quote(VALUE))} now", "at (secret) now"),
        (f"scope={quote(quote(VALUE))}", "(secret)"),
        ("nothing of it here", "nothing of it here"),
        ("", ""),
    ],
)
def test_a_text_about_an_answer(hidden, given, shown):
    assert hidden.text(given) == shown
