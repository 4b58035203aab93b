"""The demo: its relay gives tokens only as it should, and its page works in a browser."""

import base64
import contextlib
import http.client
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from reconciler import catalog
from reconciler.cli.app import run
from reconciler.localspace import create_space, serve

DEMO = Path(__file__).parents[2] / "examples" / "video-demo"
API_TOKEN = "PTcanary-of-the-demo"
ASKED = {"room": "lounge", "user": "Ann", "role": "guest"}
SDK = """
window.joined = [];
window.SignalWire = {Video: {RoomSession: class {
  constructor(options) { this.options = options; }
  on() {}
  async join() { window.joined.push(this.options.token); }
  async getMembers() { return {members: [{name: "Ann"}]}; }
  async audioMute() { window.joined.push("muted"); }
  async getLayouts() { return {layouts: ["2x2", "5up"]}; }
  async setLayout(chosen) { window.joined.push(chosen.name); }
  async leave() { window.joined.push("left"); }
}}};
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the demo as a clone has it, which is the working folder."""
    shutil.copytree(
        DEMO,
        tmp_path / "demo",
        ignore=shutil.ignore_patterns("node_modules", "vendor", ".reconciler", "__pycache__"),
    )
    monkeypatch.chdir(tmp_path / "demo")
    return tmp_path / "demo"


@pytest.fixture
def space(folder, monkeypatch):
    """A local Space with the demo's rooms, two of them in session; the environment points at it."""
    with ExitStack() as stack:
        made = create_space(":memory:", kinds=catalog.kinds())
        stack.callback(made.close)
        server = stack.enter_context(serve(made, port=0))
        monkeypatch.setenv("SIGNALWIRE_SPACE", f"127.0.0.1:{server.port}")
        monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "project")
        monkeypatch.setenv("SIGNALWIRE_API_TOKEN", API_TOKEN)
        assert run(["apply", "--yes"]) == 0
        made.start_session("Room", "lounge", members=5)
        made.start_session("Room", "backstage", members=2)
        yield made


@pytest.fixture
def relay(folder, space):
    """The relay, serving."""
    spec = importlib.util.spec_from_file_location("relay", folder / "relay.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.Relay(0) as served:
        threading.Thread(target=served.serve_forever, args=(0.02,), daemon=True).start()
        yield served
        served.shutdown()


def ask(relay, path, body=None, *, host=None, kind="application/json", **headers):
    """The status and the body of a GET, or of a POST of ``body``."""
    sent = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", relay.port, timeout=60)
    ) as connection:
        connection.putrequest("GET" if sent is None else "POST", path, skip_host=True)
        given = {
            "Host": host or f"127.0.0.1:{relay.port}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        given |= {} if sent is None else {"Content-Type": kind, "Content-Length": str(len(sent))}
        for name, value in given.items():
            connection.putheader(name, value)
        connection.endheaders(sent)
        answer = connection.getresponse()
        return answer.status, answer.read()


def claims(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def minted(space):
    return [request.body for request in space.requests if request.path.endswith("/room_tokens")]


def test_a_token_is_for_that_room_and_says_what_the_role_says(relay):
    status, body = ask(relay, "/token", ASKED)
    said = claims(json.loads(body)["token"])

    assert status == 200
    assert {word: said[word] for word in ("r", "u", "acr", "rse")} == {
        "r": "lounge",
        "u": "Ann",
        "acr": False,
        "rse": 7200,
    }
    assert "room.set_layout" not in said["s"]


def test_what_is_not_allowed_gets_no_token(relay, space):
    cases = [
        ({"room": "vault"}, 403),
        ({"room": "--help"}, 403),
        ({"room": "backstage"}, 403),
        ({"role": "viewer"}, 403),
        ({"role": "--reveal"}, 403),
        ({"user": ""}, 400),
        ({"user": "u" * 61}, 400),
        ({"user": "a\x1b[2J"}, 400),
        ({"user": 7}, 400),
    ]

    assert [(change, ask(relay, "/token", ASKED | change)[0]) for change, _ in cases] == cases
    assert minted(space) == []


def test_a_name_is_never_taken_for_a_flag(relay, space):
    assert ask(relay, "/token", ASKED | {"user": "--help"})[0] == 200
    assert [body["user_name"] for body in minted(space)] == ["--help"]


def test_a_request_that_is_not_the_pages_own_gets_no_token(relay, space):
    cases = [
        ({"kind": "text/plain"}, 400),
        ({"kind": "application/x-www-form-urlencoded"}, 400),
        ({"host": "evil.example"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"body": b"{"}, 400),
        ({"body": b"[]"}, 400),
        ({"body": b" " * 5000}, 400),
    ]

    assert [
        (asked, ask(relay, "/token", **{"body": ASKED} | asked)[0]) for asked, _ in cases
    ] == cases
    assert minted(space) == []


def test_the_rooms_are_listed_with_their_previews_and_layouts(relay):
    seen = json.loads(ask(relay, "/rooms.json")[1])

    assert [
        (room["name"], room["members"], room["picture"], room["note"]) for room in seen["rooms"]
    ] == [
        ("backstage", 2, None, "previews are off: enable_room_previews is not true"),
        ("lounge", 5, "/previews/lounge.webp", None),
        ("stage", None, None, "no session"),
    ]
    assert len(seen["layouts"]) == 13
    assert ask(relay, "/previews/lounge.webp")[1][:4] == b"RIFF"


def test_the_api_token_is_in_nothing_that_a_browser_gets(relay, folder):
    paths = [
        "/",
        "/app.js",
        "/style.css",
        "/icon.svg",
        "/rooms.json",
        "/previews/lounge.webp",
        "/nowhere",
    ]
    got = b"".join(
        [
            *(ask(relay, path)[1] for path in paths),
            ask(relay, "/token", ASKED)[1],
            ask(relay, "/token", {})[1],
        ]
    )
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())

    assert API_TOKEN.encode() not in got + kept
    assert base64.b64encode(f"project:{API_TOKEN}".encode()) not in got + kept


def test_nothing_else_is_given_out(relay):
    paths = [
        "/relay.py",
        "/../relay.py",
        "/page/index.html",
        "/manifests/roles.yaml",
        "/.reconciler/x",
        "/previews/stage.webp",
    ]

    assert [ask(relay, path)[0] for path in paths] == [404] * len(paths)


def test_the_sdk_is_pinned_by_version_and_integrity():
    wanted = json.loads((DEMO / "package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = json.loads((DEMO / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    locked = {name: package for name, package in packages.items() if name}

    assert list(wanted) == ["@signalwire/js"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", wanted["@signalwire/js"])
    assert locked["node_modules/@signalwire/js"]["version"] == wanted["@signalwire/js"]
    assert [
        name for name, package in locked.items() if not package["integrity"].startswith("sha512-")
    ] == []
    assert "://" not in (DEMO / "page" / "index.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_one_command_starts_it_and_ctrl_c_ends_it(monkeypatch):
    for name in ("SIGNALWIRE_SPACE", "SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with subprocess.Popen(
        [sys.executable, "demo.py", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as demo:
        try:
            line = demo.stdout.readline()
            port = int(re.search(r"127\.0\.0\.1:(\d+)", line)[1])
            with contextlib.closing(
                http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            ) as connection:
                connection.request("GET", "/rooms.json")
                rooms = json.loads(connection.getresponse().read())["rooms"]
            demo.send_signal(signal.SIGINT)
            _, err = demo.communicate(timeout=30)
        finally:
            demo.kill()

    assert demo.returncode == 0
    assert {room["name"]: room["members"] for room in rooms} == {
        "lounge": None,
        "backstage": 2,
        "stage": 5,
    }
    assert "Traceback" not in err


@pytest.fixture
def tab(relay):
    """A tab of headless Chromium on the page, with a stand-in for the vendor's SDK, and all that it says and asks for."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium on this machine")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page()
        opened.said, opened.asked = [], []
        opened.on("console", lambda message: opened.said.append(message.text))
        opened.on("pageerror", lambda error: opened.said.append(str(error)))
        opened.on("request", lambda request: opened.asked.append(request.url))
        opened.route(
            "**/vendor/signalwire.js",
            lambda route: route.fulfill(content_type="text/javascript", body=SDK),
        )
        yield opened
        browser.close()


def opened(tab, relay):
    tab.goto(f"http://127.0.0.1:{relay.port}/")
    tab.locator("img").wait_for()
    return tab


@pytest.mark.long
def test_the_page_shows_rooms_previews_and_layouts_and_reaches_nothing_else(tab, relay):
    opened(tab, relay)

    assert tab.locator("#rooms h2").all_inner_texts() == ["Backstage", "The lounge", "The stage"]
    assert tab.locator("#layouts li").count() == 13
    assert tab.locator("img").evaluate("(image) => image.naturalWidth") == 320
    assert tab.said == []
    assert [
        url for url in tab.asked if not url.startswith((f"http://127.0.0.1:{relay.port}/", "blob:"))
    ] == []


def test_the_page_reaches_the_space_that_the_relay_knows_and_no_other(relay, monkeypatch, folder):
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", relay.port, timeout=60)
    ) as connection:
        connection.request("GET", "/")
        policy = connection.getresponse().headers["Content-Security-Policy"]
    assert f"connect-src 'self' ws://{os.environ['SIGNALWIRE_SPACE']};" in policy
    monkeypatch.setenv("SIGNALWIRE_SPACE", "example.signalwire.com")
    asked = [sys.executable, "-c", "import relay; print(relay.where_calls_go())"]
    assert (
        subprocess.check_output(asked, cwd=folder, text=True).strip()
        == "https://*.signalwire.com wss://*.signalwire.com"
    )


@pytest.mark.long
def test_a_second_tab_joins_by_its_address_and_an_odd_one_does_not(tab, relay, space):
    tab.goto(f"http://127.0.0.1:{relay.port}/?join=lounge&role=guest&user=Bob")
    tab.get_by_text("In The lounge as guest.").wait_for()
    assert [(body["room_name"], body["user_name"]) for body in minted(space)] == [("lounge", "Bob")]
    tab.goto(f"http://127.0.0.1:{relay.port}/?join=lounge&role=owner")
    tab.get_by_text("Could not join: That role is not allowed in that room.").wait_for()


@pytest.mark.long
def test_the_page_joins_offers_layouts_to_a_host_and_leaves(tab, relay):
    opened(tab, relay)

    tab.get_by_role("button", name="Join as host").first.click()
    tab.get_by_role("button", name="5up").click()
    tab.get_by_role("button", name="Mute the microphone").click()
    tab.locator("#microphone[aria-pressed=true]").wait_for()
    tab.get_by_role("button", name="Leave").click()
    tab.get_by_text("Choose a room.").wait_for()
    token, *rest = tab.evaluate("window.joined")

    assert claims(token)["r"] == "backstage"
    assert rest == ["5up", "muted", "left"]
    assert tab.said == []


@pytest.mark.long
def test_the_page_is_for_everybody(tab, relay):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )

    assert [
        violation["id"] for violation in axe.Axe().run(opened(tab, relay)).response["violations"]
    ] == []
