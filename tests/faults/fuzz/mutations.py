"""How good inputs become bad ones, and how long each property is tried.

`RECONCILER_FUZZ=60 pytest tests/faults/fuzz` tries each for a minute.
"""

import copy
import os
import random
import re
import time

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests import effort

SECONDS = float(os.environ.get("RECONCILER_FUZZ") or 0)
UNWANTED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
TOKENS = [
    *(
        b"\x00 \n \r\n \t \xff \xc3 \xed\xa0\x80 \xef\xbb\xbf \xe2\x80\xae \x1b[2J \xf0\x9f\x98\x80".split(
            b" "
        )
    ),
    *(b"\" ' \\ { } [ ] , : - # & * ! | > ? % @ ` --- ... << ${ ${env:X} ${var:x}".split(b" ")),
    *(
        b"null true NaN -Infinity 1e999 -0 00 0x10 1:00 9999999999999999999 2022-13-45 ../../x \\ud800 &a *a <<: !!python/object".split(
            b" "
        )
    ),
    b"<<<<<<< HEAD\n",
    b"9" * 5000,
    b"[" * 2000,
    b'{"a":' * 2000,
    b"- " * 500,
    b"x" * 3001,
]
VALUES = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        1e308,
        10**30,
        "",
        "0",
        "x",
        "\x1b[2J\u202e\n::error::",
        "../../x?y#z",
        "\ud800",
        "x" * 3001,
    ),
    *(
        [],
        {},
        [None],
        {"": None},
        {"a": {"b": ["c"]}},
        "11111111-2222-3333-4444-555555555555",
        "2027-01-01T00:00:00Z",
    ),
]

_places = st.integers(0, 2**20)
_change = st.tuples(
    st.sampled_from(["flip", "cut", "copy", "put", "over", "stop", "join"]),
    _places,
    st.integers(0, 64),
    st.sampled_from(TOKENS),
)


def _changed(content, corpus, change):
    deed, place, size, token = change
    at = place % (len(content) + 1)
    before, after = content[:at], content[at:]
    rests = {
        "flip": bytes(byte ^ (1 << (size % 8)) for byte in after[:1]) + after[1:],
        "cut": after[size:],
        "copy": after[:size] * 2 + after[size:],
        "put": token + after,
        "over": token + after[len(token) :],
        "stop": b"",
        "join": corpus[place % len(corpus)][size:],
    }
    return before + rests[deed]


@st.composite
def spoilt_bytes(draw, corpus):
    """One of the corpus, with a few things done to its bytes."""
    content = draw(st.sampled_from(corpus))
    for change in draw(st.lists(_change, max_size=5)):
        content = _changed(content, corpus, change)
    return content


def _nodes(document, inside=None, key=None):
    """Where each value stands: (the list or object it is in, its key)."""
    if inside is not None:
        yield inside, key
    pairs = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for inner_key, value in pairs:
        yield from _nodes(value, document, inner_key)


def _respelled(document, deed, place, value):
    nodes = list(_nodes(document))
    if not nodes:
        return
    inside, key = nodes[place % len(nodes)]
    if deed == "drop":
        del inside[key]
    elif deed == "twice" and isinstance(inside, list):
        inside.insert(key, copy.deepcopy(inside[key]))
    elif deed == "more" and isinstance(inside, dict):
        inside[str(value)[:20]] = value
    else:
        inside[key] = copy.deepcopy(value)


@st.composite
def spoilt_values(draw, corpus):
    """One of the corpus of JSON values, with a few values taken out, doubled, or replaced."""
    document = copy.deepcopy(draw(st.sampled_from(corpus)))
    deeds = st.tuples(
        st.sampled_from(["drop", "twice", "more", "put", "put", "put"]),
        _places,
        st.sampled_from(VALUES),
    )
    for deed, place, value in draw(st.lists(deeds, min_size=1, max_size=3)):
        _respelled(document, deed, place, value)
    return document


def fuzzed(strategy, examples=100):
    """Make a test of a property: ``examples`` inputs, the same each time; as many as there is time for where that is asked for."""
    quick = settings(
        max_examples=effort.examples(examples),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    long = settings(
        quick, derandomize=False, max_examples=500, phases=(Phase.generate, Phase.shrink)
    )

    def made(holds):
        def test():
            quick(given(strategy)(holds))()
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                seed(random.SystemRandom().randrange(2**32))(long(given(strategy)(holds)))()

        test.__name__, test.__doc__ = holds.__name__, holds.__doc__
        return test

    return made
