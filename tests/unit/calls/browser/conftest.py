"""The vendor's SDK, unchanged, in headless Chromium, against a Space with calls. Cameras and
microphones are drawn and synthesised.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from reconciler import catalog
from reconciler.calls import host
from reconciler.localspace import create_space, serve

HERE = Path(__file__).parent
DEMO = Path(__file__).parents[4] / "examples" / "video-demo"
MANIFESTS = ("package.json", "package-lock.json", ".npmrc", "copy-sdk.mjs")
FLAGS = (
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)
SECONDS = 60


def installed(folder, manifests):
    """A folder outside the clone with the packages that a lock file pins by their integrity; filled
    by npm once.
    """
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm on this machine")
    texts = {name: (folder / name).read_bytes() for name in manifests}
    key = hashlib.sha256(b"\0".join(texts.values())).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reconciler-tests"
    wanted = cache / key
    if not wanted.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=cache))
        for name, text in texts.items():
            (made / name).write_bytes(text)
        ran = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"],
            cwd=made,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            shutil.rmtree(made)
            assert "integrity" not in ran.stderr.lower(), ran.stderr
            pytest.skip("npm cannot install the vendor's packages here: is there a network?")
        try:
            made.rename(wanted)
        except OSError:  # another worker was faster
            shutil.rmtree(made)
    return wanted


@pytest.fixture(scope="session")
def bundle():
    """The vendor's SDK as one file."""
    return installed(DEMO, MANIFESTS) / "page" / "vendor" / "signalwire.js"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The folder that is served."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def origin(bundle, pages):
    """The address of the test's page."""
    folder = pages
    for name in ("page.html", "page.js"):
        shutil.copy(HERE / name, folder / name)
    shutil.copy(bundle, folder / "signalwire.js")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/page.html"
        server.shutdown()


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("there is no chromium on this machine")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def stack():
    with ExitStack() as entered:
        yield entered


@pytest.fixture(scope="module")
def calls(stack):
    """A Space on a port with calls that have media."""
    pytest.importorskip("aiortc", reason="aiortc is not installed")
    space = create_space(":memory:", kinds=catalog.kinds())
    stack.callback(space.close)
    made = host(space)
    stack.callback(made.close)
    made.space = space
    made.port = stack.enter_context(serve(space, port=0, calls=made)).port
    return made


@pytest.fixture(scope="module")
def api(stack, calls):
    made = stack.enter_context(
        httpx.Client(base_url=f"http://127.0.0.1:{calls.port}/api/video", auth=("p", "t"))
    )
    for name in ("lobby", "stage"):
        made.post("/rooms", json={"name": name, "enable_room_previews": True})
    return made


@pytest.fixture(scope="session")
def everything():
    return [
        word
        for kind in catalog.kinds().values()
        if kind.type == "token"
        for word in kind.fields["permissions"]["items"]["enum"]
    ]


@pytest.fixture(scope="module")
def tab(chromium, origin, api, everything):
    """Open a tab of a person of this name, colour and pitch, and join with a token of these
    permissions.
    """
    contexts = []

    def opened(name, colour="#c00000", pitch=440, *, joins=True, **asked):
        fields = {
            "auto_create_room": False,
            "room_name": "lobby",
            "user_name": name,
            "permissions": everything,
            **asked,
        }
        token = api.post("/room_tokens", json=fields).json()["token"]
        context = chromium.new_context(viewport={"width": 960, "height": 720})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        query = {"token": token, "colour": colour, "pitch": pitch}
        page.goto(f"{origin}#{httpx.QueryParams(query)}")
        if joins:
            page.evaluate("joined()")
        return page

    opened.contexts = contexts
    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def visit(tab):
    """Like ``tab``, for one test: what it opens is closed after it, so that idle tabs take no time from the others."""
    before = len(tab.contexts)
    yield tab
    while len(tab.contexts) > before:
        tab.contexts.pop().close()


@pytest.fixture(scope="module")
def pair(tab):
    """A host in red at 440 Hz, and a guest in blue at 1000 Hz, whose role is small. Tests leave
    them as they found them.
    """
    ann = tab("Ann", "#c00000", 440)
    bob = tab(
        "Bob",
        "#0000c0",
        1000,
        permissions=["room.self.audio_mute", "room.self.video_mute", "room.self.audio_unmute"],
    )
    return ann, bob
