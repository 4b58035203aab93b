"""Protects credentials in pull requests: the base branch names the hosts and kinds that get them.

RECONCILER_BASE_PROJECT is the path of the base branch's reconciler.yaml, as fetched by CI. The files of
its ``kinds`` are beside it, at the paths that they have in the repository.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from reconciler import catalog
from reconciler.core.errors import CredentialsError, ReconcilerError
from reconciler.core.regex import regex
from reconciler.core.text import printable
from reconciler.engine.project_kinds import kind_documents
from reconciler.state.loopback import is_local
from reconciler.state.registry import POSTGRES

if TYPE_CHECKING:
    from reconciler.manifest.project_model import Project

BASE = "RECONCILER_BASE_PROJECT"
_PORT = regex(r":\d*$")


def _is_pull_request(environ: Mapping[str, str]) -> bool:
    return environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request") or bool(
        environ.get("CI_MERGE_REQUEST_IID")
    )


def _base(environ: Mapping[str, str]) -> Project | None:
    """Return the base branch's project file, empty if it has none; None without the variable."""
    named = environ.get(BASE, "")
    if not named:
        return None
    from reconciler.manifest.project import load_project  # noqa: PLC0415  # where there is a project file
    from reconciler.manifest.project_model import Project  # noqa: PLC0415  # likewise

    path = Path(named)
    if not path.is_file():
        return Project(path)
    return load_project(path, schema=catalog.documents()["project.schema.json"])


def hosts(written: str) -> frozenset[str]:
    """Return the hosts in a database URL: before its path, and in its parameters, which win."""
    try:
        parts = urlsplit(written)
    except ValueError:
        return frozenset()
    if parts.scheme.lower() not in POSTGRES:
        return frozenset()
    parameters = parse_qs(parts.query)
    lists = [parts.netloc.rpartition("@")[2]]
    lists += [*parameters.get("host", ()), *parameters.get("hostaddr", ())]
    names = set()
    for host in ",".join(lists).split(","):
        name = _PORT.sub("", host.strip()).strip("[]").lower()
        if not is_local(name):
            names.add(name)
    return frozenset(names)


def _states(project: Project) -> list[str]:
    written = [project.state, *(environment.state for environment in project.environments.values())]
    return [state for state in written if state]


def check_state(written: str, environ: Mapping[str, str]) -> None:
    """CredentialsError if a pull request sends a database password to an unknown host.

    Known hosts are those that the base branch names.
    """
    requested = hosts(written)
    if not requested or not (environ.get(BASE) or _is_pull_request(environ)):
        return
    base = _base(environ)
    if base is None:
        raise CredentialsError(
            "state: in a pull request the password of a database goes only to a host that"
            " the base branch names, and its reconciler.yaml is not known here",
            hint="write it with 'git show BASE:reconciler.yaml > FILE' outside the checkout,"
            f" and set {BASE} to that FILE",
        )
    unknown = requested.difference(*map(hosts, _states(base)))
    if unknown:
        raise CredentialsError(
            f"state: the base branch names no database on {printable(min(unknown))},"
            " and a pull request may not choose one",
            hint="merge the new place of the state into the base branch first",
        )


def check_space(written: str | None, environ: Mapping[str, str]) -> None:
    """CredentialsError if a pull request sends the token to a Space unknown to its base branch."""
    base = _base(environ) if written else None
    if base is None:
        return
    named = {one.space.text for one in base.environments.values() if one.space}
    if written not in named:
        raise CredentialsError(
            f"the base branch names no Space {printable(str(written))[:100]},"
            " and a pull request may not choose one",
            hint="merge the new environment into the base branch first",
        )


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, sort_keys=True)


def _reviewed_kinds(base: Project) -> set[str]:
    """Return the kinds that the base branch names and that can be read, as texts."""
    found: set[str] = set()
    for path in base.kinds:
        with suppress(ReconcilerError):  # then no kind of a pull request is like it
            found |= {_text(one) for one in kind_documents(base.path.parent, (path,)).values()}
    return found


def check_kinds(root: Path, paths: tuple[str, ...], environ: Mapping[str, str]) -> None:
    """CredentialsError if a pull request adds or changes a kind at ``paths``.

    A kind says which paths of the Space get requests with the token.
    """
    if not paths or not (environ.get(BASE) or _is_pull_request(environ)):
        return
    base = _base(environ)
    if base is None:
        raise CredentialsError(
            "kinds: this run is for a pull request, which may not choose the paths that get requests"
            " with the token, and the kinds of the base branch are not known",
            hint=f"check out the base branch, and set {BASE} to the path of its reconciler.yaml",
        )
    reviewed = _reviewed_kinds(base)
    for file, document in kind_documents(root, paths).items():
        if _text(document) not in reviewed:
            raise CredentialsError(
                f"kinds: the base branch has no kind like {printable(file.name)[:100]}, and a pull"
                " request may not choose which paths get requests with the token",
                hint="merge the file of the kind into the base branch first",
            )
