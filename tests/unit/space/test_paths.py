import pytest

from reconciler.core.errors import ReconcilerError
from reconciler.space.paths import checked, checked_item, expand

ID = "c22d24f6-5a47-4597-9a23-c7d01e696b92"


def test_parts_are_filled_in():
    assert expand("/rooms/{id}/streams", id=ID) == f"/rooms/{ID}/streams"
    assert expand("/rooms/{name}", name="Town_hall-2") == "/rooms/Town_hall-2"
    assert expand("/rooms") == "/rooms"


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        "..",
        "../rooms",
        "lobby",
        ID + "\n",
        ID + "/",
        ID + "?x",
        ID + "#",
        " " + ID,
        ID.replace("-", ""),
        "{id}",
        None,
        7,
    ],
)
def test_an_id_is_a_uuid_and_nothing_else(value):
    with pytest.raises(ReconcilerError, match="nothing was sent"):
        expand("/rooms/{id}", id=value)


@pytest.mark.parametrize(
    "value", ["", ".", "..", "a/b", "a\n", "a b", "é", "a%2fb", "a?b", "a#b", "a\\b", ID, None]
)
def test_a_name_is_a_name_and_nothing_else(value):
    with pytest.raises(ReconcilerError, match="nothing was sent"):
        expand("/rooms/{name}", name=value)


def test_a_part_that_is_missing_is_refused():
    with pytest.raises(ReconcilerError, match="nothing was sent"):
        expand("/rooms/{id}", name="lobby")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "rooms",
        "/rooms/",
        "//rooms",
        "/rooms/..",
        "/rooms/./x",
        "/rooms?x",
        "/rooms#x",
        "/rooms\n",
        "/rooms/%2e%2e",
        "https://evil.example/rooms",
    ],
)
def test_paths_that_are_never_sent(path):
    with pytest.raises(ReconcilerError, match="nothing was sent"):
        checked(path)


@pytest.mark.parametrize("path", ["/rooms", "/rooms/lobby", "/rooms/"])
def test_a_write_needs_one_resource_by_id(path):
    with pytest.raises(ReconcilerError, match="nothing was sent"):
        checked_item(path)
