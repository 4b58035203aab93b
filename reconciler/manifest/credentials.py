"""Fills in the Space and credentials of an environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.core.errors import ManifestError
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.core.resources import Problem, Secret
from reconciler.core.secret_names import is_secret_name
from reconciler.manifest.compose.variables import EVERY, Variables, filled

if TYPE_CHECKING:
    from reconciler.manifest.project_model import Environment, Written

_REFERENCED = regex(r"\$\{env:([^}]*)\}")
_TOKEN = "api_token"  # noqa: S105  # the name of a field


class Connection(NamedTuple):
    """The Space and credentials of an environment, filled in; None if unset."""

    space: str | None
    project_id: str | None
    api_token: Secret | None


def _secret_names(text: str) -> list[str]:
    return [name for name in _REFERENCED.findall(text) if is_secret_name(name)]


def connection(environment: Environment, variables: Mapping[str, str]) -> Connection:
    """The Space and credentials of ``environment``, from the environment ``variables``.

    ManifestError names each variable that is unset, empty or invalid, never its value.
    """
    problems: list[Problem] = []
    values: dict[str, str] = {}
    for key in ("space", "project_id", _TOKEN):
        written: Written | None = getattr(environment, key)
        if written is None:
            continue
        pointer = f"environments.{environment.name}.{key}"
        secret = (
            [] if key == _TOKEN else _secret_names(written.text)
        )  # the Space's name is printed and sent to DNS servers
        if secret:
            hint = "if it is not a secret, give the variable another name"
            problems.append(
                Problem(
                    written.place,
                    f"the {key} is shown in outputs, but {secret[0]} is named like a secret",
                    pointer,
                    hint,
                )
            )
            continue
        values[key], faults = filled(written.text, Variables(variables, {}, listed=EVERY))
        problems += [Problem(written.place, fault.message, pointer, fault.hint) for fault in faults]
    if problems:
        raise ManifestError(problems)
    token = values.get(_TOKEN)
    return Connection(
        values.get("space"), values.get("project_id"), Secret(token) if token is not None else None
    )
