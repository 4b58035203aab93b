"""What manifests say: positions, names, secrets, what is desired, and what is wrong with it. Frozen, plain values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Severity = Literal["error", "warning"]
Attributes = Mapping[str, Any]

SECRET_TEXT = "(secret)"  # noqa: S105  # what stands for a secret


_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


def path_text(field: str, steps: Sequence[str] = ()) -> str:
    """``meta.team``, ``meta["a.b"]``."""
    return field + "".join(
        f".{step}" if _PLAIN_KEY.fullmatch(step) else f'["{step}"]' for step in steps
    )


class Place(NamedTuple):
    """A position in a file: line and column count from 1, as editors do; line 0 is the file, or the folder, as a whole."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Origin(NamedTuple):
    """Where a value was written, and by way of which fragment (``preset webinar``, ``theme brand``)."""

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
    """A value that no output may show; equal to another by value, printed as ``(secret)``.

    ``shown`` is what reports have in its place: of a text from the environment, how it was written (``${env:NAME}``).
    """

    value: str
    shown: str = field(default=SECRET_TEXT, compare=False)

    def __repr__(self) -> str:
        return SECRET_TEXT

    def __str__(self) -> str:
        return SECRET_TEXT

    def sealed(self, key: bytes) -> "Sealed":
        """The keyed digest that stands for this value where it must be compared or kept."""
        import hmac  # noqa: PLC0415  # where there are secrets

        return Sealed(hmac.new(key, self.value.encode(), "sha256").hexdigest(), self.shown)


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """The keyed digest of a Secret: tells equal from different, and nothing more."""

    digest: str
    shown: str = field(default=SECRET_TEXT, compare=False)

    def __repr__(self) -> str:
        return SECRET_TEXT

    def __str__(self) -> str:
        return SECRET_TEXT


@dataclass(frozen=True, slots=True)
class Desired:
    """A resource as the manifests want it, composed of presets, theme and its own spec.

    ``attributes`` holds declared fields only, by the API's names; a secret is a Secret.
    ``children`` holds, for each declared list of sub-resources, the attributes of each (``{"streams": ({"url": Secret},)}``).
    ``origins`` maps a path (``layout``, ``meta``, ``streams[0].url``) to where it was written; ``""`` is the resource itself.
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
    """One thing wrong with the input: where, what, and the likely mend."""

    place: Place
    message: str
    pointer: str = ""
    hint: str = ""
    excerpt: str = ""
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Live:
    """A resource as the Space has it: the answer's own fields, and its sub-resources where they were read."""

    address: Address
    id: str
    attributes: Attributes
    children: Mapping[str, tuple["Live", ...]] = field(default_factory=dict)
    session: Attributes | None = None


@dataclass(frozen=True, slots=True)
class AppliedChild:
    """A sub-resource that we made: its id and its attributes in canonical spelling, secrets sealed."""

    id: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Applied:
    """A resource as we last wrote it: canonical spelling, secrets sealed, declared fields only.

    ``renamed_from`` is the rename that was carried out, ``heading`` the name that it is on its way to in the middle of one.
    """

    address: Address
    id: str
    attributes: Attributes
    children: Mapping[str, tuple[AppliedChild, ...]] = field(default_factory=dict)
    protect: bool = False
    renamed_from: str | None = None
    rename_target: str | None = None
