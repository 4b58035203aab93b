"""One command for the whole demo, without an account: a local Space with calls, the rooms in it, two sessions to look at, and the relay."""

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request

import relay

SESSIONS = {"stage": 5, "backstage": 2}


def start_space() -> subprocess.Popen[str]:
    """A local Space of the demo's own; the environment points at it from here on."""
    command = [
        sys.executable,
        "-m",
        "reconciler",
        "space",
        "serve",
        "--port",
        "0",
        "--data",
        ".reconciler/demo.sqlite",
    ]
    messages = tempfile.TemporaryFile("w+")  # noqa: SIM115  # open as long as the Space runs
    space = subprocess.Popen(
        command, cwd=relay.HERE, stdout=subprocess.PIPE, stderr=messages, text=True
    )
    assert space.stdout is not None
    for _ in range(3):
        name, _, value = space.stdout.readline().strip().removeprefix("export ").partition("=")
        if not name:
            space.wait()
            messages.seek(0)
            sys.exit(f"The local Space did not start.\n{messages.read()}")
        os.environ[name] = value
    return space


def start_session(room: str, members: int) -> None:
    """A session with made-up people, to have something to look at; the lounge is for real ones."""
    user = f"{os.environ['SIGNALWIRE_PROJECT_ID']}:{os.environ['SIGNALWIRE_API_TOKEN']}".encode()
    headers = {
        "Authorization": f"Basic {base64.b64encode(user).decode()}",
        "Content-Type": "application/json",
    }
    body = json.dumps({"kind": "Room", "name": room, "members": members}).encode()
    url = f"http://{os.environ['SIGNALWIRE_SPACE']}/control/sessions"
    try:
        urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10).close()
    except urllib.error.HTTPError as error:
        if error.code != 422:  # live already, since an earlier run
            raise


def main() -> None:
    """Start everything, serve until Ctrl-C, end everything."""
    # Also where Ctrl-C was ignored, as in a job that a script starts in the background.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    space = start_space()
    try:
        apply = [sys.executable, "-m", "reconciler", "apply", "--yes", "--adopt", "Room=3"]
        subprocess.run(apply, cwd=relay.HERE, check=True, stdout=sys.stderr)
        for room, members in SESSIONS.items():
            start_session(room, members)
        relay.main(int(sys.argv[1]) if len(sys.argv) > 1 else 8070)
    except KeyboardInterrupt:
        pass
    finally:
        space.terminate()
        space.wait(timeout=20)


if __name__ == "__main__":
    main()
