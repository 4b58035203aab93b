"""Lists that are begun ahead: what comes is the same, an error belongs to whoever takes the list, and leaving ends it."""

import threading

import httpx
import pytest

from reconciler import catalog
from reconciler.core.errors import ServerError
from reconciler.space.client import reader
from reconciler.space.clock import Clock
from reconciler.space.observe import observe
from reconciler.space.prefetch import listings
from reconciler.space.target import target

KINDS = catalog.kinds()
BOTH = ("Room", "Conference")


def room(number):
    return {"id": f"00000000-0000-4000-8000-{number:012d}", "name": f"r{number}", "layout": "2x1"}


def page(*elements, following=None):
    return httpx.Response(
        200,
        json={
            "links": {"next": f"?page_token={following}"} if following else {},
            "data": list(elements),
        },
    )


def client(answer):
    return reader(
        target("local", project="p", token="t"),
        clock=Clock(sleep=lambda _: None),
        _transport=httpx.MockTransport(answer),
    )


def three_pages(request):
    if not request.url.path.endswith("/rooms"):
        return page()
    number = int(request.url.params.get("page_token", 0))
    return page(
        room(2 * number), room(2 * number + 1), following=number + 1 if number < 2 else None
    )


def test_what_was_begun_ahead_is_what_would_have_been_listed():
    with client(three_pages) as on:
        now = observe(on, KINDS, wanted=BOTH)
        with listings(on, KINDS, wanted=BOTH) as lists:
            assert observe(on, KINDS, wanted=BOTH, lists=lists) == now
    assert [one.address.name for one in now] == [f"r{number}" for number in range(6)]


def test_the_requests_are_made_before_anybody_takes_a_list():
    asked, last = [], threading.Event()

    def answer(request):
        asked.append((request.url.path, request.url.params.get("page_token")))
        if len(asked) == 4:
            last.set()
        return three_pages(request)

    with client(answer) as on, listings(on, KINDS, wanted=BOTH):
        assert last.wait(5)
    assert sorted(asked, key=str) == [
        ("/api/video/conferences", None),
        ("/api/video/rooms", "1"),
        ("/api/video/rooms", "2"),
        ("/api/video/rooms", None),
    ]


def test_an_error_belongs_to_whoever_takes_the_list():
    with (
        client(lambda _: httpx.Response(500)) as on,
        listings(on, KINDS, wanted=["Room"]) as lists,
        pytest.raises(ServerError),
    ):
        lists["Room"]()


def test_who_leaves_ends_what_nobody_takes():
    asked, inside = [], threading.Event()

    def endless(request):
        asked.append(request)
        inside.set()
        threading.Event().wait(0.02)
        return page(room(len(asked)), following=len(asked))

    with client(endless) as on:
        with listings(on, KINDS, wanted=["Room"]):
            inside.wait(5)
        there = len(asked)
        threading.Event().wait(0.1)
        assert len(asked) == there


def test_a_list_that_is_taken_again_is_read_again():
    names = iter(("r1", "r2"))

    def answer(request):
        if not request.url.path.endswith("/rooms"):
            return page()
        return page(room(1) | {"name": next(names)})

    with client(answer) as on, listings(on, KINDS, wanted=BOTH) as lists:
        seen = [observe(on, KINDS, wanted=BOTH, lists=lists) for _ in range(2)]
    assert [[one.address.name for one in each] for each in seen] == [["r1"], ["r2"]]
