"""Values that no output shows: texts about an answer."""

import json
from urllib.parse import quote

import pytest

from reconciler.core.resources import Address, Desired, Secret
from reconciler.space.hidden_values import HiddenValues
from reconciler.space.responses import Answer

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


@pytest.mark.parametrize(
    ("secret", "given_back"),
    [
        ("caf\xe9-key-12", "CAF\xc9-KEY-12"),
        ("caf\xe9-key-12", "cafe\u0301-key-12"),
        ("stra\xdfe-key12", "STRASSE-KEY12"),
        ("\u0131-key-1234", "I-KEY-1234"),
    ],
)
def test_a_refusal_hides_a_secret_in_other_letters_and_accents(secret, given_back):
    hidden = HiddenValues(["token-1234"])
    answer = Answer(
        "POST /rooms",
        422,
        {},
        json.dumps({"errors": [{"message": f"not {given_back} here"}]}).encode(),
    )
    early = hidden.refusal(answer, frozenset())
    hidden.declare([Desired(Address("Room", "hall"), {"display_name": Secret(secret)}, {})])
    late = hidden.refusal(answer, frozenset())
    assert str(early) == str(late) == late.message
    assert "not (secret) here" in late.message
