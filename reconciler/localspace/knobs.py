"""The settings by which tests and demos bend the local Space: plain values that go to JSON and back."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self, get_args

Deed = Literal["status", "reset_before_commit", "reset_after_commit", "hang", "truncated", "garbage", "empty"]
GARBAGE = "<!DOCTYPE html><html><body><h1>It works!</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with requests that match: ``method`` (``*`` for any) and ``path_regex``, searched in the whole path.

    The first ``after`` matching requests pass, then ``times`` of them fail (None: all). ``action`` is one of

    - ``status``: answer ``status`` with ``headers`` (``{"Retry-After": "1"}``) and ``body`` (by default the documented error);
    - ``reset_before_commit``, ``reset_after_commit``: the connection is cut, without or with the request having taken effect;
    - ``hang``: no answer comes for ``seconds``, then the connection is cut;
    - ``truncated``: the answer stops after ``keep`` bytes (None: half) though its length was announced;
    - ``garbage``: 200 with ``body`` (by default a page of HTML); ``empty``: 200 with nothing.

    ``committed`` says whether the request takes effect all the same; by default it does for ``truncated``, ``garbage``
    and ``empty``, where only the answer is spoilt, and does not for ``status`` and ``hang``.
    """

    method: str = "*"
    path_regex: str = ""
    times: int | None = None
    after: int = 0
    action: Deed = "status"
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    seconds: float = 30.0
    keep: int | None = None
    committed: bool | None = None

    def __post_init__(self) -> None:
        _one_of("action", self.action, get_args(Deed))
        for name in ("times", "after", "status", "keep"):
            _number(self, name)
        _number(self, "seconds", (int, float))
        if self.body is not None and not isinstance(self.body, str):
            raise ValueError("body: the text of an answer is wanted, JSON included")
        try:
            re.compile(self.path_regex)
        except re.error as error:
            raise ValueError(f"path_regex: {error}") from error

    @property
    def commits(self) -> bool:
        """Whether the request takes effect before it fails."""
        if self.committed is not None and not self.action.startswith("reset"):
            return self.committed
        return self.action in ("reset_after_commit", "truncated", "garbage", "empty")


@dataclass(frozen=True, slots=True)
class Knobs:
    """How the local Space behaves where the real one may differ, or fail.

    - ``latency``: seconds that each request takes longer; ``faults``: the first that matches strikes.
    - ``lag_lists``, ``lag_seconds``: a thing created appears in lists (and a thing deleted vanishes from them) only when that
      many listings have begun and that many seconds have passed since.
    - ``put``: whether a settable field that a PUT does not mention is kept (``merge``) or goes back to its default (``replace``).
    - ``put_name``: whether a PUT's ``name`` is ``taken`` (a rename), ``ignored`` or ``refused``.
    - ``clear``: whether null is ``accepted`` for a field that may be unset, or ``refused`` like every other null.
    - ``colours``, ``instants``, ``links``: the spelling of answers. ``created``: the status of a POST.
    - ``empty_page``: the number of a page that is empty and still has a next one.
    - ``stream_limit``: how many sub-resources of one kind a parent may have; ``write_limit``: POSTs and PUTs in ten seconds.
    - ``token_seconds``: how long a room token can be used to join, from its making (None: for ever, as in the service).
    - ``seed``: ids and tokens are the same in every run with the same seed.
    """

    latency: float = 0.0
    faults: tuple[Fault, ...] = ()
    lag_lists: int = 0
    lag_seconds: float = 0.0
    put: Literal["merge", "replace"] = "merge"
    put_name: Literal["taken", "ignored", "refused"] = "taken"
    clear: Literal["accepted", "refused"] = "accepted"
    colours: Literal["as_sent", "upper", "lower"] = "as_sent"
    instants: Literal["Z", "offset", "fraction"] = "Z"
    links: Literal["absolute", "relative"] = "absolute"
    created: Literal["documented", 200, 201] = "documented"
    empty_page: int | None = None
    stream_limit: int | None = None
    write_limit: int = 13_800
    token_seconds: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            _one_of(name, getattr(self, name), choices)
        for name in ("lag_lists", "empty_page", "stream_limit", "write_limit", "token_seconds", "seed"):
            _number(self, name)
        for name in ("latency", "lag_seconds"):
            _number(self, name, (int, float))

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """The Knobs that ``to_json`` wrote; what is missing has its default. ValueError or TypeError names what cannot be."""
        faults = _known(cls, values).get("faults", ())
        return cls(**{**values, "faults": tuple(Fault(**_known(Fault, fault)) for fault in faults)})

    def to_json(self) -> dict[str, Any]:
        """All settings as a JSON object, faults as a list of objects."""
        return {**asdict(self), "faults": [asdict(fault) for fault in self.faults]}


_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "put": ("merge", "replace"),
    "put_name": ("taken", "ignored", "refused"),
    "clear": ("accepted", "refused"),
    "colours": ("as_sent", "upper", "lower"),
    "instants": ("Z", "offset", "fraction"),
    "links": ("absolute", "relative"),
    "created": ("documented", 200, 201),
}


def _number(owner: Any, name: str, types: tuple[type, ...] = (int,)) -> None:
    """Hold a field to a number from 0 up, or None where it has a default of None."""
    value = getattr(owner, name)
    optional = next(part.default for part in fields(owner) if part.name == name) is None
    number = isinstance(value, types) and not isinstance(value, bool)
    if not (value is None and optional) and not (number and value >= 0):
        raise ValueError(f"{name}: {value!r} is not a number from 0 up")


def _one_of(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name}: {value!r} is none of {', '.join(map(str, choices))}")


def _known(owner: type[Any], values: Any) -> Mapping[str, Any]:
    if not isinstance(values, Mapping):
        raise TypeError(f"{owner.__name__}: not a JSON object")
    known = sorted(part.name for part in fields(owner))
    for name in values:
        _one_of(owner.__name__, name, tuple(known))
    return values
