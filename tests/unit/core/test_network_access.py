"""Which proxy leads where, and whose certificates are trusted, from the variables and the words of reconciler.yaml."""

import pytest

from reconciler.core.errors import CredentialsError
from reconciler.core.network_access import DIRECTLY, Access, Proxy, Trust, access
from reconciler.core.resources import Secret

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


EXPECTED = "write it as http://HOST:PORT, with USER:PASSWORD@ before the host if it needs them"
NO_ADDRESS = "HTTPS_PROXY is not the address of a proxy"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        *(
            (
                f"{scheme}://p:1",
                f"HTTPS_PROXY names a proxy of {shown}; only http:// proxies are supported",
            )
            for scheme, shown in (
                *((name, name) for name in ("https", "socks", "socks4", "socks4a", "socks5h")),
                ("SOCKS5", "socks5"),
                ("ftp", "another kind"),
                ("xhttps", "another kind"),
            )
        ),
        *(
            (f"http://{rest}", NO_ADDRESS)
            for rest in ("p:0", "p/a", "p?a", "p#a", "[::1", "a b", "")
        ),
    ],
)
def test_what_is_said_of_a_setting_that_is_no_proxy(written, message):
    with pytest.raises(CredentialsError) as told:
        access({"HTTPS_PROXY": written})
    assert (told.value.message, told.value.hint) == (message, EXPECTED)


@pytest.mark.parametrize(
    ("proxy", "shown", "url"),
    [
        (Proxy("p.example", 80, "s"), "p.example:80", "http://p.example:80"),
        (Proxy("::1", 3128, "s"), "[::1]:3128", "http://[::1]:3128"),
        (Proxy("p", 1, "s", Secret("u/r")), "p:1", "http://u%2Fr:@p:1"),
        (Proxy("p", 1, "s", Secret("u"), Secret("p/w@")), "p:1", "http://u:p%2Fw%40@p:1"),
    ],
)
def test_a_proxy_is_shown_without_its_credentials(proxy, shown, url):
    assert (proxy.shown, proxy.url) == (shown, Secret(url))


def test_without_settings_everything_is_reached_directly():
    assert access({}) == DIRECTLY == Access(None, (), Trust("", "", ""))
    assert DIRECTLY.proxy_to("example.signalwire.com") is None


@pytest.mark.parametrize(("port", "is_direct"), [(443, True), (8443, False), (80, False)])
def test_an_entry_with_a_port_is_of_that_port_alone(port, is_direct):
    found = access({**PROXY, "NO_PROXY": "a.example:443"})
    assert found.direct == ("a.example:443",)
    assert (found.proxy_to("a.example", port) is None) is is_direct
    assert found.proxy_to("b.example", port) == found.proxy


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR"])
def test_a_blank_setting_names_no_certificates(name):
    assert access({name: "  "}).trust == Trust()
    assert access({name: " a "}).trust.source == name
