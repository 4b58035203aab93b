"""One control plane for all workers of a test run: who comes first starts it, and it ends after the last.

``python -m tests.integration.kubernetes.shared FOLDER`` is its process. Each worker holds a shared
lock on FOLDER/users for as long as it lives; the system gives that back even where it is killed.
"""

import contextlib
import fcntl
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.integration.kubernetes.control_plane import attached, control_plane

ROOT = Path(__file__).resolve().parents[3]
_PATIENCE = 180


@functools.cache
def _folder():
    """The folder of this test run, which is the same for all its workers."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        return Path(tempfile.mkdtemp(prefix="rkube-"))
    return Path(tempfile.gettempdir()) / f"rkube-{os.getuid()}-{run}"


@contextlib.contextmanager
def _use(folder):
    """Hold the lock of a user: of the folder that is there now, not of one that was just removed."""
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        with contextlib.ExitStack() as stack:
            try:
                users = stack.enter_context((folder / "users").open("w"))
                fcntl.flock(users, fcntl.LOCK_SH)
                current = (folder / "users").stat().st_ino == os.fstat(users.fileno()).st_ino
            except FileNotFoundError:
                continue
            if current:
                yield
                return


def _started(folder):
    """Start the control plane unless another worker did."""
    with (folder / "start").open("w") as start:
        fcntl.flock(start, fcntl.LOCK_EX)
        ready = folder / "ready.json"
        if ready.exists():
            return
        with (folder / "shared.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.kubernetes.shared", str(folder)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + _PATIENCE
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((folder / "shared.log").read_text(errors="replace"))
            time.sleep(0.1)
        process.returncode = 0  # it goes on without us, and is waited for by the system


@contextlib.contextmanager
def shared_control_plane():
    """The control plane of this test run."""
    folder = _folder()
    with _use(folder):
        _started(folder)
        yield attached(folder)


def _last_user_is_gone(users):
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def main(folder):
    """Run the control plane until the last worker is gone."""
    with (folder / "users").open("r+") as users:
        with control_plane(folder) as plane:
            part = folder / "ready.part"
            part.write_text(json.dumps({"address": plane.address}))
            part.rename(folder / "ready.json")
            while not _last_user_is_gone(users):
                time.sleep(0.5)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
