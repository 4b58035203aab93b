"""Project file as values: project, environments, limits and policies."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import Place


class Written(NamedTuple):
    """A text before substitution, and its position."""

    text: str
    place: Place


class Network(NamedTuple):
    """``connection`` as written; None and empty mean unset."""

    proxy: Written | None = None
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Safety:
    """Limits of one run; None if unset."""

    max_delete_share: float | None = None
    max_delete_count: int | None = None
    max_update_share: float | None = None
    max_update_count: int | None = None
    literal_secrets: Literal["warn", "allow", "refuse"] | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Project rules beyond those of the Space; None if unset."""

    text_contrast: float | None = None
    control_contrast: float | None = None
    low_contrast: Literal["warn", "refuse"] | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment as written; ``connection`` fills in credentials. Empty and None mean unset."""

    name: str
    place: Place
    space: Written | None = None
    project_id: Written | None = None
    api_token: Written | None = None
    vars: Mapping[str, str] = field(default_factory=dict)
    manifests: tuple[str, ...] = ()
    manifests_at: tuple[Place, ...] = ()
    state: str | None = None
    safety: Safety | None = None
    policy: Policy | None = None
    network: Network | None = None
    exclude: tuple[str, ...] = ()
    state_mode: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """The project file. All paths and patterns are relative to the folder of ``path``.

    ``manifests_at`` holds the position of each path in ``manifests``. ``follow_links`` are folders
    outside that links may lead to.
    """

    path: Path
    manifests: tuple[str, ...] = ()
    state: str | None = None
    vars: Mapping[str, str] = field(default_factory=dict)
    safety: Safety | None = None
    environments: Mapping[str, Environment] = field(default_factory=dict)
    policy: Policy | None = None
    manifests_at: tuple[Place, ...] = ()
    network: Network | None = None
    env: tuple[str, ...] | None = None
    default_environment: str | None = None
    exclude: tuple[str, ...] = ()
    follow_links: tuple[str, ...] = ()
    state_mode: str = ""
    kinds: tuple[str, ...] = ()
