"""Which commit of the manifests is being applied: from the CI system, else from git."""

import os
import re
import subprocess
from collections.abc import Sequence

_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA")
_PULL_REQUEST = "pull_request"
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_SECONDS = 5


def commit(paths: Sequence[str] = (".",)) -> str:
    """The commit that ``paths`` are of; '' where there is none to be found, or where they are not as it has them.

    Nothing depends on it but what people are told.
    """
    for variable in _VARIABLES:
        found = os.environ.get(variable, "")
        if _COMMIT.fullmatch(found) and not _is_merge_in_advance(variable):
            return found
    if "-" in paths:
        return ""
    found = (_git("rev-parse", "HEAD") or "").strip()
    changed = _git("--no-optional-locks", "status", "--porcelain", "--untracked-files=all", "--", *paths)
    return found if _COMMIT.fullmatch(found) and changed == "" else ""


def _is_merge_in_advance(variable: str) -> bool:
    """For a pull request GitHub names a commit that nobody made, and that a job which looks at the branch never sees."""
    return variable == "GITHUB_SHA" and os.environ.get("GITHUB_EVENT_NAME", "").startswith(_PULL_REQUEST)


def _git(*words: str) -> str | None:
    """What git says; None where it fails, or is not to be had."""
    try:
        asked = subprocess.run(  # noqa: S603  # no shell, and paths come after a '--'
            ["git", *words],  # noqa: S607  # the git of whoever runs this
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return asked.stdout if asked.returncode == 0 else None
