"""What does not show is refused in manifests, as it is and as an escape, in values, keys and comments."""

import pytest

from reconciler import catalog
from reconciler.manifest.load import load

HIDDEN = [
    "\u034f",
    "\ufe01",
    "\u180b",
    "\u115f",
    "\u17b4",
    "\ufff0",
    "\U000e0141",
    "\U0001d173",
    "\u202e",
    "\u200b",
]


def loaded(text):
    return load(["-"], kinds=catalog.kinds(), variables={}, environment={}, stdin=text.encode)


def room(spec, comment=""):
    return f"apiVersion: reconciler.dev/v1\nkind: Room{comment}\nmetadata:\n  name: a\nspec:\n  {spec}\n"


@pytest.mark.parametrize("character", HIDDEN, ids=lambda one: f"U+{ord(one):04X}")
def test_it_is_refused_wherever_it_stands(character):
    escape = f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
    for text in (
        room(f"description: Stand{character}up"),
        room(f'description: "Stand{escape}up"'),
        room(f'meta: {{"a{escape}": 1}}'),
        room("description: x", f"   # {character}"),
    ):
        (problem, *_) = loaded(text).problems
        assert f"U+{ord(character):04X}" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "\u2764\ufe0f",
        "1\ufe0f\u20e3",
        "\U0001f469\u200d\U0001f4bb",
        "\u0645\u06cc\u200c\u062e",
        "caf\u00e9",
    ],
)
def test_what_shows_is_taken(text):
    assert loaded(room(f"description: {text}")).problems == ()
