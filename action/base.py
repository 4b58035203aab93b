"""What the base branch of a pull request has: its project file and kinds say where credentials may go."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from github import GitHub, GitHubError, text_at

VARIABLE = "RECONCILER_BASE_PROJECT"
PROJECT_FILE = "reconciler.yaml"
KIND_FILE = ".schema.json"


def _project_file(environ: Mapping[str, str]) -> str:
    """The project file that is used from the working folder, from the root of the repository; '' where there is none."""
    folder = Path.cwd().resolve()
    root = Path(environ.get("GITHUB_WORKSPACE") or folder).resolve()
    for above in (folder, *folder.parents):
        if (above / PROJECT_FILE).is_file():
            return (
                (above / PROJECT_FILE).relative_to(root).as_posix()
                if above.is_relative_to(root)
                else ""
            )
    return ""


def _keep_kinds(github: GitHub, root: PurePosixPath, commit: str, *, folder: Path) -> None:
    """Write each schema file below ``root`` into ``folder``, at its path there."""
    for path in github.paths(commit=commit):
        inside = PurePosixPath(path)
        if not path.endswith(KIND_FILE) or ".." in inside.parts or not inside.is_relative_to(root):
            continue
        content = github.file(path, commit=commit)
        if content is not None:
            kept = folder / inside.relative_to(root)
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(content)


def base_project(github: GitHub, event: Any, *, folder: Path) -> dict[str, str]:
    """The variable that says where the base branch's project file is kept, in ``folder``; none where nothing is to be held against it.

    The base branch may have no such file: then there is none at that place either. GitHubError where it cannot be read.
    """
    request = event.get("pull_request")
    path = _project_file(os.environ)
    if not isinstance(request, dict) or not path:
        return {}
    commit = text_at(request, "base", "sha")
    if not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        raise GitHubError("the event does not name the commit of the base branch")
    kept = folder / "base-project" / PROJECT_FILE
    shutil.rmtree(kept.parent, ignore_errors=True)
    kept.parent.mkdir()
    content = github.file(path, commit=commit)
    if content is not None:
        kept.write_bytes(content)
        if b"kinds" in content:
            _keep_kinds(github, PurePosixPath(path).parent, commit, folder=kept.parent)
    return {VARIABLE: str(kept)}
