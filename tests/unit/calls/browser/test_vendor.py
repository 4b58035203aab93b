"""The vendor's server-side SDK in Node, and the community's React package in Chromium, unchanged,
with people in rooms.
"""

import json
import queue
import shutil
import subprocess
import threading

import httpx
import pytest

from tests.unit.calls.browser.conftest import HERE, SECONDS, installed

pytestmark = pytest.mark.long

VENDOR = HERE / "vendor"
PAGE = '<!doctype html><meta charset="utf-8"><title>React</title><div id="app"></div><script src="app.js"></script>'
LOCKED = ("package.json", "package-lock.json", ".npmrc")


@pytest.fixture(scope="module")
def packages():
    """The folder in which the packages are."""
    return installed(VENDOR, LOCKED)


@pytest.fixture
def server(packages, calls, tmp_path):
    """The lines that the server-side program prints, as they come; it looks for its packages beside
    itself.
    """
    (tmp_path / "node_modules").symlink_to(packages / "node_modules")
    shutil.copy(VENDOR / "server.mjs", tmp_path)
    said = queue.SimpleQueue()
    command = ["node", "--preserve-symlinks", "server.mjs", f"ws://127.0.0.1:{calls.port}"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as started:
        reader = threading.Thread(
            target=lambda: [
                said.put(json.loads(line)) for line in started.stdout if line.startswith("[")
            ]
        )
        reader.start()
        yield said
        started.kill()
        reader.join()


def until(said, wanted):
    """All that was said until this."""
    heard = []
    while wanted not in heard:
        heard.append(said.get(timeout=SECONDS))
    return heard


def test_the_server_side_sdk_sees_rooms_and_people_and_mutes_them(server, visit):
    until(server, ["connected"])
    ann = visit("Ann")
    assert ["room.started", "lobby"] in (heard := until(server, ["listening"]))
    assert ["rooms", "lobby"] in heard
    bob = visit("Bob")
    assert ["member.joined", "Bob"] in until(server, ["members", "Ann", "Bob"])
    bob.wait_for_function(
        "session.getMembers().then(({members}) => members.some((one) => one.name === 'Bob' && one.audio_muted))"
    )
    ann.evaluate("session.setLayout({name: '2x1'}).then(() => session.lock())")
    assert ["layout.changed", "2x1"] in until(server, ["room.updated", True])
    bob.evaluate("session.leave()")
    until(server, ["member.left", "Bob"])
    ann.evaluate("session.leave()")
    until(server, ["room.ended", "lobby"])


@pytest.fixture(scope="module")
def app(packages, pages, tmp_path_factory):
    """The React page, where it is served."""
    folder = tmp_path_factory.mktemp("react")
    (folder / "node_modules").symlink_to(packages / "node_modules")
    shutil.copy(VENDOR / "app.jsx", folder)
    flags = [
        "--bundle",
        "--outfile=app.js",
        '--define:process.env.NODE_ENV="production"',
        "--log-level=error",
        "--preserve-symlinks",
    ]
    subprocess.run(["node_modules/.bin/esbuild", "app.jsx", *flags], cwd=folder, check=True)
    shutil.copy(folder / "app.js", pages)
    (pages / "react.html").write_text(PAGE, encoding="utf-8")
    return "react.html"


def test_the_react_package_joins_lists_members_and_shows_the_preview(
    app, visit, api, chromium, origin
):
    ann = visit("Ann", room_name="stage")
    token = api.post("/room_tokens", json={"room_name": "stage", "user_name": "Rea"}).json()[
        "token"
    ]
    context = chromium.new_context()
    rea = context.new_page()
    rea.set_default_timeout(SECONDS * 1000)
    rea.goto(f"{origin.rpartition('/')[0]}/{app}#{httpx.QueryParams({'token': token})}")
    rea.locator("#names", has_text="Rea").wait_for()
    ann.wait_for_function(
        "seen.some(([name, told]) => name === 'member.joined' && told.member.name === 'Rea')"
    )
    ann.evaluate("session.setMeta({a: 1})")
    rea.wait_for_function(
        "[...document.querySelectorAll('video')].some((one) => one.videoWidth === 640 && one.currentTime > 0)"
    )
    rea.wait_for_function(
        "[...document.querySelectorAll('#preview img')].some((one) => one.naturalWidth === 320)"
    )
    context.close()
