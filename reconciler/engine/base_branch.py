"""What a pull request may not choose by itself: the hosts that credentials go to are those that the base branch names.

RECONCILER_BASE_PROJECT is the path of the base branch's reconciler.yaml, as CI took it from there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from reconciler import catalog
from reconciler.core.errors import CredentialsError
from reconciler.core.text import printable
from reconciler.manifest.project import load_project
from reconciler.manifest.project_model import Project as manifest_Project
from reconciler.state.loopback import is_local
from reconciler.state.registry import POSTGRES

if TYPE_CHECKING:
    from reconciler.manifest.project_model import Project

BASE = "RECONCILER_BASE_PROJECT"
_PORT = re.compile(r":\d*$")


def _is_pull_request(environ: Mapping[str, str]) -> bool:
    return environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request") or bool(
        environ.get("CI_MERGE_REQUEST_IID")
    )


def _base(environ: Mapping[str, str]) -> Project | None:
    """The base branch's project file; an empty one where it has none. None where CI gives no word of it."""
    named = environ.get(BASE, "")
    if not named:
        return None
    path = Path(named)
    return (
        load_project(path, schema=catalog.documents()["project.schema.json"])
        if path.is_file()
        else manifest_Project(path)
    )


def hosts(written: str) -> frozenset[str]:
    """The hosts that a database's address names: before its path, and in its parameters, which win."""
    try:
        parts = urlsplit(written)
    except ValueError:
        return frozenset()
    if parts.scheme.lower() not in POSTGRES:
        return frozenset()
    beside = parse_qs(parts.query)
    named = [parts.netloc.rpartition("@")[2], *beside.get("host", ()), *beside.get("hostaddr", ())]
    bare = (
        _PORT.sub("", host.strip()).strip("[]").lower()
        for text in named
        for host in text.split(",")
    )
    return frozenset(host for host in bare if not is_local(host))


def _states(project: Project) -> list[str]:
    written = [project.state, *(environment.state for environment in project.environments.values())]
    return [state for state in written if state]


def check_state(written: str, environ: Mapping[str, str]) -> None:
    """CredentialsError where a pull request would send a database's password to a host that the base branch does not name."""
    asked = hosts(written)
    if not asked or not (environ.get(BASE) or _is_pull_request(environ)):
        return
    base = _base(environ)
    if base is None:
        raise CredentialsError(
            "state: a pull request may not choose where a database's password goes, and nothing says what the base branch chose",
            hint=f"set {BASE} to the path of the base branch's reconciler.yaml",
        )
    strange = asked.difference(*map(hosts, _states(base)))
    if strange:
        raise CredentialsError(
            f"state: the base branch names no database on {printable(min(strange))}, and a pull request may not choose one",
            hint="bring the new place of the state into the base branch first",
        )


def check_space(written: str | None, environ: Mapping[str, str]) -> None:
    """CredentialsError where a pull request would send the token to a Space that the base branch does not name."""
    base = _base(environ) if written else None
    if base is None:
        return
    named = {one.space.text for one in base.environments.values() if one.space}
    if written not in named:
        raise CredentialsError(
            f"the base branch names no Space {printable(str(written))[:100]}, and a pull request may not choose one",
            hint="bring the new environment into the base branch first",
        )
