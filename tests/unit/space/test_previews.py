import base64
from contextlib import ExitStack

import httpx
import pytest

from reconciler.core.errors import ApiError, NotFound, ProtocolError, Unreachable
from reconciler.space.previews import LARGEST_PREVIEW, picture, preview_door
from reconciler.space.target import target
from tests.unit.space.conftest import SPACE, TOKEN

WEBP = (
    b"RIFF"
    + (4 + 8 + 6).to_bytes(4, "little")
    + b"WEBP"
    + b"VP8X"
    + (6).to_bytes(4, "little")
    + b"pixels"
)
OWN = f"https://{SPACE}/api/video/room_sessions/x/preview"
GOOD = httpx.Response(200, headers={"Content-Type": "image/webp"}, content=WEBP)


@pytest.fixture
def fetched(stack):
    """Fetch a URL from a Space that answers with ``reply``; gives the bytes, and the requests that reached the Space and others."""

    def fetch(url, reply=GOOD, space=SPACE):
        own, others = [], []

        def transport(sent):
            def answered(request):
                sent.append(request)
                if isinstance(reply, Exception):
                    raise reply
                return httpx.Response(
                    reply.status_code, headers=reply.headers, stream=httpx.ByteStream(reply.content)
                )

            return httpx.MockTransport(answered)

        where = target(space, project="project", token=TOKEN)
        door = stack.enter_context(
            preview_door(where, _transport=transport(own), _elsewhere=lambda _: transport(others))
        )
        try:
            return door(url), own, others
        except ApiError as error:
            error.sent = own + others
            raise

    return fetch


@pytest.fixture
def stack():
    with ExitStack() as entered:
        yield entered


def test_the_space_itself_is_asked_with_the_credentials(fetched):
    body, own, others = fetched(OWN)

    assert (body, [str(request.url) for request in own], others) == (WEBP, [OWN], [])
    assert (
        own[0].headers["Authorization"]
        == "Basic " + base64.b64encode(f"project:{TOKEN}".encode()).decode()
    )


def test_a_path_alone_is_the_spaces(fetched):
    assert str(fetched("/previews/x.webp")[1][0].url) == f"https://{SPACE}/previews/x.webp"


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example.net/p/x.webp?sig=1",
        "https://cdn.example.net:443/x",
        f"https://{SPACE}.example.net/x",
        "//cdn.example.net/x",
    ],
)
def test_another_host_is_asked_without_the_credentials(fetched, url):
    body, own, others = fetched(url)

    assert (body, own, len(others)) == (WEBP, [], 1)
    assert not [
        value
        for name, value in others[0].headers.items()
        if name.lower() in ("authorization", "cookie") or TOKEN in value
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.example.net/x.webp",
        f"http://{SPACE}/x.webp",
        f"https://{SPACE}:8443/x.webp",
        "https://127.0.0.1/x.webp",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x.webp",
        "https://0x7f000001/x.webp",
        "https://127.1/x.webp",
        "https://localhost/x.webp",
        "https://intranet/x.webp",
        "https://cdn.example.net:22/x.webp",
        f"https://{SPACE}@evil.example/x",
        "https://user:canary-pw@cdn.example.net/x",
        "file:///etc/passwd",
        "data:image/webp;base64,UklGRg==",
        "javascript:alert(1)",
        "https:\\\\evil.example\\x",
        "https://evil.example/\nHost: x",
        "https://évil.example/x",
        "https://evil.example:99999/x",
        "https://" + "a" * 5000 + ".example/x",
    ],
)
def test_where_nothing_is_sent(fetched, url):
    with pytest.raises(ProtocolError, match="nothing was sent") as caught:
        fetched(url)
    assert caught.value.sent == []
    assert "canary" not in str(caught.value)


def test_a_loopback_space_may_be_asked_by_http(fetched):
    assert fetched("http://127.0.0.1:8080/previews/x.webp", space="127.0.0.1:8080")[0] == WEBP
    with pytest.raises(ProtocolError):
        fetched("http://127.0.0.1:8081/previews/x.webp", space="127.0.0.1:8080")


@pytest.mark.parametrize("url", [OWN, "https://cdn.example.net/x"])
def test_a_redirect_is_not_followed(fetched, url):
    with pytest.raises(ProtocolError, match=r"redirects to evil\.example") as caught:
        fetched(url, httpx.Response(302, headers={"Location": "https://evil.example/x"}))
    assert len(caught.value.sent) == 1


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (httpx.Response(404), NotFound, "404"),
        (
            httpx.Response(200, headers={"Content-Type": "text/html"}, content=WEBP),
            ProtocolError,
            "text/html",
        ),
        (httpx.Response(200, content=WEBP), ProtocolError, "no known type"),
        (
            httpx.Response(
                200, headers={"Content-Type": "image/webp"}, content=b"<svg onload=x>       "
            ),
            ProtocolError,
            "not a WebP",
        ),
        (
            httpx.Response(200, headers={"Content-Type": "image/webp"}, content=WEBP[:-1]),
            ProtocolError,
            "incomplete",
        ),
        (
            httpx.Response(200, headers={"Content-Type": "image/webp"}, content=b""),
            ProtocolError,
            "not a WebP",
        ),
        (
            httpx.Response(
                200, headers={"Content-Type": "image/webp"}, content=WEBP + bytes(LARGEST_PREVIEW)
            ),
            ProtocolError,
            "larger than 8 MiB",
        ),
        (httpx.ReadTimeout("late"), Unreachable, "in time"),
        (httpx.Response(403, text=f"no: {TOKEN}"), ApiError, "403"),
    ],
)
def test_what_is_no_picture_is_an_error(fetched, reply, error, words):
    with pytest.raises(error, match=words) as caught:
        fetched(OWN, reply)
    assert TOKEN not in str(caught.value)


def test_what_follows_the_picture_is_left_off():
    assert picture(WEBP + b"<script>") == WEBP
