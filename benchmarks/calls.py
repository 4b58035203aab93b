"""What calls cost: the processor time of a served local Space with four senders in one room, beside
the same Space idle.

Run it with ``python -m benchmarks.calls`` from the clone's root, with the extras of ``dev``, npm
and Chromium installed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import httpx
from playwright.sync_api import sync_playwright

from tests.unit.calls.browser.conftest import DEMO, FLAGS, HERE, MANIFESTS, installed

GOAL = 0.6
COLOURS = ("#c00000", "#0000c0", "#008000", "#806000")


class Quiet(SimpleHTTPRequestHandler):
    """Gives out the page and prints nothing."""

    def log_message(self, *_):
        """Stay quiet."""


def seconds_of(process):
    """The processor time that a process has used so far, of all its threads."""
    fields = (
        Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    )
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def share(process, seconds, wait):
    """The share of one core that the process uses while waiting for so many seconds."""
    used, started = seconds_of(process), time.monotonic()
    wait(seconds)
    return (seconds_of(process) - used) / (time.monotonic() - started)


def start_space(folder):
    """A Space of its own on a free port, and a client of it."""
    command = [
        sys.executable,
        "-m",
        "reconciler",
        "space",
        "serve",
        "--port",
        "0",
        "--data",
        str(folder / "space.sqlite"),
    ]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    host = process.stdout.readline().strip().partition("=")[2]
    return process, httpx.Client(base_url=f"http://{host}/api/video", auth=("local", "local"))


def start_pages(folder):
    """Give out the tests' page; its address."""
    for path in (
        HERE / "page.html",
        HERE / "page.js",
        installed(DEMO, MANIFESTS) / "page" / "vendor" / "signalwire.js",
    ):
        shutil.copy(path, folder / path.name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/page.html"


def join(browser, page_url, api, number):
    """One more sender: a camera of 640 by 360 at ten frames, and a tone."""
    token = api.post(
        "/room_tokens", json={"room_name": "hall", "user_name": f"Person {number}"}
    ).json()["token"]
    page = browser.new_context().new_page()
    asked = {"token": token, "colour": COLOURS[number % len(COLOURS)], "pitch": 300 + 200 * number}
    page.goto(f"{page_url}#{urlencode(asked)}")
    page.evaluate("joined()")
    page.wait_for_function("names().includes('media.connected')")
    return page


def measured(senders, seconds):
    """The figures of one run."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as started:
        folder = Path(name)
        space, api = start_space(folder)
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            page_url = start_pages(folder)
            api.post("/rooms", json={"name": "hall"})
            idle = share(space, seconds, time.sleep)
            pages = [join(browser, page_url, api, number) for number in range(senders)]
            pages[0].wait_for_timeout(2000)
            frames = "watch().getVideoPlaybackQuality().totalVideoFrames"
            before = pages[0].evaluate(frames)
            busy = share(space, seconds, lambda wanted: pages[0].wait_for_timeout(1000 * wanted))
            shown = (pages[0].evaluate(frames) - before) / seconds
        finally:
            browser.close()
            space.terminate()
            space.wait(timeout=30)
    return {
        "senders": senders,
        "seconds": seconds,
        "idle": round(idle, 3),
        "busy": round(busy, 3),
        "frames_per_second": round(shown, 1),
    }


def main():
    """Measure once and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    found = measured(options.senders, options.seconds)
    print(json.dumps({**found, "goal": GOAL, "met": found["busy"] - found["idle"] <= GOAL}))


if __name__ == "__main__":
    main()
