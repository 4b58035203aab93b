"""Answers that nobody thought of: whatever comes, it is taken or it is an error of our own; never a crash, never a hang."""

import json

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.errors import ReconcilerError
from reconciler.space.client import writer
from reconciler.space.clock import Clock
from reconciler.space.live_resource import as_live
from reconciler.space.observe import fetch, find, observe
from reconciler.space.session_members import members
from reconciler.space.target import target
from tests.effort import examples
from tests.unit.space.canaries import leaks
from tests.unit.space.hostile import ID, KINDS, OTHER, ROOM, SECRET, TOKEN, WHOLE

WHERE = target("example.signalwire.com", project="project", token=TOKEN)
LINKS = {"self": "x", "first": "x", "next": "?page_token=A"}
STREAM = {"id": OTHER, "url": SECRET, "width": 1280}
SESSION = {"id": OTHER, "status": "in-progress"}
GOOD = [
    {
        "links": LINKS,
        "data": [WHOLE | {"active_session": SESSION}, WHOLE | {"id": OTHER, "name": "hall"}],
    },
    {"links": {"self": "x", "first": "x"}, "data": [STREAM]},
    WHOLE,
    STREAM,
    {"error": f"no {SECRET}"},
    {
        "errors": [
            {
                "type": "x",
                "code": "invalid_parameter",
                "message": f"{SECRET} is bad",
                "attribute": "url",
                "url": "x",
            }
        ]
    },
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([ID, OTHER, "", "..", "?page_token=B", TOKEN]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "data", "links", "next", "url", "name", "a"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


def places(node, path=()):
    """The way to every value in a JSON document."""
    yield path
    inner = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, value in inner:
        yield from places(value, (*path, key))


def with_value(node, path, value):
    """The document with another value in one place; ``...`` takes the place away."""
    if not path:
        return None if value is ... else value
    copy = dict(node) if isinstance(node, dict) else list(node)
    if len(path) == 1 and value is ...:
        del copy[path[0]]
    else:
        copy[path[0]] = with_value(node[path[0]], path[1:], value)
    return copy


@st.composite
def bodies(draw):
    document = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(list(places(document))))
        document = with_value(document, path, draw(VALUES | st.just(...)))
    body = json.dumps(document).encode()
    for at in draw(st.lists(st.integers(0, len(body)), max_size=2)):
        body = body[:at] + draw(st.binary(max_size=3)) + body[at + draw(st.integers(0, 3)) :]
    return body


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "Retry-After",
                "Date",
                "Location",
                "X-Request-ID",
                "X-RateLimit-Limit",
                "X-RateLimit-Remaining",
                "X-RateLimit-Reset",
            ]
        ),
        st.sampled_from(
            [
                "0",
                "-1",
                "nan",
                "1e309",
                "Sun, 06 Nov 1994 08:49:37 GMT",
                "http://[",
                TOKEN,
                "x" * 300,
                "",
            ]
        )
        | st.text("az09:/?. ", max_size=9),
    ),
    max_size=4,
)
ANSWERS = st.lists(
    st.tuples(
        st.sampled_from([200, 200, 200, 201, 204, 301, 400, 401, 404, 422, 429, 500, 503]),
        HEADERS,
        bodies(),
    ),
    min_size=1,
    max_size=4,
)
PATH = f"/rooms/{ID}"
ASKS = {
    "observe": lambda client: observe(
        client, KINDS, wanted=["Room"], children_of=lambda _: True, parallel=1
    ),
    "fetch": lambda client: fetch(client, ROOM, ID, KINDS, with_children=True),
    "find": lambda client: find(client, ROOM, "lobby", KINDS),
    "members": lambda client: members(client, ID),
    "create": lambda client: as_live(
        ROOM, client.post("/rooms", {"name": "lobby"}), request="POST /rooms"
    ),
    "update": lambda client: as_live(
        ROOM, client.put(PATH, {"layout": "1x1"}), request=f"PUT {PATH}"
    ),
    "delete": lambda client: client.delete(PATH),
}


@settings(max_examples=examples(400))
@given(st.sampled_from(sorted(ASKS)), ANSWERS)
def test_whatever_comes_is_taken_or_is_an_error_of_ours(asked, answers):
    now, sent, told = [0.0], [], []

    def sleep(seconds):
        now[0] += seconds

    def answer(request):
        sent.append(request)
        status, headers, body = answers[min(len(sent), len(answers)) - 1]
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    clock = Clock(lambda: now[0], lambda: now[0], sleep, lambda: 0.5)
    with writer(
        WHERE,
        clock=clock,
        trace=told.append,
        on_wait=told.append,
        _transport=httpx.MockTransport(answer),
    ) as client:
        try:
            told.append(
                repr(ASKS[asked](client))
                if asked in ("members", "delete")
                else str(type(ASKS[asked](client)))
            )
        except ReconcilerError as error:
            told.append(f"{error!r} {error.message} {error.hint} {vars(error)}")
    assert leaks("\n".join(told), TOKEN) == []
    assert {(request.url.host, request.headers["host"]) for request in sent} <= {
        (WHERE.space, WHERE.space)
    }
    assert len(sent) < 100
