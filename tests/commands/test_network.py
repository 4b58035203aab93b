"""Commands behind a proxy and a private CA, as the variables and reconciler.yaml say; what a pull request may not change."""

import subprocess
from pathlib import Path

import pytest
import trustme

from tests.commands.test_doctor import lines
from tests.unit.space.proxies import Behind, ConnectProxy

SPACE = "example.signalwire.com"
EMPTY = b'{"links": {}, "data": []}'
LISTS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(EMPTY),
    EMPTY,
)
PASSWORD = "canary-proxy-password"
ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: lobby}\nspec: {}\n"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA(organization_name="Example Ltd")


@pytest.fixture
def far(stack, authority, monkeypatch):
    """A Space that only the proxy leads to, and whom only company.pem trusts; returns the Space and the proxy."""
    authority.cert_pem.write_to_path("company.pem")
    space = stack.enter_context(Behind(authority, SPACE, LISTS))
    proxy = stack.enter_context(ConnectProxy(space.port, user=f"user:{PASSWORD}"))
    monkeypatch.setenv("SIGNALWIRE_SPACE", SPACE)
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "project")
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "PTcanary-token-0123456789")
    monkeypatch.setenv("PROXY_PASSWORD", PASSWORD)
    Path("room.yaml").write_text(ROOM)
    return space, proxy


def project(proxy, *, env=""):
    own = f"connection: {{proxy: '{proxy}', ca_file: company.pem}}\n"
    text = own if not env else f"environments:\n  {env}:\n    {own}"
    Path("reconciler.yaml").write_text(text)


def written(proxy):
    return f"http://user:${{env:PROXY_PASSWORD}}@127.0.0.1:{proxy.port}"


def test_doctor_tells_proxy_ca_and_who_signed(far, done, monkeypatch):
    space, proxy = far
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PASSWORD}@127.0.0.1:{proxy.port}")
    monkeypatch.setenv("SSL_CERT_FILE", "company.pem")
    result = done("doctor")
    found = lines(result)
    assert found["proxy"][1].startswith(f"127.0.0.1:{proxy.port} (HTTPS_PROXY) is used for {SPACE}")
    assert f"{SPACE} shows one signed by Example Ltd" in found["certificates"][1]
    assert found["certificates"][1].endswith("trusted are those in company.pem (SSL_CERT_FILE)")
    assert PASSWORD not in result.out + result.err
    assert b"CONNECT example.signalwire.com:443 " in proxy.asked[0]
    assert space.heads


@pytest.mark.parametrize("env", ["", "prod"])
def test_the_project_file_says_how_the_space_is_reached(far, done, monkeypatch, env):
    space, proxy = far
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    project(written(proxy), env=env)
    found = lines(done("doctor", *(["--env", env] if env else [])))
    assert f"127.0.0.1:{proxy.port} (connection.proxy)" in found["proxy"][1]
    assert found["certificates"][1].endswith("company.pem (connection.ca_file)")
    result = done("plan", "room.yaml", *(["--env", env] if env else []))
    assert "lobby" in result.out
    assert PASSWORD not in result.out + result.err
    assert space.heads


def test_an_environment_has_its_own_proxy_or_none(far, reconciler):
    _, proxy = far
    Path("reconciler.yaml").write_text(
        f"connection: {{proxy: '127.0.0.1:9', ca_file: company.pem}}\n"
        f"environments:\n  near: {{connection: {{proxy: none}}}}\n  plain: {{}}\n  far: {{connection: {{proxy: '{written(proxy)}'}}}}\n"
    )
    assert lines(reconciler("doctor", "--env", "far"))["space"][0] == "ok"
    assert "none: neither" in lines(reconciler("doctor", "--env", "near"))["proxy"][1]
    assert (
        "127.0.0.1:9 (connection.proxy) refuses connections"
        in reconciler("doctor", "--env", "plain").out
    )


def test_hosts_in_no_proxy_are_told(far, reconciler, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "signalwire.com")
    assert "NO_PROXY names example.signalwire.com" in lines(reconciler("doctor"))["proxy"][1]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            f"connection: {{proxy: 'http://user:{PASSWORD}@h:1'}}",
            "reconciler.yaml:1:21: connection.proxy: the proxy's password is written here in clear",
        ),
        (
            "connection: {proxy: 'http://user:${env:MISSING}@h:1'}",
            "the environment variable MISSING is not set",
        ),
        (
            "connection: {proxy: 'http://${env:PROXY_PASSWORD}.example.com:1'}",
            "PROXY_PASSWORD is named like a secret, and stands where the proxy's host is",
        ),
        ("connection: {proxy: 'https://h:1'}", "connection.proxy names a proxy of https"),
        ("connection: {proxy: 7}", "connection.proxy"),
        ("connection: {}", "connection"),
        ("connection: {prox: a}", "connection"),
        ("connection: {ca_file: missing.pem}", "connection.ca_file: "),
        ("connection: {ca_file: '${env:HOME}/a.pem'}", "a reference is not allowed here"),
    ],
)
def test_what_is_wrong_with_connection_is_told_where_it_stands(far, reconciler, text, what):
    Path("reconciler.yaml").write_text(text + "\n")
    result = reconciler("plan", "room.yaml")
    assert result.code == 1
    assert what in result.err
    assert PASSWORD not in result.out + result.err


def test_a_broken_variable_stops_no_trial_on_this_machine(apply, space, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("SSL_CERT_FILE", "/missing")
    assert (
        apply(
            {
                "apiVersion": "reconciler.dev/v1",
                "kind": "Room",
                "metadata": {"name": "a"},
                "spec": {},
            }
        ).code
        == 0
    )


def git(*words):
    own = ["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *own, *words], check=True, capture_output=True)


@pytest.fixture
def pull_request(far, monkeypatch):
    """A checkout of a pull request against the branch main, which names the proxy in ``base``."""
    _, proxy = far

    def made(base, *, fetched=True, variable="GITHUB_BASE_REF"):
        git("init", "-q")
        project(base) if base else Path("reconciler.yaml").write_text("vars: {a: b}\n")
        git("add", ".")
        git("commit", "-qm", "base")
        if fetched:
            git("update-ref", "refs/remotes/origin/main", "HEAD")
        monkeypatch.setenv(variable, "main")
        return proxy

    return made


@pytest.mark.parametrize("variable", ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"])
def test_a_pull_request_goes_through_the_proxy_that_its_base_names(
    far, pull_request, done, variable
):
    pull_request(written(far[1]), variable=variable)
    Path("room.yaml").write_text(ROOM.replace("lobby", "foyer"))
    assert "foyer" in done("plan", "room.yaml").out


@pytest.mark.parametrize("change", ["proxy", "file", "content", "new"])
def test_a_pull_request_sends_no_credentials_another_way(far, pull_request, reconciler, change):
    space, proxy = far
    pull_request("" if change == "new" else written(proxy))
    project("http://127.0.0.1:9" if change == "proxy" else written(proxy))
    if change == "file":
        Path("other.pem").write_bytes(Path("company.pem").read_bytes())
        Path("reconciler.yaml").write_text(
            Path("reconciler.yaml").read_text().replace("company.pem", "other.pem")
        )
    if change == "content":
        Path("company.pem").write_bytes(Path("company.pem").read_bytes() * 2)
    result = reconciler("plan", "room.yaml")
    assert result.code == 1
    assert "differs from the branch main" in result.err
    assert (proxy.asked, space.heads) == ([], [])


def test_a_pull_request_whose_base_is_not_there_is_not_trusted(far, pull_request, reconciler):
    pull_request(written(far[1]), fetched=False)
    result = reconciler("plan", "room.yaml")
    assert (result.code, "git fetch --depth 1 origin main" in result.err) == (1, True)
    assert far[1].asked == []


def test_a_process_of_its_own_has_tls_where_it_connects_by_it(far, process):
    space, proxy = far
    project(written(proxy))

    trusted = process("plan", "room.yaml")
    asked = len(space.heads)
    trustme.CA().cert_pem.write_to_path("company.pem")
    refused = process("plan", "room.yaml")

    assert (trusted.code, asked > 0) == (0, True), trusted.err
    assert (refused.code, len(space.heads)) == (1, asked)
    assert "cannot prove its identity" in refused.err
