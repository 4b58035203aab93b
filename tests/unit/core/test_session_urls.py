"""Addresses in sessions are secrets that show their host."""

import pytest

from reconciler.core.resources import Secret
from reconciler.core.session_urls import UNUSABLE, address, is_plain, with_secret_urls


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://cdn.example/a.png?token=x", "cdn.example"),
        ("https://10.0.0.1/a", "10.0.0.1"),
        ("https://[2001:db8::1]/a", "2001:db8::1"),
        ("http://localhost:8080/a", "localhost"),
        ("http://127.0.0.1/a", "127.0.0.1"),
        ("http://[::1]/a", "::1"),
        ("/previews/a.png", "the Space"),
        ("http://cdn.example/a", UNUSABLE),
        ("ftp://cdn.example/a", UNUSABLE),
        ("https:///a", UNUSABLE),
        ("https://a_b.example/a", UNUSABLE),
        ("https://[::1/a", UNUSABLE),
        ("https://cdn.example/a b", UNUSABLE),
        ("https://cdn.example\\@evil.example/", UNUSABLE),
        ("//cdn.example/a", UNUSABLE),
        ("https://cdn.example/é", UNUSABLE),
    ],
)
def test_what_is_shown_of_an_address(url, host):
    found = address(url)
    assert (found.value, found.shown) == (url, host)


def test_the_length_of_an_address_is_limited():
    assert is_plain("a" * 4096)
    assert not is_plain("a" * 4097)
    assert not is_plain("")


def test_what_is_no_text_has_no_address():
    known = Secret("x", "host")
    assert (address(None), address(7), address("")) == (None, None, None)
    assert address(known) is known


def test_every_address_in_a_session_is_a_secret():
    session = {
        "id": "s",
        "preview_url": "/a.png",
        "note": "no address",
        "count": 2,
        "tracks": [{"url": "https://a.example/x"}, "https://b.example/y", 3],
    }
    found = with_secret_urls(session)
    assert found == {
        "id": "s",
        "preview_url": Secret("/a.png"),
        "note": "no address",
        "count": 2,
        "tracks": [{"url": Secret("https://a.example/x")}, Secret("https://b.example/y"), 3],
    }
    assert [found["preview_url"].shown, found["tracks"][1].shown] == ["the Space", "b.example"]
