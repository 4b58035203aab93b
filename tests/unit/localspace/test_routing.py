"""Which endpoint answers a request."""

import pytest

from reconciler.localspace.http import Refusal, Route
from reconciler.localspace.routing import Router, below_base


def routes(said):
    """Routes whose endpoints return ``said`` and the method."""
    return [
        Route(method, template, lambda *_, method=method: f"{said} {method}")
        for method, template in [("GET", "/rooms/{id}"), ("PUT", "/rooms/{id}"), ("GET", "/rooms")]
    ]


def test_the_endpoint_and_the_ids_of_the_path():
    endpoint, ids = Router(routes("a")).endpoint("/rooms/7", "PUT")
    assert (endpoint(), dict(ids)) == ("a PUT", {"id": "7"})


def test_two_spaces_with_the_same_paths_have_their_own_endpoints():
    one, other = Router(routes("one")), Router(routes("other"))
    assert one.endpoint("/rooms", "GET")[0]() == "one GET"
    assert other.endpoint("/rooms", "GET")[0]() == "other GET"


@pytest.mark.parametrize("path", ["/rooms/7/more", "/rooms//7", "/"])
def test_another_path_is_not_found(path):
    with pytest.raises(Refusal) as caught:
        Router(routes("a")).endpoint(path, "GET")
    assert caught.value.status == 404


def test_another_method_is_refused_with_those_that_are_allowed():
    with pytest.raises(Refusal) as caught:
        Router(routes("a")).endpoint("/rooms/7", "DELETE")
    assert (caught.value.status, caught.value.headers["Allow"]) == (405, "GET, HEAD, PUT")


def test_a_template_of_another_api_is_whole():
    found = below_base([Route("GET", "/rooms", len), Route("GET", "/api/other/halls", len)])
    assert [route.template for route in found] == ["/api/video/rooms", "/api/other/halls"]
