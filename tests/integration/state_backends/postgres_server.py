"""A real PostgreSQL in a folder of its own: started by the tests, reachable through a socket in that folder, gone afterwards."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path


def binaries():
    """The folder of initdb and pg_ctl; None where PostgreSQL is not installed."""
    beside = shutil.which("initdb")
    found = [Path(beside).resolve().parent] if beside else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next(
        (
            folder
            for folder in found
            if (folder / "initdb").exists() and (folder / "pg_ctl").exists()
        ),
        None,
    )


def _other_user():
    """Whom PostgreSQL runs as where the tests run as root, which it refuses."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return None


@contextlib.contextmanager
def server():
    """The address of a fresh database meanwhile."""
    tools = binaries()
    user = _other_user()
    folder = Path(tempfile.mkdtemp(prefix="rpg-"))
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)

    def run(*words):
        ran = subprocess.run(
            [tools / words[0], *words[1:]],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            **who,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr

    where = folder / "db"
    try:
        run("initdb", "-D", where, "-U", "owner", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=60 -c shared_buffers=16MB"
        run("pg_ctl", "-D", where, "-w", "-l", folder / "log", "-o", settings, "start")
        # Ends the server when its own input ends: also where the tests are killed.
        words = [
            "sh",
            "-c",
            'read -r _; "$0" -D "$1" -w -m immediate stop; rm -rf "$2"',
            tools / "pg_ctl",
            where,
            folder,
        ]
        quiet = {
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "start_new_session": True,
        }
        with subprocess.Popen(words, cwd=folder, stdin=subprocess.PIPE, **quiet, **who):
            yield f"postgresql://owner@/postgres?host={folder}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
