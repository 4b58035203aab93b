from urllib.parse import parse_qs, urlsplit

import pytest


def names(page):
    return [room["name"] for room in page["data"]]


@pytest.fixture
def seven(api):
    for number in range(7):
        api.post("/rooms", json={"name": f"r{number}"})
    return api


def walk(api, path, **params):
    """The names on each page, by way of ``links.next``."""
    page = api.get(path, params=params).json()
    found = [names(page)]
    while "next" in page["links"]:
        page = api.get(page["links"]["next"]).json()
        found.append(names(page))
    return found


def test_pages_follow_one_another(seven):
    assert walk(seven, "/rooms", page_size=3) == [["r0", "r1", "r2"], ["r3", "r4", "r5"], ["r6"]]


def test_the_last_full_page_has_no_next(seven):
    assert walk(seven, "/rooms", page_size=7) == [["r0", "r1", "r2", "r3", "r4", "r5", "r6"]]


def test_fifty_by_default(api):
    for number in range(51):
        api.post("/rooms", json={"name": f"r{number}"})
    assert [len(page) for page in walk(api, "/rooms")] == [50, 1]


def test_links_lead_back_and_to_the_start(seven):
    third = seven.get(
        seven.get(seven.get("/rooms?page_size=2").json()["links"]["next"]).json()["links"]["next"]
    ).json()
    second = seven.get(third["links"]["prev"]).json()
    first = seven.get(second["links"]["prev"]).json()
    assert [names(page) for page in (first, second, third)] == [
        ["r0", "r1"],
        ["r2", "r3"],
        ["r4", "r5"],
    ]
    assert seven.get(third["links"]["first"]).json() == first
    assert seven.get(third["links"]["self"]).json() == third
    assert "prev" not in first["links"]


def test_a_page_can_be_rebuilt_from_number_and_token(seven):
    query = parse_qs(urlsplit(seven.get("/rooms?page_size=4").json()["links"]["next"]).query)
    again = seven.get(
        "/rooms",
        params={
            "page_size": 4,
            "page_number": query["page_number"][0],
            "page_token": query["page_token"][0],
        },
    )
    assert names(again.json()) == ["r4", "r5", "r6"]


def test_inserts_and_deletes_do_not_shift_pages(seven):
    first = seven.get("/rooms?page_size=3").json()
    seven.delete(f"/rooms/{first['data'][1]['id']}")
    seven.post("/rooms", json={"name": "late"})
    assert names(seven.get(first["links"]["next"]).json()) == ["r3", "r4", "r5"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("page_size=0", ("invalid_parameter", "page_size")),
        ("page_size=1001", ("invalid_parameter", "page_size")),
        ("page_size=ten", ("invalid_parameter", "page_size")),
        ("page_size=%D9%A3", ("invalid_parameter", "page_size")),
        ("page_size=1&page_size=2", ("invalid_parameter", "page_size")),
        ("page_number=-1", ("invalid_parameter", "page_number")),
        ("page_number=1", ("page_token_required_for_next_page", "page_token")),
        ("page_number=1&page_token=x", ("page_token_is_invalid", "page_token")),
        ("page_token=", ("page_token_is_invalid", "page_token")),
        ("page_token=AAAAAFtd", ("page_token_is_invalid", "page_token")),
        ("pagesize=1", ("invalid_parameter", "pagesize")),
        ("include_active_session=1", ("invalid_parameter", "include_active_session")),
        ("starts_after=soon", ("not_a_datetime", "starts_after")),
    ],
)
def test_queries_that_are_refused(seven, complaints, query, expected):
    assert complaints(seven.get(f"/rooms?{query}")) == [expected]


def test_a_token_serves_its_own_list_and_number_alone(seven, complaints):
    following = seven.get("/rooms?page_size=3").json()["links"]["next"]
    token = parse_qs(urlsplit(following).query)["page_token"][0]
    refused = [("page_token_is_invalid", "page_token")]
    assert complaints(seven.get(f"/conferences?page_number=1&page_token={token}")) == refused
    assert complaints(seven.get(f"/rooms?page_number=2&page_token={token}")) == refused
    assert complaints(seven.get(f"/rooms?page_number=1&page_token={token[:-1]}")) == refused


def test_one_resource_takes_no_page(api, complaints):
    api.post("/rooms", json={"name": "lobby"})
    assert complaints(api.get("/rooms/lobby?page_size=1")) == [("invalid_parameter", "page_size")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("starts_after=2026-02-01", ["b", "c"]),
        ("starts_after=2026-02-01T01:00:00%2B01:00", ["b", "c"]),
        ("starts_after=1769904000", ["b", "c"]),
        ("ends_before=2026-04-01", ["b"]),
        ("starts_after=2026-01-15&ends_before=2026-12-31", ["b", "c"]),
    ],
)
def test_rooms_between_two_dates(api, query, expected):
    api.post("/rooms", json={"name": "a", "join_from": "2026-01-01"})
    api.post("/rooms", json={"name": "b", "join_from": "2026-02-01", "join_until": "2026-04-01"})
    api.post("/rooms", json={"name": "c", "join_from": "2026-03-01", "join_until": "2026-05-01"})
    api.post("/rooms", json={"name": "d"})
    assert names(api.get(f"/rooms?{query}").json()) == expected


def test_links_keep_the_other_parameters(seven):
    link = seven.get("/rooms?include_active_session=true&page_size=2").json()["links"]["next"]
    assert parse_qs(urlsplit(link).query)["include_active_session"] == ["true"]


def test_relative_links(make, client_of):
    api = client_of(make(links="relative"))
    assert (
        api.get("/rooms").json()["links"]["self"] == "/api/video/rooms?page_number=0&page_size=50"
    )


def test_an_empty_page_with_a_next(make, client_of):
    api = client_of(make(empty_page=1))
    for number in range(4):
        api.post("/rooms", json={"name": f"r{number}"})
    assert walk(api, "/rooms", page_size=2) == [["r0", "r1"], [], ["r2", "r3"]]


def test_lists_that_lag_by_listings(make, client_of):
    api = client_of(make(lag_lists=2))
    room = api.post("/rooms", json={"name": "new"}).json()
    assert [names(api.get("/rooms").json()) for _ in range(4)] == [[], [], ["new"], ["new"]]
    assert api.get("/rooms/new").json() == room
    api.delete(f"/rooms/{room['id']}")
    assert api.get("/rooms/new").status_code == 404
    assert [names(api.get("/rooms").json()) for _ in range(3)] == [["new"], ["new"], []]


def test_lists_that_lag_by_the_clock(make, client_of, clock):
    api = client_of(make(lag_seconds=30))
    room = api.post("/rooms", json={"name": "new"}).json()["id"]
    seen = [names(api.get("/rooms").json())]
    clock.move(31)
    seen.append(names(api.get("/rooms").json()))
    api.delete(f"/rooms/{room}")
    seen.append(names(api.get("/rooms").json()))
    clock.move(31)
    assert [*seen, names(api.get("/rooms").json())] == [[], ["new"], ["new"], []]


def test_what_came_and_went_during_the_lag_is_never_listed(make, client_of):
    api = client_of(make(lag_lists=2))
    room = api.post("/rooms", json={"name": "brief"}).json()["id"]
    api.delete(f"/rooms/{room}")
    assert [names(api.get("/rooms").json()) for _ in range(3)] == [[], [], []]
