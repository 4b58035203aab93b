import pytest

from reconciler.core.errors import CredentialsError
from reconciler.core.resources import Secret
from reconciler.space.target import Target, target


@pytest.mark.parametrize(
    ("space", "shown", "origin"),
    [
        ("example.signalwire.com", "example.signalwire.com", "https://example.signalwire.com"),
        ("EXAMPLE.SignalWire.com", "example.signalwire.com", "https://example.signalwire.com"),
        (
            "https://example.signalwire.com",
            "example.signalwire.com",
            "https://example.signalwire.com",
        ),
        ("example.signalwire.com:443", "example.signalwire.com", "https://example.signalwire.com"),
        ("127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("127.8.8.8:1", "127.8.8.8:1", "http://127.8.8.8:1"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://localhost:8443", "localhost:8443", "https://localhost:8443"),
        ("localhost", "localhost", "http://localhost"),
        ("[::1]:8080", "[::1]:8080", "http://[::1]:8080"),
        ("local", "local", "http://local.invalid"),
    ],
)
def test_spaces_that_are_taken(space, shown, origin):
    assert target(space, project="p-1", token="t") == Target(shown, origin, "p-1", Secret("t"))


@pytest.mark.parametrize(
    ("space", "part"),
    [
        ("", "no space is given"),
        (" ", "no space is given"),
        ("http://example.signalwire.com", "http://"),
        ("ftp://example.signalwire.com", "scheme 'ftp'"),
        ("example.signalwire.com/api/video", "a path from '/' on"),
        ("https://example.signalwire.com/", "a path from '/' on"),
        ("example.signalwire.com?x=1", "a query"),
        ("example.signalwire.com#x", "a fragment"),
        ("example.signalwire.com\\@evil.example", "before '@'"),
        ("example.signalwire.com\\evil.example", "a backslash"),
        ("user:pw@example.signalwire.com", "before '@'"),
        ("example.signalwire.com@evil.example", "before '@'"),
        ("example.signalwire.com:8443", "port 8443"),
        ("127.0.0.1:0", "port '0'"),
        ("127.0.0.1:65536", "port '65536'"),
        ("127.0.0.1:", "port ''"),
        ("127.0.0.1:8O8O", "port '8O8O'"),
        ("127.0.0.1:٣", "outside ASCII"),
        ("127.0.0.1:8080\n", "hidden character"),
        ("example.signalwire.com\n", "hidden character"),
        ("exam ple.signalwire.com", "a space"),
        ("exämple.signalwire.com", "outside ASCII"),
        ("example", "has no domain"),
        ("signalwire.com", "not a host under signalwire.com"),
        ("example.signalwire.com.", "not a host under signalwire.com"),
        ("example.signalwire.com.evil.example", "not a host under signalwire.com"),
        ("evilsignalwire.com", "not a host under signalwire.com"),
        ("-x.signalwire.com", "not a host under signalwire.com"),
        ("127.0.0.1.evil.example", "not a host under signalwire.com"),
        ("localhost.evil.example", "not a host under signalwire.com"),
        ("127.1", "not a host under signalwire.com"),
        ("2130706433.example", "not a host under signalwire.com"),
        ("10.0.0.1:8080", "not a host under signalwire.com"),
        ("0.0.0.0:8080", "not a host under signalwire.com"),
        ("[::ffff:127.0.0.1]:80", "not a host under signalwire.com"),
        ("[::1", "not a host"),
        ("::1", "not a host"),
    ],
)
def test_spaces_that_are_refused_name_the_bad_part(space, part):
    with pytest.raises(CredentialsError) as refused:
        target(space, project="p", token="t")
    assert part in refused.value.message
    assert refused.value.hint


def test_a_bare_word_is_completed_in_the_hint():
    with pytest.raises(CredentialsError) as refused:
        target("example", project="p", token="t")
    assert refused.value.hint == "did you mean example.signalwire.com?"


@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        "\n",
        "canary\n",
        " canary",
        "can\tary",
        "can\x00ary",
        "canary\x7f",
        "cañary",
        "“canary”",
    ],
)
def test_tokens_that_are_refused_are_not_shown(token):
    with pytest.raises(CredentialsError) as refused:
        target("example.signalwire.com", project="p", token=token)
    assert "API token" in refused.value.message
    assert "SIGNALWIRE_API_TOKEN" in refused.value.hint
    assert "canary" not in refused.value.message + refused.value.hint


@pytest.mark.parametrize("project", ["", "  ", "a:b", "a\r\nb"])
def test_projects_that_are_refused(project):
    with pytest.raises(CredentialsError, match="project id"):
        target("example.signalwire.com", project=project, token="t")


def test_a_password_in_the_space_is_not_shown():
    with pytest.raises(CredentialsError) as refused:
        target("https://user:canary@example.signalwire.com/x", project="p", token="t")
    assert "canary" not in refused.value.message + refused.value.hint


def test_a_target_prints_without_its_token():
    assert "canary" not in repr(target("local", project="p", token="canary"))
