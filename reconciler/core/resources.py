"""Frozen values of desired, live and recorded resources, their places and secrets."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from reconciler.core.deferred_dataclass import built_often, dataclass, field
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex

Severity = Literal["error", "warning"]
Attributes = Mapping[str, Any]

SECRET_TEXT = "(secret)"  # noqa: S105  # shown in place of a secret


_PLAIN_KEY = regex(r"[A-Za-z0-9_-]+")


def path_text(field: str, steps: Sequence[str] = ()) -> str:
    """Format a path: ``meta.team``, ``meta["a.b"]``."""
    return field + "".join(
        f".{step}" if _PLAIN_KEY.fullmatch(step) else f'["{step}"]' for step in steps
    )


class Place(NamedTuple):
    """A position in a file; line and column count from 1. Line 0 is the whole file or folder."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Origin(NamedTuple):
    """Where a value was written, and through which fragment (``preset webinar``)."""

    place: Place
    via: str = ""

    def __str__(self) -> str:
        return f"{self.place} (by {self.via})" if self.via else str(self.place)


class Address(NamedTuple):
    """The identity of a resource everywhere outside HTTP; prints as ``Room/lobby``."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that no output may show. Equal by value, printed as ``(secret)``.

    ``shown`` stands for it in reports: for a value from the environment, ``${env:NAME}``. ``parts``
    are the values of the variables in it.
    """

    value: str
    shown: str = field(default=SECRET_TEXT, compare=False)
    parts: tuple[str, ...] = field(default=(), compare=False)

    def __repr__(self) -> str:
        return SECRET_TEXT

    def __str__(self) -> str:
        return SECRET_TEXT

    def sealed(self, key: bytes) -> "Sealed":
        """Return the keyed digest that stands for the value in comparisons and in the state."""
        import hmac  # noqa: PLC0415  # only for secrets

        return Sealed(hmac.new(key, self.value.encode(), "sha256").hexdigest(), self.shown)


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """The keyed digest of a Secret, for comparison only."""

    digest: str
    shown: str = field(default=SECRET_TEXT, compare=False)

    def __repr__(self) -> str:
        return SECRET_TEXT

    def __str__(self) -> str:
        return SECRET_TEXT


@built_often
@dataclass(frozen=True, slots=True)
class Desired:
    """A resource as declared, composed of presets, theme and its own spec.

    ``attributes`` holds declared fields only, by API name; a secret is a Secret. ``children`` holds
    the attributes of each sub-resource by list (``{"streams": ({"url": Secret},)}``). ``origins``
    maps a path (``layout``, ``streams[0].url``) to its place; ``""`` is the resource itself.
    """

    address: Address
    attributes: Attributes
    origins: Mapping[str, Origin]
    children: Mapping[str, tuple[Attributes, ...]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    protect: bool = False
    renamed_from: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem in the input: place, message, and a suggested fix in ``hint``."""

    place: Place
    message: str
    pointer: str = ""
    hint: str = ""
    excerpt: str = ""
    severity: Severity = "error"


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether there is an error among ``problems``; warnings do not count."""
    return any(problem.severity == "error" for problem in problems)


@built_often
@dataclass(frozen=True, slots=True)
class Live:
    """A resource in the Space: the answer's fields, and its sub-resources where they were read."""

    address: Address
    id: str
    attributes: Attributes
    children: Mapping[str, tuple["Live", ...]] = field(default_factory=dict)
    session: Attributes | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Kind and id, which identify the resource in the Space."""
        return self.address.kind, self.id


@dataclass(frozen=True, slots=True)
class AppliedChild:
    """A sub-resource we created: id and canonical attributes, secrets sealed."""

    id: str
    attributes: Attributes


@built_often
@dataclass(frozen=True, slots=True)
class Applied:
    """A resource as last applied: declared fields in canonical form, secrets sealed.

    ``renamed_from`` is the last rename carried out, ``rename_target`` the name that an unfinished
    rename leads to.
    """

    address: Address
    id: str
    attributes: Attributes
    children: Mapping[str, tuple[AppliedChild, ...]] = field(default_factory=dict)
    protect: bool = False
    renamed_from: str | None = None
    rename_target: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Kind and id, which identify the resource in the Space."""
        return self.address.kind, self.id
