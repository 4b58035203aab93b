"""Which proxy leads where, and whose certificates are trusted, from the variables and the words of reconciler.yaml."""

import pytest

from reconciler.core.errors import CredentialsError
from reconciler.core.network_access import Trust, access

PROXY = {"HTTPS_PROXY": "http://proxy.example:3128"}


@pytest.mark.parametrize(
    ("written", "shown", "user", "password"),
    [
        ("http://proxy.example:3128", "proxy.example:3128", None, None),
        ("proxy.example:3128", "proxy.example:3128", None, None),
        ("HTTP://Proxy.Example:3128/", "proxy.example:3128", None, None),
        ("http://proxy.example", "proxy.example:80", None, None),
        ("http://192.0.2.1:8080", "192.0.2.1:8080", None, None),
        ("http://[2001:db8::1]:8080", "[2001:db8::1]:8080", None, None),
        ("http://user:canary@proxy.example:1", "proxy.example:1", "user", "canary"),
        ("user:c%40nary%2F@proxy.example:1", "proxy.example:1", "user", "c@nary/"),
        ("http://user@proxy.example:1", "proxy.example:1", "user", None),
    ],
)
def test_proxies(written, shown, user, password):
    proxy = access({"HTTPS_PROXY": written}).proxy
    assert proxy.shown == shown
    assert (proxy.user and proxy.user.value, proxy.password and proxy.password.value) == (
        user,
        password,
    )
    assert "nary" not in f"{proxy!r} {proxy.shown} {proxy.url!r}"
    again = access({"HTTPS_PROXY": proxy.url.value}).proxy
    assert (again.host, again.port, again.user) == (proxy.host, proxy.port, proxy.user)


@pytest.mark.parametrize(
    "written",
    [
        "https://u:canary@p:1",
        "socks5://u:canary@p:1",
        "ftp://u:canary@p",
        "http://u:canary@:80",
        "http://u:canary@p:99999",
        "http://u:canary@p:x",
        "http://u:canary@p:0",
        "http://u:canary@p/path",
        "http://u:canary@p?q",
        "http://[::1",
        "http://a b",
        "http://",
    ],
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", ""])
def test_what_is_no_proxy_is_refused_by_the_name_of_its_setting(written, name):
    with pytest.raises(CredentialsError) as caught:
        access({name: written}) if name else access({}, proxy=written)
    assert caught.value.message.startswith(name or "connection.proxy")
    assert "canary" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("environ", "written", "source"),
    [
        ({}, "", None),
        ({"HTTPS_PROXY": "  "}, "", None),
        ({"HTTP_PROXY": "a:1", "http_proxy": "a:1"}, "", None),
        ({"HTTPS_PROXY": "a:1", "https_proxy": "b:1"}, "", "https_proxy"),
        ({"ALL_PROXY": "a:1", "HTTPS_PROXY": "b:1"}, "", "HTTPS_PROXY"),
        ({"all_proxy": "a:1"}, "", "all_proxy"),
        ({"HTTPS_PROXY": "a:1"}, "c:1", "connection.proxy"),
        ({"HTTPS_PROXY": "a:1"}, "none", None),
    ],
)
def test_the_setting_that_counts(environ, written, source):
    proxy = access(environ, proxy=written).proxy
    assert (proxy and proxy.source) == source


@pytest.mark.parametrize(
    ("direct", "host", "is_direct"),
    [
        ("", "example.signalwire.com", False),
        ("*", "example.signalwire.com", True),
        ("signalwire.com", "example.signalwire.com", True),
        (".signalwire.com", "example.signalwire.com", True),
        ("*.signalwire.com", "example.signalwire.com", True),
        ("SignalWire.COM", "Example.signalwire.com", True),
        ("wire.com", "example.signalwire.com", False),
        ("example.signalwire.com.", "example.signalwire.com", False),
        ("a.com, example.signalwire.com ,b.com", "example.signalwire.com", True),
        ("a.com example.signalwire.com", "example.signalwire.com", True),
        ("example.signalwire.com:443", "example.signalwire.com", True),
        ("example.signalwire.com:8443", "example.signalwire.com", False),
        ("192.0.2.0/24", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.9/24", "192.0.2.7", True),
        ("192.0.2.7:443", "192.0.2.7", True),
        ("192.0.2.7:8443", "192.0.2.7", False),
        ("example.com", "192.0.2.7", False),
        ("*", "192.0.2.7", True),
        ("192.0.2.8", "192.0.2.7", False),
        ("2001:db8::/32", "[2001:db8::1]", True),
        ("[2001:db8::1]:443", "2001:db8::1", True),
        ("2.0.2.7", "192.0.2.7", False),
        (",.,:,/", "example.signalwire.com", False),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_hosts_without_a_proxy(direct, host, is_direct, name):
    assert (access({**PROXY, name: direct}).proxy_to(host) is None) == is_direct


@pytest.mark.parametrize(
    ("environ", "written", "trust"),
    [
        ({}, "", Trust()),
        (
            {"SSL_CERT_FILE": "a", "REQUESTS_CA_BUNDLE": "b", "SSL_CERT_DIR": "c"},
            "",
            Trust("a", "", "SSL_CERT_FILE"),
        ),
        (
            {"REQUESTS_CA_BUNDLE": "b", "SSL_CERT_DIR": "c"},
            "",
            Trust("b", "", "REQUESTS_CA_BUNDLE"),
        ),
        ({"SSL_CERT_FILE": "", "SSL_CERT_DIR": "c"}, "", Trust("", "c", "SSL_CERT_DIR")),
        ({"SSL_CERT_FILE": "a"}, "d", Trust("d", "", "connection.ca_file")),
    ],
)
def test_whose_certificates_are_trusted(environ, written, trust):
    assert access(environ, ca_file=written).trust == trust
