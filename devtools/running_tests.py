"""Where the tests run fast: byte code is kept from run to run, and their folders are in memory, where there is room."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of its own is made in it
ROOM = 2 * 1024**3


def with_bytecode(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """``environ``, in which Python keeps byte code: in ``folder`` where it may not be kept beside the source.

    Without it each process that a test starts compiles all that it imports, and each run rewrites every assert.
    """
    kept = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if environ.get("PYTHONDONTWRITEBYTECODE"):
        kept.setdefault("PYTHONPYCACHEPREFIX", str(folder))
    if prefix := kept.get("PYTHONPYCACHEPREFIX"):
        # A relative one stands for another folder in each process that a test starts elsewhere.
        kept["PYTHONPYCACHEPREFIX"] = str(Path(prefix).absolute())
    return kept


def workers() -> int:
    """How many processes run tests: one more than cores, since tests also wait."""
    affinity = getattr(os, "sched_getaffinity", None)
    return (len(affinity(0)) if affinity else os.cpu_count() or 1) + 1


def _runs_programs(folder: Path) -> bool:
    """Whether a program in ``folder`` may be run: containers often mount it without that right."""
    script = folder / "program"
    script.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    script.chmod(0o700)
    try:
        return subprocess.call([str(script)]) == 0
    except OSError:
        return False
    finally:
        script.unlink()


@contextmanager
def folder_in_memory(memory: Path = MEMORY, *, room: int = ROOM) -> Iterator[Path | None]:
    """A folder in memory, removed at the end; None where there is none of that ``room``, or programs do not run there.

    The tests sync thousands of small files, and a disk takes longer for that than everything else does.
    """
    try:
        folder = (
            Path(tempfile.mkdtemp(prefix="reconciler-tests-", dir=memory))
            if shutil.disk_usage(memory).free >= room
            else None
        )
    except OSError:
        folder = None
    if folder:
        folder.chmod(0o755)  # servers that tests start as another user must reach their own
    try:
        yield folder if folder and _runs_programs(folder) else None
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
