"""Runs a command and prints its exit code, its wall and CPU seconds and its ru_maxrss: ``launch.py OUT COMMAND…``."""

import json
import os
import sys
import time


def main():
    """Run the command with both outputs into the file OUT."""
    out, *command = sys.argv[1:]
    into = (os.POSIX_SPAWN_OPEN, 1, out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    begin = time.perf_counter()
    process = os.posix_spawnp(
        command[0], command, os.environ, file_actions=[into, (os.POSIX_SPAWN_DUP2, 1, 2)]
    )
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - begin
    print(
        json.dumps(
            [os.waitstatus_to_exitcode(status), wall, used.ru_utime + used.ru_stime, used.ru_maxrss]
        )
    )


if __name__ == "__main__":
    main()
