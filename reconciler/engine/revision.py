"""The commit of the applied manifests: from the CI system, else from git."""

import os
from collections.abc import Sequence
from pathlib import Path

from reconciler.core.errors import ReconcilerError
from reconciler.core.regex import regex

_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA")
_PULL_REQUEST = "pull_request"
_COMMIT = regex(r"[0-9a-f]{7,64}")
_SECONDS = 5


def current_commit(paths: Sequence[str] = (".",)) -> str:
    """Return the commit of ``paths``; '' if unknown or if they have changed since.

    For information only.
    """
    for variable in _VARIABLES:
        commit = os.environ.get(variable, "")
        if _COMMIT.fullmatch(commit) and not _is_merge_in_advance(variable):
            return commit
    if "-" in paths:
        return ""
    commit = (_git("rev-parse", "HEAD") or "").strip()
    return commit if _COMMIT.fullmatch(commit) and _changed(paths) == "" else ""


def _is_merge_in_advance(variable: str) -> bool:
    """Whether a pull request's commit is GitHub's temporary merge, which no branch contains."""
    return variable == "GITHUB_SHA" and os.environ.get("GITHUB_EVENT_NAME", "").startswith(
        _PULL_REQUEST
    )


def _git(*words: str) -> str | None:
    """Return git's output; None if it fails or is not installed."""
    from reconciler.state.backends import git_cli  # noqa: PLC0415  # slow to import, and --help needs none

    try:
        result = git_cli.git(Path(), *words, seconds=_SECONDS)
        return result.out.decode() if result.code == 0 else None
    except (ReconcilerError, UnicodeDecodeError):
        return None


def _changed(paths: Sequence[str]) -> str | None:
    """Return git's status of ``paths``, without running programs from the repository's settings."""
    from reconciler.state.backends import git_cli  # noqa: PLC0415  # slow to import, and --help needs none

    words = (
        "--no-optional-locks",
        "status",
        "--porcelain",
        "--untracked-files=all",
        "--ignore-submodules=dirty",
        "--",
        *paths,
    )
    try:
        settings = git_cli.unfiltered(Path())
    except ReconcilerError:
        return None
    return None if settings is None else _git(*settings, *words)
