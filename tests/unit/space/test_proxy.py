"""The client behind a proxy and a private CA: a real CONNECT proxy and a real Space of TLS, both on loopback."""

import contextlib
import socket

import pytest
import trustme

from reconciler.core.errors import CredentialsError, ReconcilerError, Unreachable
from reconciler.core.network_access import access
from reconciler.core.resources import Secret
from reconciler.space.client import writer
from reconciler.space.clock import Clock
from reconciler.space.previews import preview_door
from reconciler.space.target import target
from reconciler.space.timeouts import Timeouts
from reconciler.space.transport_errors import NotSent, WrongHost
from reconciler.space.webhook import channel
from tests.unit.space.canaries import leaks
from tests.unit.space.proxies import Behind, ConnectProxy

SPACE = "example.signalwire.com"
TOKEN = "PTcanary-token-0123456789"
ID = "c22d24f6-5a47-4597-9a23-c7d01e696b92"
PASSWORD = "canary-proxy-password"
WEBP = b"RIFF" + (20).to_bytes(4, "little") + b"WEBPVP8 " + bytes(12)
CLOCK = Clock(sleep=lambda _: None)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA(organization_name="Example Ltd")


@pytest.fixture
def ca_file(authority, tmp_path):
    path = tmp_path / "company.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def started():
    with contextlib.ExitStack() as stack:
        yield stack.enter_context


@pytest.fixture
def unresolvable(monkeypatch):
    """Names are looked up by the proxy alone, as behind a company's."""
    real = socket.getaddrinfo

    def look_up(host, *words, **more):
        if host not in ("127.0.0.1", b"127.0.0.1"):
            raise socket.gaierror(socket.EAI_NONAME, "no such name here")
        return real(host, *words, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def client(started, names):
    where = target(SPACE, project="project", token=TOKEN)
    return started(
        writer(
            where,
            timeouts=Timeouts(connect=5, request=5, call=5),
            clock=CLOCK,
            access=access(names),
        )
    )


def test_requests_share_one_tunnel_that_shows_nothing_of_them(
    started, authority, ca_file, unresolvable
):
    space = started(Behind(authority, SPACE))
    proxy = started(ConnectProxy(space.port, user=f"user:{PASSWORD}"))
    on = client(
        started,
        {"HTTPS_PROXY": f"http://user:{PASSWORD}@127.0.0.1:{proxy.port}", "SSL_CERT_FILE": ca_file},
    )
    assert [
        on.post("/rooms", {"name": "a"}),
        on.get(f"/rooms/{ID}"),
        on.put(f"/rooms/{ID}", {}),
    ] == [{"id": ID}] * 3
    assert [head.split(b"\r\n")[0] for head in proxy.asked] == [
        b"CONNECT example.signalwire.com:443 HTTP/1.1"
    ]
    assert [head.split(b" ")[0] for head in space.heads] == [b"POST", b"GET", b"PUT"]
    assert all(
        b"authorization: basic" in head.lower() and b"proxy-auth" not in head.lower()
        for head in space.heads
    )
    # The proxy gets what is its own, and none of the Space's credentials: those are inside TLS.
    assert leaks((proxy.asked[0] + proxy.seen).decode("latin-1"), TOKEN) == []
    assert b"/api/video" not in proxy.asked[0] + proxy.seen
    assert on.signed_by.startswith("Example Ltd")


@pytest.mark.parametrize(
    "names",
    [{"NO_PROXY": "signalwire.com"}, {"no_proxy": "*"}, {"NO_PROXY": ".signalwire.com:443"}],
)
def test_no_proxy_leads_directly(started, authority, ca_file, unresolvable, names):
    proxy = started(ConnectProxy(9))
    on = client(
        started,
        {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}", "SSL_CERT_FILE": ca_file, **names},
    )
    with pytest.raises(WrongHost, match=r"the name example\.signalwire\.com cannot be looked up"):
        on.get("/rooms")
    assert proxy.asked == []


def test_this_machine_is_reached_directly(started, authority, ca_file):
    space = started(Behind(authority, "127.0.0.1"))
    proxy = started(ConnectProxy(9))
    where = target(f"https://127.0.0.1:{space.port}", project="p", token=TOKEN)
    on = started(
        writer(
            where,
            access=access({"HTTPS_PROXY": f"127.0.0.1:{proxy.port}", "SSL_CERT_FILE": ca_file}),
        )
    )
    assert on.get(f"/rooms/{ID}") == {"id": ID}
    assert proxy.asked == []


def refusal(on):
    """The error of a write, with everything that is told of it free of secrets."""
    with pytest.raises(ReconcilerError) as caught:
        on.post("/rooms", {})
    told = f"{caught.value!r} {caught.value.message} {caught.value.hint} {vars(caught.value)}"
    assert (PASSWORD in told, leaks(told, TOKEN)) == (False, [])
    return caught.value


@pytest.mark.parametrize(
    ("user", "status", "kind", "what"),
    [
        ("", 407, WrongHost, "asks for a user and password"),
        (f"user:{PASSWORD}@", 407, WrongHost, "refuses that user and password"),
        (f"user:{PASSWORD}@", 401, WrongHost, "refuses that user and password"),
        ("", 403, WrongHost, "does not connect to example.signalwire.com: it answers 403"),
        ("", 503, NotSent, "does not connect to example.signalwire.com: it answers 503"),
    ],
)
def test_a_proxy_that_refuses_is_named_with_its_variable(started, user, status, kind, what):
    proxy = started(ConnectProxy(9, answer=b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status))
    error = refusal(client(started, {"HTTPS_PROXY": f"http://{user}127.0.0.1:{proxy.port}"}))
    assert error.message == f"the proxy 127.0.0.1:{proxy.port} (HTTPS_PROXY) {what} (POST /rooms)"
    assert type(error) is kind
    assert len(proxy.asked) == (1 if kind is WrongHost else 4)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"220 mail ready\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nmore than that",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
    ],
)
def test_what_is_no_proxy_is_told_and_nothing_was_sent(started, answer):
    class Strange(ConnectProxy):
        def serve(self, connection):
            self.asked.append(connection.recv(65536))
            connection.sendall(answer)

    proxy = started(Strange(9))
    error = refusal(client(started, {"ALL_PROXY": f"127.0.0.1:{proxy.port}"}))
    assert isinstance(error, NotSent)


def test_a_proxy_that_is_not_there(started):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        unused = closed.getsockname()[1]
    error = refusal(client(started, {"https_proxy": f"http://user:{PASSWORD}@127.0.0.1:{unused}"}))
    assert (
        error.message
        == f"the proxy 127.0.0.1:{unused} (https_proxy) refuses connections (POST /rooms)"
    )
    assert "NO_PROXY" in error.hint


def test_a_proxy_whose_name_is_unknown(started, unresolvable):
    error = refusal(client(started, {"HTTPS_PROXY": "http://proxy.example:3128"}))
    assert (
        error.message
        == "the name of the proxy proxy.example:3128 (HTTPS_PROXY) cannot be looked up (POST /rooms)"
    )


def test_a_proxy_that_says_nothing_ends_at_the_deadline(started):
    class Silent(ConnectProxy):
        def serve(self, connection):
            self.asked.append(connection.recv(65536))
            connection.recv(1)

    proxy = started(Silent(9))
    where = target(SPACE, project="p", token=TOKEN)
    names = {"HTTPS_PROXY": f"127.0.0.1:{proxy.port}"}
    on = started(
        writer(
            where,
            timeouts=Timeouts(connect=0.1, request=0.1, call=0.3),
            clock=CLOCK,
            access=access(names),
        )
    )
    assert "does not answer like a proxy" in refusal(on).message


def test_a_proxy_that_reads_along_gets_nothing(started, authority):
    """It shows a certificate of its own: whoever is not told to trust it sends nothing."""
    space = started(Behind(trustme.CA(), SPACE))
    proxy = started(ConnectProxy(space.port))
    error = refusal(client(started, {"HTTPS_PROXY": f"127.0.0.1:{proxy.port}"}))
    assert type(error) is WrongHost
    assert "example.signalwire.com cannot prove its identity" in error.message
    assert "SSL_CERT_FILE" in error.hint
    assert "ca_file" in error.hint
    assert space.heads == []


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
@pytest.mark.parametrize("content", [None, "", "no certificate", "folder"])
def test_a_file_of_cas_that_is_of_no_use_is_named_with_its_variable(
    started, tmp_path, name, content
):
    path = tmp_path / "ca.pem"
    if content is not None and content != "folder":
        path.write_text(content)
    names = {name: str(path)} if content != "folder" else {"SSL_CERT_DIR": str(path)}
    with pytest.raises(CredentialsError, match=r"ca\.pem") as caught:
        client(started, names)
    assert next(iter(names)) in caught.value.message


def test_the_file_of_cas_takes_the_place_of_those_of_the_machine(started, authority, ca_file):
    space = started(Behind(authority, "127.0.0.1"))
    where = target(f"https://127.0.0.1:{space.port}", project="p", token=TOKEN)
    for names, trusted in (
        ({"SSL_CERT_FILE": ca_file}, True),
        ({"REQUESTS_CA_BUNDLE": ca_file}, True),
        ({}, False),
    ):
        on = started(writer(where, clock=CLOCK, access=access(names)))
        if trusted:
            assert on.get(f"/rooms/{ID}") == {"id": ID}
        else:
            with pytest.raises(WrongHost):
                on.get(f"/rooms/{ID}")


def test_a_webhook_goes_through_the_proxy(started, authority, ca_file, unresolvable):
    hook = started(Behind(authority, "hooks.example.com"))
    proxy = started(ConnectProxy(hook.port))
    ways = access({"HTTPS_PROXY": f"127.0.0.1:{proxy.port}", "SSL_CERT_FILE": ca_file})
    channel(Secret("https://hooks.example.com/services/canary-hook"), access=ways)("drift")
    assert b"CONNECT hooks.example.com:443 " in proxy.asked[0]
    assert hook.heads[0].startswith(b"POST /services/canary-hook HTTP/1.1\r\n")
    broken = access({"HTTPS_PROXY": "127.0.0.1:9"})
    with pytest.raises(
        Unreachable,
        match=r"hooks\.example\.com cannot be reached: the proxy 127\.0\.0\.1:9 \(HTTPS_PROXY\)",
    ) as caught:
        channel(Secret("https://hooks.example.com/services/canary-hook"), access=broken)("drift")
    assert "canary" not in f"{caught.value.message} {caught.value.hint} {caught.value!r}"


def test_a_preview_of_another_host_goes_through_the_proxy_without_credentials(
    started, authority, ca_file, unresolvable
):
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: image/webp\r\nContent-Length: %d\r\n\r\n%s" % (
        len(WEBP),
        WEBP,
    )
    pictures = started(Behind(authority, "cdn.example.com", answer))
    proxy = started(ConnectProxy(pictures.port))
    ways = access({"HTTPS_PROXY": f"127.0.0.1:{proxy.port}", "SSL_CERT_FILE": ca_file})
    with preview_door(target(SPACE, project="p", token=TOKEN), access=ways) as fetch:
        assert fetch("https://cdn.example.com/a.webp?signature=x") == WEBP
    assert b"CONNECT cdn.example.com:443 " in proxy.asked[0]
    assert b"authorization" not in pictures.heads[0].lower()
