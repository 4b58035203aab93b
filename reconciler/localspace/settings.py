"""Settings that make the local Space differ or fail; they convert to JSON and back."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, Self, get_args

from reconciler.core.deferred_dataclass import dataclass, field, fields

_Deed = Literal[
    "status",
    "reset_before_commit",
    "reset_after_commit",
    "hang",
    "truncated",
    "garbage",
    "empty",
    "wait",
]
GARBAGE = "<!DOCTYPE html><html><body><h1>It works!</h1></body></html>"


def _check_headers(headers: Any) -> None:
    if not isinstance(headers, Mapping) or not all(
        isinstance(text, str) for pair in headers.items() for text in pair
    ):
        raise TypeError('headers: an object of texts is expected, such as {"Retry-After": "1"}')


def _check_pattern(pattern: Any) -> None:
    if not isinstance(pattern, str):
        raise TypeError(f"path_regex: {_shown(pattern)} is not a text")
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"path_regex: {_shown(pattern)} is no regular expression") from error


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault for requests that match ``method`` (``*`` for any) and ``path_regex``.

    The first ``after`` matching requests pass, then ``times`` of them fail (None: all).
    ``path_regex`` is searched in the whole path. ``action`` is one of

    - ``status``: answer ``status`` with ``headers`` (``{"Retry-After": "1"}``) and ``body`` (by
      default the documented error);
    - ``reset_before_commit``, ``reset_after_commit``: cut the connection, before or after the
      request takes effect;
    - ``hang``: give no answer for ``seconds``, then cut the connection;
    - ``truncated``: end the answer after ``keep`` bytes (None: half) of its announced length;
    - ``wait``: wait ``seconds`` before the request takes effect (``committed``: after), then
      answer normally;
    - ``garbage``: 200 with ``body`` (by default an HTML page); ``empty``: 200 without a body.

    ``committed`` says whether the request takes effect. Its default is true for ``truncated``,
    ``garbage`` and ``empty``, and false for ``status`` and ``hang``.
    """

    method: str = "*"
    path_regex: str = ""
    times: int | None = None
    after: int = 0
    action: _Deed = "status"
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    seconds: float = 30.0
    keep: int | None = None
    committed: bool | None = None

    def __post_init__(self) -> None:
        _one_of("action", self.action, get_args(_Deed))
        for name in ("times", "after", "status", "keep"):
            _number(self, name)
        _number(self, "seconds", (int, float))
        if self.body is not None and not isinstance(self.body, str):
            raise ValueError("body: the text of an answer is expected, JSON included")
        if not isinstance(self.method, str):
            raise TypeError(f"method: {_shown(self.method)} is not a text, such as POST")
        if not isinstance(self.committed, bool | None):
            raise TypeError(f"committed: {_shown(self.committed)} is neither true nor false")
        _check_headers(self.headers)
        _check_pattern(self.path_regex)

    @property
    def commits(self) -> bool:
        """Whether the request takes effect before it fails."""
        if self.committed is not None and not self.action.startswith("reset"):
            return self.committed
        return self.action in ("reset_after_commit", "truncated", "garbage", "empty")


@dataclass(frozen=True, slots=True)
class Settings:
    """Behaviour of the local Space where a real Space may differ or fail.

    - ``latency``: seconds added to each request; ``faults``: the first match strikes.
    - ``lag_lists``, ``lag_seconds``: lists show a creation or deletion only after this many
      listings have begun and this many seconds have passed.
    - ``put``: a field that a PUT omits is kept (``merge``) or gets its default (``replace``).
    - ``put_name``: ``name`` in a PUT is ``taken`` (a rename), ``ignored`` or ``refused``.
    - ``put_resets``: fields that every PUT sets to their default, read-only ones included.
    - ``taken``: a POST of an existing name is ``refused``, ``answered`` with the existing resource,
      or created under a ``suffixed`` name. ``made_name``: a POST creates the name ``as_sent``, or
      always a ``suffixed`` one.
    - ``clear``: null for a field that can be unset is ``accepted`` or ``refused``.
    - ``colours``, ``instants``, ``links``: formats of answers. ``created``: status of a POST.
    - ``empty_page``: number of a page that is empty but has a next one.
    - ``stream_limit``: sub-resources of one kind for each parent; ``write_limit``: POSTs and PUTs
      in ten seconds.
    - ``active_session``: answers show a live session (``told``), omit the field (``absent``), have
      null (``null``) or an invalid value (``odd``). The list of sessions is always right.
    - ``session_room_id``: a session has the id of its room (``own``), none (``null``) or an unknown
      one (``other``).
    - ``one_room``: a resource of a kind whose rooms another kind may show too stands ``apart``, or is
      ``shown`` there under its name or under a ``suffixed`` one.
    - ``token_seconds``: validity of a room token in seconds; None for no end, as in the service.
    - ``seed``: equal seeds give equal ids and tokens.
    """

    latency: float = 0.0
    faults: tuple[Fault, ...] = ()
    lag_lists: int = 0
    lag_seconds: float = 0.0
    put: Literal["merge", "replace"] = "merge"
    put_name: Literal["taken", "ignored", "refused"] = "taken"
    put_resets: tuple[str, ...] = ()
    taken: Literal["refused", "answered", "suffixed"] = "refused"
    made_name: Literal["as_sent", "suffixed"] = "as_sent"
    clear: Literal["accepted", "refused"] = "accepted"
    colours: Literal["as_sent", "upper", "lower"] = "as_sent"
    instants: Literal["Z", "offset", "fraction"] = "Z"
    links: Literal["absolute", "relative"] = "absolute"
    created: Literal["documented", 200, 201] = "documented"
    empty_page: int | None = None
    stream_limit: int | None = None
    write_limit: int = 13_800
    active_session: Literal["told", "absent", "null", "odd"] = "told"
    session_room_id: Literal["own", "null", "other"] = "own"
    one_room: Literal["apart", "shown", "suffixed"] = "apart"
    token_seconds: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            _one_of(name, getattr(self, name), choices)
        for name in (
            "lag_lists",
            "empty_page",
            "stream_limit",
            "write_limit",
            "token_seconds",
            "seed",
        ):
            _number(self, name)
        for name in ("latency", "lag_seconds"):
            _number(self, name, (int, float))

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """The Settings in ``to_json`` form, with defaults for missing ones.

        Raises ValueError or TypeError for an invalid setting.
        """
        faults = _known(cls, values).get("faults", ())
        if not isinstance(faults, list | tuple):
            raise TypeError("faults: a list of objects is expected")
        listed = {"put_resets": _texts(values["put_resets"])} if "put_resets" in values else {}
        return cls(
            **{
                **values,
                **listed,
                "faults": tuple(Fault(**_known(Fault, fault)) for fault in faults),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """All settings as a JSON object, faults as a list of objects."""
        return {
            **asdict(self),
            "put_resets": list(self.put_resets),
            "faults": [asdict(fault) for fault in self.faults],
        }


_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "put": ("merge", "replace"),
    "put_name": ("taken", "ignored", "refused"),
    "taken": ("refused", "answered", "suffixed"),
    "made_name": ("as_sent", "suffixed"),
    "clear": ("accepted", "refused"),
    "colours": ("as_sent", "upper", "lower"),
    "instants": ("Z", "offset", "fraction"),
    "links": ("absolute", "relative"),
    "created": ("documented", 200, 201),
    "active_session": ("told", "absent", "null", "odd"),
    "one_room": ("apart", "shown", "suffixed"),
    "session_room_id": ("own", "null", "other"),
}


def _shown(value: Any) -> str:
    """A value as JSON, which the user wrote."""
    return json.dumps(value, ensure_ascii=False, default=str)[:100]


def _number(owner: Any, name: str, types: tuple[type, ...] = (int,)) -> None:
    """Checks that a field is a number from 0 up, or None if that is its default."""
    value = getattr(owner, name)
    optional = next(part.default for part in fields(owner) if part.name == name) is None
    number = isinstance(value, types) and not isinstance(value, bool)
    if not (value is None and optional) and not (number and value >= 0):
        raise ValueError(f"{name}: {_shown(value)} is not a number from 0 up")


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise TypeError("put_resets: a list of names of fields is expected")
    return tuple(values)


def _one_of(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name}: {_shown(value)} is none of {', '.join(map(str, choices))}")


def _known(owner: type[Any], values: Any) -> Mapping[str, Any]:
    what = "faults" if owner is Fault else "the knobs"
    if not isinstance(values, Mapping):
        raise TypeError(f"{what}: an object is expected, not {_shown(values)}")
    known = sorted(part.name for part in fields(owner))
    for name in values:
        _one_of(what, name, tuple(known))
    return values
