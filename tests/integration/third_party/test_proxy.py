"""The way out of a company through tinyproxy, a proxy that others wrote: to the Space, and to an object store."""

import os

import pytest
import trustme

from reconciler.core.errors import ReconcilerError, StateError
from reconciler.core.network_access import access
from reconciler.space.client import writer
from reconciler.space.clock import Clock
from reconciler.space.target import target
from reconciler.state.backends.object_store import ObjectBackend
from tests.integration.third_party import servers
from tests.unit.space.canaries import leaks
from tests.unit.space.proxies import Behind, ConnectProxy

SPACE = "example.signalwire.com"
ID = "c22d24f6-5a47-4597-9a23-c7d01e696b92"
TOKEN, PASSWORD = "PTcanary-token-0123456789", "canary-of-the-proxy"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"

pytestmark = pytest.mark.slow


@pytest.fixture
def authority(tmp_path):
    made = trustme.CA(organization_name="Example Ltd")
    made.cert_pem.write_to_path(str(tmp_path / "company.pem"))
    return made


@pytest.fixture
def way(tmp_path):
    """The environment of a machine that reaches the world through tinyproxy alone."""

    def variables(port, password=PASSWORD):
        user = f"ada:{password}@" if password else ""
        return {
            "HTTPS_PROXY": f"http://{user}127.0.0.1:{port}",
            "SSL_CERT_FILE": str(tmp_path / "company.pem"),
        }

    return variables


def client(variables):
    where = target(SPACE, project="project", token=TOKEN)
    return writer(where, clock=Clock(sleep=lambda _: None), access=access(variables))


def test_the_space_is_reached_and_the_proxy_sees_no_credentials(authority, way):
    with (
        Behind(authority, SPACE) as space,
        ConnectProxy(space.port) as world,
        servers.tinyproxy(world.port, user="ada", password=PASSWORD) as (port, log),
        client(way(port)) as on,
    ):
        assert [on.post("/rooms", {"name": "a"}), on.get(f"/rooms/{ID}")] == [{"id": ID}] * 2
        assert [head.split(b" ")[0] for head in space.heads] == [b"POST", b"GET"]
        assert leaks((world.asked[0] + world.seen).decode("latin-1"), TOKEN) == []
        seen = log.read_text(errors="replace")
    assert (seen.count(f"CONNECT {SPACE}:443"), leaks(seen, TOKEN)) == (1, [])


@pytest.mark.parametrize(
    ("password", "allowed", "what"),
    [
        ("", 443, "asks for a user and password"),
        ("wrong", 443, "refuses that user and password"),
        (PASSWORD, 563, "does not connect to"),
    ],
    ids=["no password", "wrong password", "a port that is not allowed"],
)
def test_what_the_proxy_refuses_is_told_and_nothing_was_sent(
    authority, way, password, allowed, what
):
    with (
        Behind(authority, SPACE) as space,
        ConnectProxy(space.port) as world,
        servers.tinyproxy(world.port, user="ada", password=PASSWORD, allowed=allowed) as (port, _),
        client(way(port, password)) as on,
        pytest.raises(ReconcilerError) as caught,
    ):
        on.post("/rooms", {"name": "a"})
    assert f"the proxy 127.0.0.1:{port} (HTTPS_PROXY) {what}" in caught.value.message
    assert (world.asked, space.heads, PASSWORD in caught.value.message) == ([], [], False)


def test_an_object_store_is_reached(authority, way, monkeypatch):
    store_at = "s3.example.com"
    given = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    given["AWS_ENDPOINT_URL"] = f"https://{store_at}"
    with (
        Behind(authority, store_at, FORBIDDEN) as store,
        ConnectProxy(store.port) as world,
        servers.tinyproxy(world.port, user="ada", password=PASSWORD) as (port, _),
    ):
        for name, value in (given | way(port)).items():
            monkeypatch.setenv(name, value)
        backend = ObjectBackend("s3://bucket/team", name="prod", access=access(os.environ))
        with pytest.raises(StateError, match="cannot be read"):
            backend.load()
        assert b"/bucket/team/prod/head.json " in store.heads[0]
        assert world.asked[0].startswith(f"CONNECT {store_at}:443".encode())
