"""The main commands, to watch: validate, plan, apply, a change made outside, drift, and its repair.

Run it with ``python3 dev.py demo``. It works on a copy of the quickstart in .demo/ (or in a new folder: ``demo.py FOLDER``),
against a local Space that is served on this machine; a real Space takes the same commands with its own three environment variables.
"""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / ".demo"
RECONCILER = [sys.executable, "-m", "reconciler"]
BOLD, DIM, PLAIN = (
    ("\033[1m", "\033[2m", "\033[0m")
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    else ("", "", "")
)


def say(text: str) -> None:
    """A sentence between the commands."""
    print(f"\n{DIM}# {text}{PLAIN}", flush=True)


def reconciler(*arguments: str, expect: int = 0) -> None:
    """Show a command line and run it; anything but the expected exit code ends the demo."""
    print(f"\n{BOLD}$ reconciler {' '.join(arguments)}{PLAIN}", flush=True)
    code = subprocess.call([*RECONCILER, *arguments], cwd=FOLDER)
    if expect:
        print(f"{DIM}(exit code {code}){PLAIN}", flush=True)
    if code != expect:
        sys.exit(f"this should have ended with {expect}, and ended with {code}")


@contextlib.contextmanager
def local_space() -> Iterator[None]:
    """The local Space on a free port, with the three environment variables set as for a real one."""
    command = [*RECONCILER, "space", "serve", "--port", "0"]
    server = subprocess.Popen(
        command, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        for _ in range(3):
            name, _, value = server.stdout.readline().strip().removeprefix("export ").partition("=")
            os.environ[name] = value
            print(f"{DIM}export {name}={value}{PLAIN}", flush=True)
        yield
    finally:
        server.terminate()
        server.wait(timeout=10)


def request(method: str, path: str, body: dict[str, object] | None = None) -> dict[str, object]:
    """A request to the Video API, as the dashboard or a colleague's script sends it."""
    credentials = f"{os.environ['SIGNALWIRE_PROJECT_ID']}:{os.environ['SIGNALWIRE_API_TOKEN']}"
    headers = {
        "Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}",
        "Content-Type": "application/json",
    }
    url = f"http://{os.environ['SIGNALWIRE_SPACE']}/api/video{path}"
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(
        urllib.request.Request(url, data, headers, method=method), timeout=10
    ) as answer:
        return json.load(answer)


def behind_its_back() -> None:
    """A user of the dashboard changes a room's layout and makes a conference smaller."""
    room = request("GET", "/rooms/standup")
    request("PUT", f"/rooms/{room['id']}", {"layout": "5x5"})
    conference = request("GET", "/conferences")["data"][0]
    request(
        "PUT",
        f"/conferences/{conference['id']}",
        {"display_name": conference["display_name"], "size": "small"},
    )


def main() -> None:
    """Run the demo."""
    if len(sys.argv) == 1:
        shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(ROOT / "examples" / "quickstart", FOLDER / "rooms")
    started = time.monotonic()
    say(
        "This uses a local Space instead of yours. With your own three variables, everything below is the same."
    )
    with local_space():
        say("The manifests are checked: no network, no credentials.")
        reconciler("validate", "rooms")
        say("What would happen, and why.")
        reconciler("plan", "rooms")
        say("Do it.")
        reconciler("apply", "rooms", "--yes")
        say("Plan again: there is nothing left to do.")
        reconciler("plan", "rooms", "--detailed-exitcode")
        say(
            "Meanwhile a user of the dashboard makes changes: another layout for one room, a smaller size for a conference."
        )
        behind_its_back()
        reconciler("drift", "rooms", expect=2)
        say("To keep it, change the manifests. To undo it, apply.")
        reconciler("apply", "rooms", "--yes")
        reconciler("drift", "rooms")
    command = os.path.relpath(Path(sys.executable).with_name("reconciler"), ROOT)
    say(
        f"That was it, in {time.monotonic() - started:.0f} seconds. Now you: {command} apply examples/quickstart --space local"
    )


if __name__ == "__main__":
    main()
