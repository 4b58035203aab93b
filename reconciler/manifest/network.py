"""``connection`` in the project file: proxy and trusted certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reconciler.core.errors import ManifestError
from reconciler.core.regex import regex
from reconciler.core.resources import Problem
from reconciler.core.secret_names import is_secret_name
from reconciler.manifest.compose.variables import EVERY, Variables, filled
from reconciler.manifest.document import Document, Findings, place_of
from reconciler.manifest.document import Path as ValuePath

if TYPE_CHECKING:
    from reconciler.manifest.project_model import Project
from reconciler.manifest.project_model import Network, Written

_FIELD, _PROXY = "connection", "proxy"
_REFERENCE = regex(r"\$\{[^}]*\}")
_NAME = regex(r"\$\{env:([^}]*)\}")


def network_in(document: Document, path: ValuePath, value: Mapping[str, Any]) -> Network | None:
    """Read the ``connection`` at ``path``."""
    if _FIELD not in value:
        return None
    written = value[_FIELD]
    proxy = (
        Written(written[_PROXY], place_of(document, (*path, _FIELD, _PROXY)))
        if _PROXY in written
        else None
    )
    return Network(proxy, written.get("ca_file", ""))


def is_proxy(path: ValuePath) -> bool:
    """Whether ``path`` is a proxy: it may hold a password and ``${env:NAME}``."""
    inner = path[2:] if path[:1] == ("environments",) else path
    return inner == (_FIELD, _PROXY)


def proxies_in(value: Mapping[str, Any]) -> frozenset[ValuePath]:
    """Return the paths of all proxies."""
    environments = value.get("environments")
    named = environments if isinstance(environments, dict) else {}
    bases: list[ValuePath] = [(), *(("environments", name) for name in named)]
    return frozenset((*base, _FIELD, _PROXY) for base in bases)


def check_proxy(findings: Findings, path: ValuePath, text: str) -> None:
    """Add a problem for a proxy password in clear."""
    user, separator, _ = text.rpartition("@")
    password = user.rpartition("://")[2].partition(":")[2]
    if separator and password and not (password.startswith("${env:") and password.endswith("}")):
        findings.add(
            path,
            "the proxy's password is written here in clear",
            hint="put it into the environment and write http://USER:${env:PROXY_PASSWORD}@HOST:PORT here",
        )


def _merged(project: Project, env: str | None) -> tuple[Network, str]:
    """Return the effective connection of ``env`` and the path prefix of its proxy."""
    environment = project.environments.get(env or "")
    theirs = environment.network if environment else None
    common, own = project.network or Network(), theirs or Network()
    prefix = f"environments.{env}." if own.proxy else ""
    return Network(own.proxy or common.proxy, own.ca_file or common.ca_file), prefix


def network_written(project: Project, env: str | None) -> Network:
    """Return the ``connection`` of ``env``: its settings override the project's."""
    return _merged(project, env)[0]


def _secrets_of_the_host(text: str) -> list[str]:
    """Return secret-like variable names in the proxy's host, which is printed and sent to DNS."""
    if _REFERENCE.fullmatch(text):
        return []
    return [name for name in _NAME.findall(text.rpartition("@")[2]) if is_secret_name(name)]


def network(
    project: Project | None, env: str | None, variables: Mapping[str, str]
) -> tuple[str, str]:
    """Return the proxy and CA file for environment ``env``; empty if unset.

    ManifestError names a variable that is not set.
    """
    if project is None:
        return "", ""
    written, prefix = _merged(project, env)
    if written.proxy is None:
        return "", written.ca_file
    pointer = f"{prefix}{_FIELD}.{_PROXY}"
    misplaced = _secrets_of_the_host(written.proxy.text)
    if misplaced:
        what = f"{misplaced[0]} is named like a secret, and stands where the proxy's host is, which outputs show"
        raise ManifestError(
            [
                Problem(
                    written.proxy.place,
                    what,
                    pointer,
                    "a password goes before the host: http://USER:${env:NAME}@HOST:PORT; if this is no secret, rename the variable",
                )
            ]
        )
    text, faults = filled(written.proxy.text, Variables(variables, {}, listed=EVERY))
    if faults:
        raise ManifestError(
            [Problem(written.proxy.place, fault.message, pointer, fault.hint) for fault in faults]
        )
    if not _REFERENCE.fullmatch(
        written.proxy.text
    ):  # Escaped as part of an address: a password may hold an '@' or a '/'.
        quoted = {name: quote(value, safe="") for name, value in variables.items()}
        text, _ = filled(written.proxy.text, Variables(quoted, {}, listed=EVERY))
    return text, written.ca_file
