import httpx
import pytest

from reconciler.core.errors import ProtocolError

ID = "c22d24f6-5a47-4597-9a23-c7d01e696b92"
FIRST = "page_size=1000"


def page(ids, following=None):
    links = (
        {"self": "x", "first": "y"}
        if following is None
        else {"self": "x", "first": "y", "next": following}
    )
    return httpx.Response(
        200,
        json={"links": links, "data": [{"id": name} for name in ids]},
        headers={"X-Request-ID": "req-1"},
    )


def queries(wire):
    return [request.url.query.decode() for request in wire.sent]


# Whatever a link says, the request that follows it goes to the pinned origin and path.
NEXT_LINKS = [
    "https://example.signalwire.com/api/video/rooms?page_number=1&page_token=PA",
    "/api/video/rooms?page_number=1&page_token=PA",
    "?page_token=PA&page_number=1",
    "rooms?page_token=PA&page_number=1",
    "//evil.example/api/video/rooms?page_number=1&page_token=PA",
    "https://evil.example/api/video/rooms?page_number=1&page_token=PA",
    "http://example.signalwire.com/api/video/rooms?page_number=1&page_token=PA",
    "https://example.signalwire.com:8443/api/video/rooms?page_number=1&page_token=PA",
    "https://user@example.signalwire.com/x?page_number=1&page_token=PA",
    "https://example.signalwire.com@evil.example/x?page_number=1&page_token=PA",
    "https://example.signalwire.com.evil.example/x?page_number=1&page_token=PA",
    "https://evilsignalwire.com/x?page_number=1&page_token=PA",
    "https:\\\\evil.example\\x?page_number=1&page_token=PA",
    "\\\\evil.example?page_number=1&page_token=PA",
    "https://example.signalwire.com\\@evil.example/?page_number=1&page_token=PA",
    "https:/evil.example?page_number=1&page_token=PA",
    "https:evil.example?page_number=1&page_token=PA",
    "///evil.example/x?page_number=1&page_token=PA",
    "file:///etc/passwd?page_number=1&page_token=PA",
    "javascript:alert(1)?page_number=1&page_token=PA",
    "ftp://evil.example/?page_number=1&page_token=PA",
    "https://127.0.0.1/?page_number=1&page_token=PA",
    "https://[::1]:9/?page_number=1&page_token=PA",
    "https://169.254.169.254/latest?page_number=1&page_token=PA",
    "/api/video/../../admin?page_number=1&page_token=PA",
    "/api/video/conferences?page_number=1&page_token=PA",
    "https://evil.example/#@example.signalwire.com",
    "https://xn--exmple-cua.signalwire.com/?page_number=1&page_token=PA",
    " https://evil.example/?page_number=1&page_token=PA",
    "https://evil.example\t/?page_number=1&page_token=PA",
    "?page_number=1&page_token=PA&host=evil.example&page_size=1&url=//evil.example",
    "https://evil.example/?page_number=1&page_token=PA#fragment",
]


@pytest.mark.parametrize("link", NEXT_LINKS)
def test_no_link_leads_to_a_foreign_address(scripted, link):
    on = scripted(page([ID], link), page([]))
    try:
        assert len(list(on.client.pages("/rooms"))) == 2
        assert queries(on.wire) == [FIRST, f"{FIRST}&page_number=1&page_token=PA"]
    except ProtocolError:
        assert queries(on.wire) == [FIRST]
    assert {
        (str(request.url.copy_with(query=None)), request.headers["host"])
        for request in on.wire.sent
    } == {("https://example.signalwire.com/api/video/rooms", "example.signalwire.com")}


def test_an_empty_page_can_have_a_next(scripted):
    on = scripted(page([], "?page_number=1&page_token=A"), page([ID]))
    assert list(on.client.pages("/rooms")) == [[], [{"id": ID}]]


def test_params_go_along_to_every_page(scripted):
    on = scripted(page([], "?page_token=a%2Bb"), page([]))
    list(on.client.pages("/rooms", params={"include_active_session": True}))
    assert queries(on.wire) == [
        f"include_active_session=true&{FIRST}",
        f"include_active_session=true&{FIRST}&page_token=a%2Bb",
    ]


def test_the_page_size_can_be_left_to_the_space(scripted):
    on = scripted(page([]))
    list(on.client.pages(f"/rooms/{ID}/streams", page_size=None))
    assert queries(on.wire) == [""]


@pytest.mark.parametrize(
    ("link", "what"),
    [
        ("", "has no page_token and no page_number, or one of them twice"),
        ("/api/video/rooms", "has no page_token and no page_number, or one of them twice"),
        ("/api/video/rooms?page=2", "has no page_token and no page_number, or one of them twice"),
        (
            "?page_number=1&page_number=2",
            "has no page_token and no page_number, or one of them twice",
        ),
        ("?page_number=-1", "page_number that is not valid"),
        ("?page_number=1.5", "page_number that is not valid"),
        ("?page_number=%D9%A3", "page_number that is not valid"),
        ("?page_number=", "page_number that is not valid"),
        ("?page_token=", "page_token that is not valid"),
        ("?page_token=a%0d%0ab", "page_token that is not valid"),
        ("?" + "a=1&" * 60, "is not a URL"),
        ("http://[evil", "is not a URL"),
        (7, "the link to the next page (links.next) is not text"),
        (["?page_token=A"], "the link to the next page (links.next) is not text"),
    ],
)
def test_a_next_that_leads_nowhere_is_no_end_of_the_list(scripted, link, what):
    with pytest.raises(ProtocolError) as caught:
        list(scripted(page([ID], link)).client.pages("/rooms"))
    assert what in caught.value.message
    assert caught.value.message.endswith(" (GET /rooms, page 1, request id req-1)")


@pytest.mark.parametrize("links", [["?page_token=A"], ["?page_token=A", "?page_token=B"]])
def test_pages_in_a_circle(scripted, links):
    on = scripted(*[page([ID], link) for link in links * 2])
    with pytest.raises(ProtocolError, match="form a loop"):
        list(on.client.pages("/rooms"))
    assert len(on.wire.sent) == len(links) + 1


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"links": {}}, "no list 'data'"),
        ({"links": {}, "data": None}, "no list 'data'"),
        ({"links": {}, "data": {}}, "no list 'data'"),
        ({"links": {}, "data": "x"}, "no list 'data'"),
        ({"data": []}, "no object 'links'"),
        ({"data": [], "links": None}, "no object 'links'"),
        ({"data": [], "links": []}, "no object 'links'"),
        ({"data": [ID], "links": {}}, "element 1 of the list has no id"),
        (
            {"data": [{"id": ID}, {"name": "x"}], "links": {}},
            "element 2 of the list has no id",
        ),
        ({"data": [{"id": None}], "links": {}}, "element 1 of the list has no id"),
        ({"data": [{"id": 7}], "links": {}}, "element 1 of the list has no id"),
        ({"data": [{"id": ""}], "links": {}}, "element 1 of the list has no id"),
        ({}, "no list 'data'"),
    ],
)
def test_a_list_of_the_wrong_shape_is_never_an_empty_one(scripted, content, what):
    with pytest.raises(ProtocolError, match=what):
        list(scripted(httpx.Response(200, json=content)).client.pages("/rooms"))


@pytest.mark.long
def test_a_list_ends_after_ten_thousand_pages(scripted):
    numbers = iter(range(1, 20_000))
    on = scripted(page([]))
    on.wire.script = type(
        "Endless",
        (),
        {
            "__len__": lambda _: 10**9,
            "__getitem__": lambda *_: page([], f"?page_number={next(numbers)}"),
        },
    )()
    with pytest.raises(ProtocolError, match="the list is too long: 10000 pages, 0 elements, 0 MiB"):
        list(on.client.pages("/rooms"))
    assert len(on.wire.sent) == 10_000


def test_a_list_of_more_elements_than_anybody_has_is_given_up(scripted):
    elements, numbers = '{"id": "x"}, ' * 999 + '{"id": "x"}', iter(range(10**6))

    class Endless:
        def __len__(self):
            return 10**9

        def __getitem__(self, _):
            return httpx.Response(
                200,
                content=f'{{"links": {{"next": "?page_token={next(numbers)}"}}, "data": [{elements}]}}',
            )

    on = scripted(page([]))
    on.wire.script = Endless()
    with pytest.raises(
        ProtocolError, match="the list is too long: 251 pages, 251000 elements, 3 MiB"
    ):
        sum(map(len, on.client.pages("/rooms")))
