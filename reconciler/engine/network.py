"""Network access of a run, from reconciler.yaml and environment variables."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler import catalog
from reconciler.core.errors import CredentialsError, ManifestError
from reconciler.core.network_access import DIRECTLY, Access, access
from reconciler.core.regex import regex
from reconciler.engine.workspace import Workspace
from reconciler.space.target import Target

if TYPE_CHECKING:
    from reconciler.manifest.project_model import Project

# The branch that a pull request wants to change, as GitHub and GitLab name it.
_BASE_VARIABLES = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
_BRANCH = regex(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_SECONDS = 10


def access_of(workspace: Workspace) -> Access:
    """Return the network access. CredentialsError for an unusable or forbidden setting."""
    from reconciler.manifest.network import network  # noqa: PLC0415  # this machine needs no proxy

    proxy, ca_file = network(workspace.project, workspace.env, os.environ)
    if proxy or ca_file:
        _check_pull_request(workspace)
    return access(os.environ, proxy=proxy, ca_file=str(workspace.root / ca_file) if ca_file else "")


def access_to(workspace: Workspace, where: Target) -> Access:
    """Return the network access to ``where``; loopback without TLS is reached directly."""
    return DIRECTLY if where.origin.startswith("http:") else access_of(workspace)


def _check_pull_request(workspace: Workspace) -> None:
    """CredentialsError if a pull request changes proxy or CAs: together they read credentials."""
    base = next((os.environ[name] for name in _BASE_VARIABLES if os.environ.get(name)), "")
    if not base or workspace.project is None:
        return
    expected = _base_settings(workspace, base)
    if expected is None:
        raise CredentialsError(
            f"connection in reconciler.yaml cannot be compared with the branch {base}, the target of this pull request",
            hint=f"a pull request may not choose the proxy: fetch that branch as well (git fetch --depth 1 origin {base})",
        )
    if expected != _settings(
        workspace.project, workspace.env, lambda path: _read(workspace.root / path)
    ):
        raise CredentialsError(
            f"connection in reconciler.yaml differs from the branch {base}: a pull request may not choose how credentials are sent",
            hint=f"change connection on {base} first, or set HTTPS_PROXY and SSL_CERT_FILE in the job",
        )


def _settings(
    project: Project, env: str | None, read: Callable[[str], bytes | None]
) -> tuple[str, str, bytes | None]:
    """Return the configured proxy, the CA file, and its content as ``read`` finds it."""
    from reconciler.manifest.network import network_written  # noqa: PLC0415  # likewise

    written = network_written(project, env)
    inside = written.ca_file and not Path(written.ca_file).is_absolute()
    return (
        written.proxy.text if written.proxy else "",
        written.ca_file,
        read(written.ca_file) if inside else None,
    )


def _base_settings(workspace: Workspace, base: str) -> tuple[str, str, bytes | None] | None:
    """Return the settings on branch ``base``; None if unreadable."""
    from reconciler.manifest.project import load_project  # noqa: PLC0415  # where there is a project file

    assert workspace.project is not None
    refs = [f"refs/remotes/origin/{base}"] if _BRANCH.fullmatch(base) else []
    commit = os.environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", "")
    refs += [commit] if re.fullmatch(r"[0-9a-f]{40,64}", commit) else []
    for ref in refs:
        if _git(workspace.root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}") is None:
            continue
        content = _git(workspace.root, "show", f"{ref}:./{workspace.project.path.name}")
        schema = catalog.documents()["project.schema.json"]
        try:
            project = load_project(workspace.project.path, schema=schema, content=content or b"")
        except ManifestError:
            return None
        return _settings(project, workspace.env, partial(_at, workspace.root, ref))
    return None


def _at(folder: Path, ref: str, path: str) -> bytes | None:
    return _git(folder, "show", f"{ref}:./{path}")


def _git(folder: Path, *words: str) -> bytes | None:
    import subprocess  # noqa: PLC0415  # for pull requests alone

    try:
        result = subprocess.run(  # noqa: S603  # no shell; references are checked, and paths come after a colon
            ["git", *words],  # noqa: S607  # the git of the one who runs this
            cwd=folder,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout if result.returncode == 0 else None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
