"""A request ready to send: method, target below the API base, body, secrets, deadline."""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlencode

from reconciler.core.named_tuple import NamedTuple
from reconciler.space.paths import checked, whole_path

Params = Mapping[str, str | int | bool]


class PreparedRequest(NamedTuple):
    """A request for any number of attempts before ``until`` (monotonic seconds)."""

    method: str
    target: bytes
    body: bytes | None
    label: str
    hidden: frozenset[str]
    until: float

    def __repr__(self) -> str:
        return self.label  # without the hidden spellings


def request_target(path: str, params: Params | None) -> bytes:
    """Path and query: below the Video API's base, or whole for a path that begins with ``/api/``.

    A checked path cannot leave its base or add a query.
    """
    if not params:
        return _plain_target(path)
    query = urlencode({name: _quoted(value) for name, value in params.items()})
    return b"%b?%b" % (_plain_target(path), query.encode("ascii"))


@lru_cache(maxsize=100)  # the collections, to which most requests go, and pages of them
def _plain_target(path: str) -> bytes:
    return whole_path(checked(path)).encode("ascii")


def _quoted(value: str | int | bool) -> str:  # noqa: FBT001  # a query value of any type
    return str(value).lower() if isinstance(value, bool) else str(value)
