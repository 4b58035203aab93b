"""Runs git without a shell or prompts, isolated from the user's checkout; output is redacted."""

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from reconciler.core.errors import StateError
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.core.text import printable
from reconciler.state.backends.base import Unavailable

_USERINFO = regex(r"(?<=://)[^/@\s]*@")
_NOISE = regex(r"To |hint: |error: failed to push some refs")
# Variables that redirect git to another repository (hooks set these) or make it print traffic.
_NOT_OURS = {
    *(
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_COMMON_DIR",
        "GIT_PREFIX",
        "GIT_OBJECT_DIRECTORY",
    ),
    *(
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_QUARANTINE_PATH",
        "GIT_SHALLOW_FILE",
        "GIT_GRAFT_FILE",
        "GIT_CURL_VERBOSE",
    ),
    "SIGNALWIRE_API_TOKEN",
}
_SETTINGS = (
    *(
        "-c",
        f"core.hooksPath={os.devnull}",
    ),  # A pre-push hook of the user must not run for the state's ref.
    # Programs configured in a repository, and repositories nested in another's files.
    *(
        "-c",
        "core.fsmonitor=",
        "-c",
        "core.alternateRefsCommand=true",
        "-c",
        "safe.bareRepository=explicit",
    ),
    *(
        "-c",
        "gc.auto=0",
        "-c",
        "maintenance.auto=false",
        "-c",
        "push.followTags=false",
        "-c",
        "protocol.ext.allow=never",
    ),
)
_OF_A_REPOSITORY = ("local", "worktree")
_WHO = "reconciler"
_LONGEST_WORDS = 300


class Completed(NamedTuple):
    """Result of a git call: exit code, standard output, and redacted standard error."""

    code: int
    out: bytes
    complaint: str


def masked(text: str) -> str:
    """``text`` shortened to one line, without user names and passwords in URLs."""
    told = (line for line in _USERINFO.sub("", text).splitlines() if not _NOISE.match(line))
    return printable(" ".join(" ".join(told).split()))[:_LONGEST_WORDS]


def _programs() -> str:
    """PATH without entries relative to the working folder."""
    return os.pathsep.join(
        one
        for one in os.environ.get("PATH", os.defpath).split(os.pathsep)
        if Path(one).is_absolute()
    )


def _program() -> str:
    """The path of git. FileNotFoundError if it is not installed."""
    found = shutil.which("git", path=_programs())
    if found is None or not Path(found).is_absolute():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "git")
    return found


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_OURS and not name.startswith("GIT_TRACE")
    }
    for role in ("AUTHOR", "COMMITTER"):
        kept[f"GIT_{role}_NAME"] = _WHO
        kept[f"GIT_{role}_EMAIL"] = f"{_WHO}@localhost"
    return kept | {"PATH": _programs(), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill git and the processes it started for the connection."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def git(folder: Path, *words: str, typed: bytes = b"", seconds: float = 60.0) -> Completed:
    """Run git in ``folder`` with ``typed`` on standard input.

    Unavailable on timeout; StateError if git is not installed.
    """
    try:
        # A session of its own: ssh cannot prompt on the terminal, and Ctrl-C cannot stop a push
        # midway.
        process = subprocess.Popen(  # noqa: S603  # fixed words, and values checked by registry.py
            [_program(), "-C", str(folder), *_SETTINGS, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise StateError(
            f"git cannot be run: {error.strerror or error}",
            hint="install git, or choose another place with state: in reconciler.yaml",
        ) from error
    try:
        out, complaint = process.communicate(typed, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        _end(process)
        raise Unavailable(
            f"git {words[0]} did not end within {seconds:.0f} s",
            hint="check the network and the remote",
        ) from error
    except BaseException:
        _end(process)
        raise
    return Completed(process.returncode, out, masked(complaint.decode(errors="replace")))


def unfiltered(folder: Path) -> tuple[str, ...] | None:
    """Options that disable filters set by the repository in ``folder``, which would run programs.

    Filters of the user's own configuration (git-lfs) stay. None if git has no way to disable them.
    """
    asked = git(
        folder,
        "config",
        "--show-scope",
        "--null",
        "--name-only",
        "--get-regexp",
        r"^filter\..*\.(clean|process)$",
    )
    if asked.code not in (0, 1):  # exit code 1: no filters are set
        return None
    words = os.fsdecode(asked.out).split("\0")
    drivers = set()
    for scope, name in zip(words[::2], words[1::2], strict=False):
        if scope in _OF_A_REPOSITORY:
            drivers.add(name.rpartition(".")[0])
    if any("=" in driver for driver in drivers):
        return None  # -c ends the name of an option at the first "="
    options: list[str] = []
    for driver in sorted(drivers):
        options += ["-c", f"{driver}.clean="]
        options += ["-c", f"{driver}.process="]
        # A required filter that does nothing would be an error.
        options += ["-c", f"{driver}.required=false"]
    return tuple(options)
