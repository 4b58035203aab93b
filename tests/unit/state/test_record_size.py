"""What is too large to be read is not written, and said in words."""

import pytest

from reconciler.core.errors import StateError
from reconciler.core.resources import Address, Applied
from reconciler.state.decode import decode_state
from reconciler.state.record import Entry, encode_state, new_state
from reconciler.state.record_size import MOST_PARTS, size_fault

ROOM = Address("Room", "a")
ID = "00000000-0000-4000-8000-000000000001"


def with_tags(*tags, state=None):
    state = state or new_state("local", "local")
    return state.with_entries(Entry(Applied(ROOM, ID, {"tags": list(tags)})))


# Text, how often it is repeated, and what follows it.
TOO_LARGE = {
    "values": (",", MOST_PARTS + 1, " " * 9_000_000, "it has more than 3,000,000 parts"),
    "escapes": ("\\", MOST_PARTS + 1, " " * 9_000_000, "it has more than 3,000,000 parts"),
    "wide": (
        "x",
        34_000_000,
        "\N{GRINNING FACE}",
        "its 34,000,001 characters take more than 128 MiB of memory",
    ),
}


@pytest.mark.parametrize("case", TOO_LARGE)
def test_it_is_refused_before_it_is_parsed(case):
    repeated, times, end, why = TOO_LARGE[case]
    text = repeated * times + end
    with pytest.raises(StateError, match=f"r.json: is too large for a state: {why}"):
        decode_state(text, where="r.json", edited=True)


def test_what_cannot_be_read_is_not_written(local):
    local.write(with_tags("x"))
    before = local.read()

    with pytest.raises(StateError, match="would be too large for a state: it has more than"):
        # The commas of a text count too, and take less time to write than a list.
        local.write(with_tags("," * MOST_PARTS + " " * 9_000_000, state=before))

    assert local.read() == before


def test_ten_thousand_rooms_are_not_even_counted():
    text = encode_state(with_tags(*(f"room-{number}" for number in range(10_000))))

    assert size_fault(text) == ""
    assert size_fault("," * MOST_PARTS + " " * 9_000_000) == ""
