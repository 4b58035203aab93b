"""A stream that another client adds between the plan and the write is not added a second time."""

import pytest

from reconciler.localspace import create_space, serve
from tests.commands.words import CREDENTIALS, MANIFESTS, Outside, actions, conference, room

URL = "rtmp://live.example.com/app/key-a"
OTHER = "rtmp://live.example.com/app/key-b"


class AddedMeanwhile:
    """A Space to which another client adds a stream, after the list of streams was answered."""

    def __init__(self, space, outside):
        self.space, self.outside = space, outside
        self.added = {}  # url by kind and name
        self.after = 1  # answers of a list
        self.requests = []

    def __getattr__(self, name):
        return getattr(self.space, name)

    def __call__(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        whole = list(self.space(environ, start_response))
        if path.endswith("/streams"):
            self.requests.append(method)
            if method == "GET" and self.requests.count("GET") == self.after:
                while self.added:
                    (kind, name), url = self.added.popitem()
                    self.outside.stream_to(kind, name, url)
        return whole


@pytest.fixture
def others(stack, kinds, monkeypatch):
    space = create_space(":memory:", kinds=kinds)
    stack.callback(space.close)
    served = AddedMeanwhile(space, Outside(space, kinds))
    server = stack.enter_context(serve(served, port=0))
    monkeypatch.setenv("SIGNALWIRE_SPACE", f"127.0.0.1:{server.port}")
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", CREDENTIALS[0])
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", CREDENTIALS[1])
    monkeypatch.setenv("STREAM", URL)
    return served


STREAMS = [{"url": "${env:STREAM}"}]


def urls(others, kind):
    return sorted(one["url"] for one in others.outside.streams(kind, "a"))


@pytest.mark.parametrize("saved", [False, True], ids=["made now", "saved"])
@pytest.mark.parametrize("declared", [room, conference], ids=["Room", "Conference"])
def test_the_same_stream_is_not_added_again(
    others, apply, declare, done, reconciler, declared, saved
):
    kind = declared("a")["kind"]
    apply(declared("a"))
    declare(declared("a", streams=STREAMS))
    if saved:
        done("plan", MANIFESTS, "--out", "saved.plan")
    others.requests.clear()
    others.added[kind, "a"] = URL

    command = ("apply", "--plan", "saved.plan") if saved else ("apply", MANIFESTS)
    ended = reconciler(*command, "--yes")

    assert (ended.code, urls(others, kind)) == (4, [URL])
    assert "was added by another client since the plan was made" in ended.out + ended.err
    assert "POST" not in others.requests
    assert URL not in ended.out + ended.err

    done("apply", MANIFESTS, "--yes")
    assert urls(others, kind) == [URL]
    assert actions(done("plan", MANIFESTS, "--format", "json").json) == []


def test_another_stream_does_not_hinder_one(others, apply, declare, reconciler):
    apply(room("a"))
    declare(room("a", streams=STREAMS))
    others.requests.clear()
    others.added["Room", "a"] = OTHER

    ended = reconciler("apply", MANIFESTS, "--yes")

    assert urls(others, "Room") == [URL, OTHER]
    assert ended.code == 4  # the plan afterwards shows the other one
    assert OTHER not in ended.out + ended.err


def test_a_list_is_read_once_for_each_addition_and_not_for_a_new_room(others, apply):
    apply(room("a", streams=STREAMS))
    assert others.requests == ["POST", "GET"]  # and the plan after it
    others.requests.clear()
    apply(room("a", streams=[*STREAMS, {"url": OTHER}]))
    assert others.requests == ["GET", "GET", "POST", "GET"]
