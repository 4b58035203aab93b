from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import yaml

from reconciler import catalog
from reconciler.localspace import Settings, create_space, serve


class Clock:
    """The time of day, which moves only when a test moves it."""

    def __init__(self):
        self.now = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self):
        return self.now

    def move(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def kinds():
    return catalog.kinds()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def stack():
    with ExitStack() as entered:
        yield entered


@pytest.fixture
def make(stack, kinds, clock):
    """Make a local Space in memory, or in ``database``; knobs are keywords."""

    def made(*, database=":memory:", credentials=None, of=None, **knobs):
        space = create_space(
            database,
            kinds=of or kinds,
            knobs=Settings(**{"seed": 7, **knobs}),
            clock=clock,
            credentials=credentials,
        )
        stack.callback(space.close)
        return space

    return made


@pytest.fixture
def space(make):
    return make()


@pytest.fixture
def client_of(stack):
    """A client of a Space in process."""

    def client(space, auth=("project", "token"), base="/api/video"):
        return stack.enter_context(
            httpx.Client(
                transport=httpx.WSGITransport(space), base_url=f"http://local.test{base}", auth=auth
            )
        )

    return client


@pytest.fixture
def api(client_of, space):
    return client_of(space)


@pytest.fixture
def served(stack):
    """A client of a Space on a port."""

    def client(space, base="/api/video", **options):
        server = stack.enter_context(serve(space, port=0))
        return stack.enter_context(
            httpx.Client(
                base_url=f"http://127.0.0.1:{server.port}{base}", auth=("p", "t"), **options
            )
        )

    return client


def read_published(name):
    """A published OpenAPI document, where the project stands beside it."""
    path = Path(__file__).parents[3].parent / "shared" / "signalwire" / name
    if not path.exists():
        pytest.skip(f"the published document is not here (../shared/signalwire/{name})")
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


@pytest.fixture(scope="session")
def published():
    """The published document of the Video API."""
    return read_published("video-openapi.yaml")


@pytest.fixture(scope="session")
def published_fabric():
    """The published document of Fabric conference rooms."""
    return read_published("fabric-conference-rooms-openapi.yaml")


def complaints(answer):
    """The 422 answer as (code, attribute) pairs."""
    assert answer.status_code == 422, answer.text
    return [(error["code"], error["attribute"]) for error in answer.json()["errors"]]


@pytest.fixture(name="complaints")
def complaints_fixture():
    return complaints
