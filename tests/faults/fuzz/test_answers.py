"""Whatever the Space answers, through the real client: resources, or a ReconcilerError in harmless words; no request leaves its origin."""

import gzip
import itertools
import json

import httpx
from hypothesis import strategies as st
from werkzeug.test import Client

from reconciler import catalog
from reconciler.core.errors import ReconcilerError
from reconciler.core.kinds import resources
from reconciler.localspace import Settings, create_space
from reconciler.reports.text.problems import error_text
from reconciler.space.client import writer
from reconciler.space.clock import Clock
from reconciler.space.observe import fetch, find, observe
from reconciler.space.session_members import members
from reconciler.space.target import target
from reconciler.space.timeouts import Timeouts
from tests.commands.words import CREDENTIALS, Outside
from tests.faults.fuzz.mutations import UNWANTED, fuzzed, spoilt_bytes, spoilt_values

KINDS = catalog.kinds()
SPACE = "example.signalwire.com"
KEY = "k3y-canary"


def _answers():
    """One answer of each sort that the local Space gives, with its status."""
    space = create_space(":memory:", kinds=KINDS, knobs=Settings(seed=5))
    outside = Outside(space, KINDS)
    client = Client(space)
    room = outside.create("Room", name="a", meta={"team": ["x", {"y": 1}]})
    outside.create("Room", name="b")
    outside.create("Conference", name="hall", display_name="Hall")
    outside.stream_to("Conference", "hall", f"rtmp://live.example/app/{KEY}")
    session = space.start_session("Room", "a", members=2)
    hall = outside.get("Conference", "hall")["id"]
    asked = [
        *(
            "/rooms?include_active_session=true",
            "/rooms?page_size=1",
            "/conferences",
            f"/rooms/{room['id']}",
            "/rooms/a",
            "/rooms/none",
        ),
        *(
            f"/conferences/{hall}/streams",
            f"/room_sessions/{session}/members",
            "/rooms?page_size=x",
        ),
    ]
    found = [client.get(f"/api/video{path}", auth=CREDENTIALS) for path in asked]
    found.append(client.get("/api/video/rooms"))
    space.close()
    return [(answer.status_code, answer.get_data()) for answer in found], room["id"]


ANSWERS, ID = _answers()
BODIES = [body for _, body in ANSWERS]
STATUSES = [
    *(status for status, _ in ANSWERS),
    201,
    204,
    301,
    400,
    409,
    422,
    429,
    500,
    503,
    199,
    299,
    999,
]
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(["application/json", "text/html", "\x00"]),
        "content-encoding": st.sampled_from(["gzip", "br", "identity", "gzip, gzip", "x"]),
        "location": st.sampled_from(["https://evil.example/", "//[", "/x", "\x1b[2J"]),
        "retry-after": st.sampled_from(
            ["0", "-1", "1e9", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "soon", "\u0661"]
        ),
        "x-request-id": st.sampled_from(["r1", "\x1b[2J", "x" * 5000, f"{CREDENTIALS[1]}"]),
        "date": st.sampled_from(
            ["Fri, 20 Nov 2026 10:00:00 GMT", "yesterday", "Fri, 31 Dec 0000 23:59:59 -9999"]
        ),
    },
)
CALLS = (
    lambda client: observe(
        client,
        KINDS,
        wanted=[kind.name for kind in resources(KINDS)],
        children_of=lambda _: True,
        parallel=1,
    ),
    lambda client: fetch(client, KINDS["Room"], ID, KINDS, with_children=True),
    lambda client: find(client, KINDS["Room"], "a", KINDS),
    lambda client: find(client, KINDS["Conference"], "hall", KINDS),
    lambda client: members(client, ID),
    lambda client: client.post("/rooms", {"name": "a"}),
    lambda client: client.put(f"/rooms/{ID}", {"name": "a"}),
    lambda client: client.delete(f"/rooms/{ID}"),
)


class Wire:
    """Answers each request with the next of its answers, round and round, and sees that none is sent elsewhere."""

    def __init__(self, answers):
        self.answers = itertools.cycle(answers)
        self.now = 0.0

    def __call__(self, request):
        assert (request.url.scheme, request.url.host) == ("https", SPACE)
        assert request.url.path.startswith("/api/")
        status, headers, body = next(self.answers)
        packed = (
            gzip.compress(body)[: len(body) + 30]
            if headers.get("content-encoding") == "gzip"
            else body
        )
        # As bytes: a server may send in a header what no text should hold.
        raw = [
            (name.encode(), value.encode("utf-8", "surrogatepass"))
            for name, value in headers.items()
        ]
        return httpx.Response(status, headers=raw, stream=httpx.ByteStream(packed))

    def sleep(self, seconds):
        self.now += seconds

    @property
    def clock(self):
        return Clock(lambda: self.now, lambda: self.now, self.sleep, lambda: 0.5)


def survives(answers):
    """Every call ends with what it is for, or with a ReconcilerError that tells nothing secret and acts on no terminal."""
    for call in CALLS:
        wire = Wire(answers)
        where = target(SPACE, project=CREDENTIALS[0], token=CREDENTIALS[1])
        with writer(
            where,
            clock=wire.clock,
            timeouts=Timeouts(call=20),
            _transport=httpx.MockTransport(wire),
        ) as client:
            try:
                call(client)
            except ReconcilerError as error:
                said = error_text(error)
                assert UNWANTED.search(said) is None
                assert CREDENTIALS[1] not in said
                assert len(said) < 10_000


answers = st.tuples(
    st.sampled_from(STATUSES[:10]) | st.sampled_from(STATUSES), HEADERS, spoilt_bytes(BODIES)
)
respelled = st.tuples(
    st.just(200),
    st.just({}),
    spoilt_values([json.loads(body) for body in BODIES]).map(lambda one: json.dumps(one).encode()),
)


def test_the_answers_themselves_are_taken():
    wire = Wire([(200, {}, BODIES[2])])
    where = target(SPACE, project=CREDENTIALS[0], token=CREDENTIALS[1])
    with writer(where, clock=wire.clock, _transport=httpx.MockTransport(wire)) as client:
        assert [live.address.name for live in observe(client, KINDS, wanted=["Conference"])] == [
            "hall"
        ]


@fuzzed(st.lists(answers, min_size=1, max_size=3), examples=60)
def test_other_bytes(given):
    survives(given)


@fuzzed(st.lists(respelled, min_size=1, max_size=3), examples=60)
def test_other_values(given):
    survives(given)
