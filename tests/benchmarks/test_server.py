import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

SERVER = Path(__file__).parents[2] / "benchmarks" / "server.py"
ROOMS = "/api/video/rooms"


@pytest.fixture
def space(request):
    """A client of a Space of so many rooms that answers so late."""
    size, latency = getattr(request, "param", (0, 0))
    with subprocess.Popen(
        [sys.executable, SERVER, str(size), str(latency)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            with httpx.Client(
                base_url=f"http://127.0.0.1:{process.stdout.readline().strip()}"
            ) as client:
                yield client
        finally:
            process.terminate()


def listed(space):
    """The pages of the list, each the names in it."""
    answer = space.get(ROOMS, params={"page_size": 1000}).json()
    found = [[room["name"] for room in answer["data"]]]
    while "next" in answer["links"]:
        answer = space.get(answer["links"]["next"]).json()
        found.append([room["name"] for room in answer["data"]])
    return found


def test_it_lists_what_was_created(space):
    assert listed(space) == [[]]
    answers = [
        space.post(ROOMS, json={"name": f"room-{number}", "layout": "5x5"}) for number in range(3)
    ]
    assert [
        (answer.status_code, answer.json()["name"], answer.json()["layout"]) for answer in answers
    ] == [(201, f"room-{number}", "5x5") for number in range(3)]
    assert listed(space) == [["room-0", "room-1", "room-2"]]
    assert len({answer.json()["id"] for answer in answers}) == 3


@pytest.mark.parametrize("space", [(1999, 0)], indirect=True)
def test_what_is_created_goes_onto_further_pages(space):
    assert [len(page) for page in listed(space)] == [1000, 999]
    for name in ("one", "another"):
        space.post(ROOMS, json={"name": name})
    assert [(len(page), page[-1]) for page in listed(space)] == [
        (1000, "room-000999"),
        (1000, "one"),
        (1, "another"),
    ]


@pytest.mark.parametrize("space", [(2, 0)], indirect=True)
def test_a_room_is_read_changed_and_deleted(space):
    room = space.get(f"{ROOMS}/room-000001").json()
    path = f"{ROOMS}/{room['id']}"
    assert space.get(path).json() == room
    assert space.put(path, json={"name": "renamed"}).json() == room | {"name": "renamed"}
    assert listed(space) == [["room-000000", "renamed"]]
    assert (
        space.get(f"{ROOMS}/room-000001").status_code,
        space.get(f"{ROOMS}/renamed").json()["id"],
    ) == (404, room["id"])
    assert (
        space.delete(path).status_code,
        space.delete(path).status_code,
        space.get(path).status_code,
    ) == (204, 404, 404)
    assert listed(space) == [["room-000000"]]
    assert space.get("/api/video/conferences").json() == {"links": {}, "data": []}


@pytest.mark.parametrize("space", [(0, 0.1)], indirect=True)
def test_each_request_waits_and_the_figures_do_not(space):
    begin = time.monotonic()
    space.post(ROOMS, json={"name": "lobby"})
    space.get(ROOMS)
    late = time.monotonic() - begin
    figures = httpx.get(f"{space.base_url}/figures").json()
    first, last = figures.pop("first_post"), figures.pop("last_post_answered")
    assert figures == {"connections": 1, "requests": {"POST": 1, "GET": 1}}
    assert late >= 0.2
    assert last - first >= 0.1
