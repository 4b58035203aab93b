"""Which endpoint answers a request."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule

from reconciler.localspace.http import Endpoint, Refusal, Route

BASE = "/api/video"
API = "/api/"


def below_base(routes: Iterable[Route]) -> list[Route]:
    """The routes below the Video API's base; a template that begins with an API's base is whole."""
    return [
        route if route.template.startswith(API) else route._replace(template=BASE + route.template)
        for route in routes
    ]


@lru_cache(maxsize=16)
def _map(requests: tuple[tuple[str, str], ...]) -> Map:
    """The map of methods and paths; each leads to its place among ``requests``.

    To compile the rules takes longer than all else that a Space does at its start, so Spaces with
    the same kinds share them.
    """
    rules = [
        Rule(template.replace("{", "<").replace("}", ">"), methods=[method], endpoint=place)
        for place, (method, template) in enumerate(requests)
    ]
    return Map(rules, merge_slashes=False)


class Router:
    """Finds the endpoint of a request among ``routes``, whose templates are whole paths."""

    def __init__(self, routes: Iterable[Route]) -> None:
        whole = list(routes)
        self._endpoints = [route.endpoint for route in whole]
        self._paths = _map(tuple((one.method, one.template) for one in whole)).bind("localhost")

    def endpoint(self, path: str, method: str) -> tuple[Endpoint, Mapping[str, str]]:
        """The endpoint, and the ids in ``path``. Refusal 404 or 405 if there is none."""
        try:
            place, ids = self._paths.match(path, method=method)
        except MethodNotAllowed as error:
            allowed = ", ".join(sorted(error.valid_methods or ()))
            raise Refusal(405, headers={"Allow": allowed}) from error
        except HTTPException as error:
            raise Refusal(404) from error
        return self._endpoints[place], ids
