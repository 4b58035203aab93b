"""The demo of one command: its page, with the vendor's SDK as npm has it, brings a host and a guest
into one room of the local Space.
"""

import http.client
import json
import re
import shutil
import signal
import subprocess
import sys
from contextlib import closing

import pytest

from tests.unit.calls.browser.conftest import DEMO, SECONDS

PLAYS = "[...document.querySelectorAll('#stage video')].some((one) => one.videoWidth === 640 && one.currentTime > 1)"


@pytest.fixture
def demo(tmp_path, bundle, monkeypatch):
    """The demo as a clone has it after ``npm ci``, started; gives the address of its page."""
    pytest.importorskip("aiortc", reason="aiortc is not installed")
    shutil.copytree(
        DEMO,
        tmp_path / "demo",
        ignore=shutil.ignore_patterns("node_modules", "vendor", ".reconciler", "__pycache__"),
    )
    (tmp_path / "demo" / "page" / "vendor").mkdir()
    shutil.copy(bundle, tmp_path / "demo" / "page" / "vendor" / "signalwire.js")
    for name in ("SIGNALWIRE_SPACE", "SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    command = [sys.executable, "demo.py", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path / "demo", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as started:
        try:
            yield re.search(r"http://127\.0\.0\.1:\d+", started.stdout.readline())[0]
            started.send_signal(signal.SIGINT)
            assert started.wait(timeout=60) == 0
        finally:
            started.kill()


@pytest.mark.long
def test_host_and_guest_meet_and_the_host_alone_chooses_the_layout(demo, chromium):
    context = chromium.new_context(viewport={"width": 1280, "height": 1100})
    host = context.new_page()
    host.set_default_timeout(SECONDS * 1000)
    host.goto(demo)
    host.get_by_role("button", name="Join the lounge as host").click()
    host.get_by_text(re.compile("^In The lounge as host")).wait_for()
    with context.expect_page() as opened:
        host.get_by_role("button", name="Open a second tab as guest").click()
    guest = opened.value
    guest.set_default_timeout(SECONDS * 1000)
    guest.get_by_text(re.compile("^In The lounge as guest")).wait_for()
    for tab in (host, guest):
        tab.locator("#people", has_text="Ann, Bob").wait_for()
        while not tab.evaluate(PLAYS):  # the page's policy allows no function to wait for
            tab.wait_for_timeout(100)
    assert guest.locator("#layouts button").count() == 0

    host.get_by_role("button", name="5up").click()
    for tab in (host, guest):
        tab.get_by_text("layout 5up").wait_for()
    guest.get_by_role("button", name="Leave").click()
    host.locator("#people", has_text=re.compile(r"^Ann$")).wait_for()
    with closing(
        http.client.HTTPConnection(demo.removeprefix("http://"), timeout=60)
    ) as connection:
        connection.request("GET", "/rooms.json")
        assert {"lounge", "stage", "backstage"} == {
            room["name"] for room in json.loads(connection.getresponse().read())["rooms"]
        }
    context.close()
