"""Which commit of the manifests is being applied: from the CI system, else from git."""

import os
import re
import subprocess

_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_SECONDS = 5


def commit() -> str:
    """The commit, or '' where there is none to be found; nothing depends on it but what people are told."""
    for variable in _VARIABLES:
        found = os.environ.get(variable, "")
        if _COMMIT.fullmatch(found):
            return found
    try:
        asked = subprocess.run(  # fixed words, no shell
            ["git", "rev-parse", "HEAD"],  # noqa: S607  # the git of whoever runs this
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = asked.stdout.strip()
    return found if asked.returncode == 0 and _COMMIT.fullmatch(found) else ""
