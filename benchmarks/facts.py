"""Requests of runs with and without the facts of a probe, and their ratio: python3 benchmarks/facts.py."""

import contextlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from reconciler import catalog
from reconciler.cli.app import run
from reconciler.localspace import Settings, create_space, serve

SIZE = int(sys.argv[1]) if len(sys.argv) > 1 else 40
LAG = 0.5


class Scenario(NamedTuple):
    """What is declared before and after; ``lag`` is how late lists are, in seconds."""

    name: str
    before: list[dict]
    after: list[dict]
    lag: float = 0.0


def room(number, **fields):
    """A manifest of a room."""
    return {
        "apiVersion": "reconciler.dev/v1",
        "kind": "Room",
        "metadata": {"name": f"room-{number}"},
        "spec": fields,
    }


def rooms(first, last, **fields):
    """Manifests of rooms from ``first`` up to ``last``."""
    return [room(number, **fields) for number in range(first, last)]


SCENARIOS = (
    Scenario(f"delete {SIZE // 2} of {SIZE} rooms", rooms(0, SIZE), rooms(SIZE // 2, SIZE)),
    Scenario("delete 3 of 12 rooms", rooms(0, 12), rooms(3, 12)),
    Scenario(
        f"shorten {SIZE} rooms",
        rooms(0, SIZE, max_members=50),
        rooms(0, SIZE, max_members=20, remove_after_seconds_elapsed=3600),
    ),
    Scenario(f"create {SIZE} rooms, lists {LAG} s late", rooms(0, 1), rooms(0, SIZE), lag=LAG),
)


def command(*words):
    """Run a command line in this process; ends the benchmark if it fails."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = run([*words])
    if code:
        sys.exit(f"{' '.join(words)} ended with {code}:\n{out.getvalue()}")
    return out.getvalue()


def declare(documents):
    """Write the manifests of this run."""
    Path("rooms.yaml").write_text("\n---\n".join(map(json.dumps, documents)), encoding="utf-8")


def requests_of(scenario, *, probed):
    """The number of requests of the apply; the plan after it must be empty."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        os.chdir(folder)
        stack.callback(os.chdir, "/")
        space = create_space(":memory:", kinds=catalog.kinds())
        stack.callback(space.close)
        server = stack.enter_context(serve(space, port=0))
        os.environ |= {
            "SIGNALWIRE_SPACE": f"127.0.0.1:{server.port}",
            "SIGNALWIRE_PROJECT_ID": "local",
            "SIGNALWIRE_API_TOKEN": "local",
        }
        space.knobs = Settings(lag_seconds=scenario.lag)
        if probed:
            # The session that shows how answers tell of sessions is over before the runs begin.
            declare([room("busy")])
            command("apply", "rooms.yaml", "--yes")
            session = space.start_session("Room", "room-busy", members=1)
            command("probe", "--yes")
            space.end_session(session)
            command("destroy", "--yes")
        declare(scenario.before)
        command("apply", "rooms.yaml", "--yes")
        declare(scenario.after)
        before = len(space.requests)
        command("apply", "rooms.yaml", "--yes")
        number = len(space.requests) - before
        if "No changes" not in command("plan", "rooms.yaml"):
            sys.exit(f"{scenario.name}: the plan after it is not empty")
        return number


def main():
    """Print a table."""
    print(f"{'scenario':<40} {'without':>8} {'with':>8} {'ratio':>7}")
    for scenario in SCENARIOS:
        without = requests_of(scenario, probed=False)
        known = requests_of(scenario, probed=True)
        print(f"{scenario.name:<40} {without:>8} {known:>8} {known / without:>7.2f}")


if __name__ == "__main__":
    main()
