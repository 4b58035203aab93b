"""Runs command lines of the tool one after the other in a process that may hold and take only so much.

Argument: JSON, `{"mebibytes": 512, "seconds": 60, "runs": [{"folder": "/tmp/x", "command": ["validate", "x.yaml"]}, …]}`. Prints
a JSON list with, for each run, its exit code, what it said, and the processor seconds that it took. What takes more than all of
them together may is ended by the system.
"""

import contextlib
import io
import json
import os
import resource
import sys
import time

from reconciler.cli.app import run


def _ran(folder, command):
    os.chdir(folder)
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    before = time.process_time()
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        code = run(command)
    taken = time.process_time() - before
    out, err = (stream.buffer.getvalue().decode() for stream in streams)
    return {"code": code, "out": out[-1000:], "err": err[-1000:], "seconds": round(taken, 2)}


def main():
    asked = json.loads(sys.argv[1])
    size = asked["mebibytes"] * 1024**2
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"], asked["seconds"]))
    json.dump([_ran(**one) for one in asked["runs"]], sys.stdout)


if __name__ == "__main__":
    main()
