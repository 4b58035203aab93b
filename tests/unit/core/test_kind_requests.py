import pytest

from reconciler.core.kind_requests import Envelope, ReadOnlyList, envelope_in, paths_in


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({}, {}),
        (
            {"collection": "/a", "item": "/a/{id}", "lookup": "/a/{name}"},
            {
                "collection": "/a",
                "item": "/a/{id}",
                "lookup": "/a/{name}",
                "deletion": "/a/{id}",
            },
        ),
        (
            {"base": "/v1", "collection": "/a", "item": "/a/{id}", "delete": "/b/{id}"},
            {"collection": "/v1/a", "item": "/v1/a/{id}", "deletion": "/v1/b/{id}"},
        ),
        (
            {"base": "/v1", "parents": {"Room": "/rooms/{id}/a"}},
            {"parents": {"Room": "/v1/rooms/{id}/a"}},
        ),
    ],
)
def test_each_path_stands_below_the_base_and_what_is_not_said_is_empty(block, expected):
    nothing = {"collection": "", "item": "", "lookup": "", "deletion": "", "parents": {}}
    assert paths_in(block) == nothing | expected


def test_an_envelope_is_what_the_block_says():
    assert envelope_in({}) is None
    assert envelope_in({"envelope": {"field": "room"}}) == Envelope("room", (), {})
    written = {"field": "room", "beside": ["url"], "renamed": {"room_id": "id"}}
    assert envelope_in({"envelope": written}) == Envelope("room", ("url",), {"room_id": "id"})


def test_what_is_not_said_of_an_envelope_or_a_list():
    assert Envelope("room") == Envelope("room", (), {})
    assert ReadOnlyList("/a") == ReadOnlyList("/a", "", {})
