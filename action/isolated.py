"""Running reconciler with nothing of the checkout: an isolated interpreter, and an environment of what the command needs."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

# What a program needs to run at all. ``validate`` is given nothing else: it reads manifests of people who may see no secret.
_BASE = frozenset(
    {
        *(
            "PATH",
            "HOME",
            "LANG",
            "LANGUAGE",
            "LC_ALL",
            "LC_CTYPE",
            "TZ",
            "TMPDIR",
            "TEMP",
            "TMP",
            "NO_COLOR",
        ),
        *("LD_LIBRARY_PATH", "SYSTEMROOT", "WINDIR", "USERPROFILE", "PATHEXT", "RECONCILER_ENV"),
    }
)
# The other commands read ${env:NAME} of manifests and the credentials of the state, whose names nobody knows here. What is of no use
# to them is kept back: what steers interpreters and shells, what is for the runner alone, and the tokens of GitHub.
_KEPT_BACK = (
    "INPUT_",
    "ACTIONS_",
    "RUNNER_",
    "PYTHON",
    "PIP_",
    "UV_",
    "DYLD_",
    "NODE_",
    "PERL",
    "RUBY",
)
_NOT_NEEDED = frozenset(
    {
        *(
            "GITHUB_TOKEN",
            "GH_TOKEN",
            "GITHUB_ENV",
            "GITHUB_OUTPUT",
            "GITHUB_PATH",
            "GITHUB_STATE",
            "GITHUB_STEP_SUMMARY",
        ),
        *("LD_PRELOAD", "LD_AUDIT", "BASH_ENV", "ENV", "VIRTUAL_ENV", "SOURCE"),
    }
)
_LISTS_OF_FOLDERS = ("PATH", "LD_LIBRARY_PATH")


def _is_inside(folder: str, checkout: str) -> bool:
    return Path(folder).resolve().is_relative_to(Path(checkout).resolve())


def _folders(listed: str, checkouts: tuple[str, ...]) -> str:
    """``listed`` without what is looked up from the folder one works in, and without folders of a checkout."""
    found = (one for one in listed.split(os.pathsep) if Path(one).is_absolute())
    return os.pathsep.join(
        one for one in found if not any(_is_inside(one, checkout) for checkout in checkouts)
    )


def _is_handed_on(command: str, name: str) -> bool:
    if command == "validate":
        return name in _BASE
    return name not in _NOT_NEEDED and not name.startswith(_KEPT_BACK)


def environment(command: str, environ: Mapping[str, str], *checkouts: str) -> dict[str, str]:
    """The variables of ``environ`` that ``command`` needs, without the programs of the ``checkouts``.

    A secret that is not there is handed over as an empty text: to a pull request from a fork, all of them. It is left out.
    """
    kept = {
        name: value for name, value in environ.items() if value and _is_handed_on(command, name)
    }
    return kept | {
        name: _folders(kept[name], checkouts) for name in _LISTS_OF_FOLDERS if name in kept
    }


def _checkouts(environ: Mapping[str, str]) -> Iterator[str]:
    """The folders of the checkout; none that holds this very interpreter, as the root of everything does."""
    for folder in (str(Path.cwd()), environ.get("GITHUB_WORKSPACE", "")):
        if folder and not _is_inside(sys.prefix, folder):
            yield folder


def reconciler(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the reconciler that is installed beside this interpreter; what it prints is text, whatever the bytes are."""
    return subprocess.run(
        # Isolated (-I): neither the folder one works in, nor PYTHON* variables, nor the user's own packages are looked at.
        [sys.executable, "-I", "-X", "utf8", "-m", "reconciler", command, *arguments],
        env=environment(command, os.environ, *_checkouts(os.environ)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
