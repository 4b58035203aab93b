"""Where the programs that others wrote are, and the reason to skip a test where one is missing."""

import os
import shutil
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reconciler-tests"
_TOOLS = CACHE / "third-party"
_FOLDERS = (
    _TOOLS / "node_modules" / ".bin",
    _TOOLS / "venv" / "bin",
    Path("/usr/sbin"),  # on no ordinary user's path
)
INSTALL = ".ci/third_party installs it"


def program(name):
    """The path of a program: on the PATH, or where .ci/third_party installs it; None without it."""
    folders = [os.environ.get("PATH", ""), *map(str, _FOLDERS)]
    return shutil.which(name, path=os.pathsep.join(folders))


def needed(name):
    """The path of a program; the test is skipped without it."""
    if (found := program(name)) is None:
        pytest.skip(f"{name} is not installed: {INSTALL}")
    return found


def python_of(name):
    """The Python of the environment that .ci/third_party made for a program; skips without it."""
    if not (_TOOLS / "venv" / "bin" / name).exists():
        pytest.skip(f"{name} is not installed: {INSTALL}")
    return _TOOLS / "venv" / "bin" / "python"
