"""The ``connection`` of the project file: which proxy leads to other machines, and whose certificates are trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from reconciler.core.errors import ManifestError
from reconciler.core.resources import Place, Problem
from reconciler.core.secret_names import is_secret_name
from reconciler.manifest.compose.variables import EVERY, Variables, filled
from reconciler.manifest.document import Document, Findings, place_of
from reconciler.manifest.document import Path as ValuePath

if TYPE_CHECKING:
    from reconciler.manifest.project import Project

_FIELD, _PROXY = "connection", "proxy"
_REFERENCE = re.compile(r"\$\{[^}]*\}")
_NAME = re.compile(r"\$\{env:([^}]*)\}")


class Written(NamedTuple):
    """A text that may hold ``${env:NAME}``, not filled in yet, and where it stands."""

    text: str
    place: Place


class Network(NamedTuple):
    """``connection`` as it is written; None and empty stand for 'not written'."""

    proxy: Written | None = None
    ca_file: str = ""


def network_in(document: Document, path: ValuePath, value: Mapping[str, Any]) -> Network | None:
    """Return the ``connection`` under ``path``."""
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
    """Whether a proxy is written at ``path``: it may hold a password, and ``${env:NAME}`` is filled in."""
    inner = path[2:] if path[:1] == ("environments",) else path
    return inner == (_FIELD, _PROXY)


def proxies_in(value: Mapping[str, Any]) -> frozenset[ValuePath]:
    """Return the paths at which a proxy is written."""
    environments = value.get("environments")
    named = environments if isinstance(environments, dict) else {}
    bases: list[ValuePath] = [(), *(("environments", name) for name in named)]
    return frozenset((*base, _FIELD, _PROXY) for base in bases)


def check_proxy(findings: Findings, path: ValuePath, text: str) -> None:
    """Add a problem where a proxy's password is written in clear."""
    user, separator, _ = text.rpartition("@")
    password = user.rpartition("://")[2].partition(":")[2]
    if separator and password and not (password.startswith("${env:") and password.endswith("}")):
        findings.add(
            path,
            "the proxy's password is written here in clear",
            hint="put it into the environment and write http://USER:${env:PROXY_PASSWORD}@HOST:PORT here",
        )


def _merged(project: Project, env: str | None) -> tuple[Network, str]:
    """Return what holds for the environment ``env``, and what stands before the proxy's path in the file."""
    environment = project.environments.get(env or "")
    theirs = environment.network if environment else None
    common, own = project.network or Network(), theirs or Network()
    prefix = f"environments.{env}." if own.proxy else ""
    return Network(own.proxy or common.proxy, own.ca_file or common.ca_file), prefix


def network_written(project: Project, env: str | None) -> Network:
    """Return ``connection`` for the environment ``env``: its own words go before the project's, one by one."""
    return _merged(project, env)[0]


def _secrets_of_the_host(text: str) -> list[str]:
    """Return what has the name of a secret and stands for a part of the address that is shown, and sent to name servers."""
    if _REFERENCE.fullmatch(text):
        return []
    return [name for name in _NAME.findall(text.rpartition("@")[2]) if is_secret_name(name)]


def network(
    project: Project | None, env: str | None, variables: Mapping[str, str]
) -> tuple[str, str]:
    """Return the proxy and the file of CAs that the project file names for the environment ``env``; empty where it names none.

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
        what = f"the proxy's host is shown, and {misplaced[0]} has the name of a secret"
        raise ManifestError(
            [Problem(written.proxy.place, what, pointer, "give it another name, if it is none")]
        )
    text, faults = filled(written.proxy.text, Variables(variables, {}, listed=EVERY))
    if faults:
        raise ManifestError(
            [Problem(written.proxy.place, fault.message, pointer, fault.hint) for fault in faults]
        )
    if not _REFERENCE.fullmatch(
        written.proxy.text
    ):  # a part of the address: a password may hold an '@' or a '/'
        quoted = {name: quote(value, safe="") for name, value in variables.items()}
        text, _ = filled(written.proxy.text, Variables(quoted, {}, listed=EVERY))
    return text, written.ca_file
