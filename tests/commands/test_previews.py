import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.cli.preview_files import file_names
from reconciler.cli.preview_server import preview_server
from reconciler.core.errors import NotFound, Unreachable
from reconciler.core.previews import Previewed
from reconciler.core.resources import Address
from reconciler.localspace import create_space, serve
from reconciler.reports.text.previews import PreviewReport
from reconciler.space.previews import preview_door
from reconciler.space.target import target
from tests.commands.words import CREDENTIALS, MANIFESTS, RECONCILER, Outside, conference, room

PREVIEWS = ("previews", "--path", MANIFESTS)
LOBBY = "/previews/Room/lobby.webp"


@pytest.fixture
def live(apply, space):
    """A room and a conference in session with previews, one in session without, one without a session; gives the Space."""
    apply(
        room("lobby", layout="2x2", enable_room_previews=True),
        room("dark"),
        room("quiet", enable_room_previews=True),
        conference("hall", enable_room_previews=True),
    )
    for kind, name, members in (
        ("Room", "lobby", 2),
        ("Room", "dark", 1),
        ("Conference", "hall", 3),
    ):
        space.space.start_session(kind, name, members=members)
    return space


def listed(result):
    return {one["name"]: one for one in result.json["previews"]}


def test_live_sessions_are_listed_with_their_previews(live, done):
    found = listed(done(*PREVIEWS, "--format", "json"))
    session = live.ask("GET", "/room_sessions?status=in-progress&room_name=lobby")["data"][0]

    assert {
        name: (one["kind"], one["standing"], (one["session"] or {}).get("members"), one["reason"])
        for name, one in found.items()
    } == {
        "lobby": ("Room", "in sync", 2, None),
        "dark": ("Room", "in sync", 1, "previews are off: enable_room_previews is not true"),
        "quiet": ("Room", "in sync", None, "no session"),
        "hall": ("Conference", "in sync", 3, None),
    }
    assert found["lobby"]["session"]["id"] == session["id"]
    assert found["lobby"]["preview_url"] == "127.0.0.1"  # the path is worth the picture
    assert found["quiet"]["preview_url"] is None


def test_how_each_stands_is_told(live, declare, done):
    live.change("Room", "lobby", layout="5x5")
    live.create("Room", name="theirs")
    live.remove("Room", "quiet")
    declare(
        room("lobby", layout="2x2"),
        room("dark", layout="3x3"),
        room("quiet"),
        room("theirs"),
        room("new"),
        conference("hall", layout="3x3"),
    )

    standings = {
        name: (one["standing"], one["drifted"])
        for name, one in listed(done(*PREVIEWS, "--format", "json")).items()
    }

    assert standings == {
        "lobby": ("drifted", ["layout"]),
        "dark": ("to be applied", []),
        "quiet": ("missing", []),
        "theirs": ("not managed", []),
        "new": ("missing", []),
        "hall": ("to be applied", []),
    }


def test_previews_that_were_switched_on_too_late_say_so(live, apply, done):
    apply(room("lobby"), room("dark", enable_room_previews=True), room("quiet"), conference("hall"))

    assert (
        listed(done(*PREVIEWS, "dark", "--format", "json"))["dark"]["reason"]
        == "previews were off when this session began"
    )


@pytest.mark.parametrize(
    ("named", "found"), [(["lobby"], ["lobby"]), (["Conference/hall", "dark"], ["dark", "hall"])]
)
@pytest.mark.usefixtures("live")
def test_only_those_that_are_named(done, named, found):
    assert sorted(listed(done(*PREVIEWS, *named, "--format", "json"))) == found


@pytest.mark.usefixtures("live")
def test_a_name_that_is_none_is_an_error_with_the_nearest(reconciler):
    code, out, err = reconciler(*PREVIEWS, "loby")

    assert (code, out) == (1, "")
    assert "did you mean 'lobby'?" in err


@pytest.mark.usefixtures("live")
def test_save_downloads_the_pictures(done):
    out = done(*PREVIEWS, "--save", "deep/shots").out

    saved = {path.name: path.read_bytes() for path in Path("deep/shots").iterdir()}
    assert set(saved) == {"Room-lobby.webp", "Conference-hall.webp"}
    assert all(content[:4] + content[8:12] == b"RIFFWEBP" for content in saved.values())
    assert str(Path("deep/shots/Room-lobby.webp")) in out
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in Path("deep/shots").iterdir()} == {
            0o600
        }


@pytest.mark.usefixtures("live")
def test_a_wall_holds_the_pictures(done):
    result = done(*PREVIEWS, "--html", "wall.html")
    text = Path("wall.html").read_text(encoding="utf-8")

    assert "Wrote wall.html: 2 pictures." in result.err
    assert text.count("data:image/webp;base64,UklGR") == 2
    assert CREDENTIALS[1] not in text
    assert [
        word
        for word in ("Room/quiet", "no session", "Conference/hall", "in sync")
        if word not in text
    ] == []


def test_a_picture_that_cannot_be_fetched_is_said_and_the_others_are_saved(
    live, reconciler, monkeypatch
):
    session = live.ask("GET", "/room_sessions?status=in-progress&room_name=hall")["data"][0]["id"]
    answer = live.space._router.endpoint  # a Space that loses one picture

    def lossy(path, method):
        if path == f"/previews/{session}.webp":
            raise RuntimeError("lost")
        return answer(path, method)

    monkeypatch.setattr(live.space._router, "endpoint", lossy)
    code, out, err = reconciler(*PREVIEWS, "--save", "shots")

    assert code == 1
    assert [path.name for path in Path("shots").iterdir()] == ["Room-lobby.webp"]
    assert "1 preview could not be fetched" in err
    assert "500" in out


def test_previews_of_the_embedded_space(local, apply, done):
    apply(room("lobby", enable_room_previews=True))
    local.space.start_session("Room", "lobby", members=1)

    done(*PREVIEWS, "--save", "shots")

    assert [path.name for path in Path("shots").iterdir()] == ["Room-lobby.webp"]


@pytest.mark.parametrize(
    "flags",
    [
        ("--serve", "--save", "x"),
        ("--serve", "--html", "x"),
        ("--serve", "--format", "json"),
        ("--port", "8090"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("live")
def test_flags_that_do_not_go_together(reconciler, flags):
    assert reconciler(*PREVIEWS, *flags).code == 1
    assert not Path("x").exists()


@pytest.mark.parametrize("place", ["blocked", "blocked/deeper"])
@pytest.mark.usefixtures("live")
def test_where_nothing_can_be_written(reconciler, place):
    Path("blocked").write_text("a file", encoding="utf-8")

    assert reconciler(*PREVIEWS, "--html", f"{place}/wall.html").code == 1
    assert Path("blocked").read_text(encoding="utf-8") == "a file"


def test_names_that_any_file_system_takes():
    addresses = [Address("Room", name) for name in ("a", "A", "../x", "con", "n" * 300)]

    names = file_names(addresses)

    assert [names[address] for address in addresses[:4]] == [
        "Room-a.2.webp",
        "Room-A.webp",
        "Room-___x.webp",
        "Room-con.webp",
    ]
    assert max(map(len, names.values())) < 140


# The page


SEEN = Previewed(
    Address("Room", "lobby"),
    "in sync",
    session={"id": "x"},
    preview_url="https://x.example/canary-path.webp",
)


class Asked:
    """What a page's server shows: a report and pictures that a test sets, and what it was asked to fetch."""

    def __init__(self):
        self.rooms = (SEEN,)
        self.picture = b"RIFF1"
        self.error = None
        self.fetched = []

    def look(self):
        if self.error:
            raise self.error
        return PreviewReport(
            space="example.signalwire.com", created_at="2026-11-20T10:00:00Z", rooms=self.rooms
        )

    def fetch(self, url):
        self.fetched.append(url)
        if isinstance(self.picture, Exception):
            raise self.picture
        return self.picture


@pytest.fixture
def shown():
    return Asked()


@pytest.fixture
def served(shown):
    """A server of the page; gives its port."""
    with preview_server(shown.look, shown.fetch, port=0, seconds=0) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.port
        server.shutdown()


def ask(port, path="/", *, method="GET", host=None, **headers):
    """The status, headers and body of one request; keyword headers are written with underscores."""
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    ) as connection:
        connection.putrequest(method, path, skip_host=True)
        for name, value in {
            "Host": host or f"127.0.0.1:{port}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


@pytest.mark.parametrize(
    "path", ["/", "/page.css", "/page.js", "/search.js", "/icon.svg", "/rooms.json", LOBBY]
)
def test_the_page_and_its_parts(served, path):
    status, headers, body = ask(served, path)

    assert status == 200
    assert body
    assert b"canary-path" not in body
    assert (
        headers["Cache-Control"],
        headers["X-Content-Type-Options"],
        headers["Cross-Origin-Resource-Policy"],
    ) == (
        "no-store",
        "nosniff",
        "same-origin",
    )
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert [name for name in headers if name.lower().startswith("access-control")] == []


def test_a_picture_changes_and_its_path_stays(served, shown):
    first = ask(served, LOBBY)[2]
    shown.picture = b"RIFF2"

    assert (first, ask(served, LOBBY)[2]) == (b"RIFF1", b"RIFF2")
    assert shown.fetched == [SEEN.preview_url] * 2


@pytest.mark.parametrize(
    "path",
    [
        "/previews/Room/other.webp",
        "/previews/../../etc/passwd",
        "/previews/https://evil.example/",
        "/x",
        "//x",
        "*",
    ],
)
def test_nothing_else_is_there_and_nothing_else_is_fetched(served, shown, path):
    assert ask(served, path)[0] in {400, 404}
    assert shown.fetched == []


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil.example:{port}",
        "[::1]:{port}",
    ],
)
@pytest.mark.parametrize("path", ["/", "/rooms.json", LOBBY])
def test_a_name_that_was_bent_to_lead_here_gets_nothing(served, shown, host, path):
    status, _, body = ask(served, path, host=host.format(port=served))

    assert (status, shown.fetched) == (403, [])
    assert b"lobby" not in body


def test_this_machines_names_are_taken(served):
    assert [ask(served, host=f"{name}:{served}")[0] for name in ("127.0.0.1", "localhost")] == [
        200,
        200,
    ]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_gets_nothing_but_may_link_here(served, site):
    assert ask(served, LOBBY, Sec_Fetch_Site=site)[0] == 403
    assert (
        ask(served, "/", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="iframe")[0]
        == 403
    )
    assert (
        ask(served, "/", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document")[
            0
        ]
        == 200
    )
    assert ask(served, LOBBY, Sec_Fetch_Site="same-origin")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "BREW"])
def test_the_page_can_only_be_looked_at(served, method):
    status, headers, body = ask(served, "/", method=method)

    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert method.encode() not in body


def test_a_head_has_no_body(served):
    assert ask(served, "/", method="HEAD")[::2] == (200, b"")


@pytest.mark.parametrize(
    ("error", "status"), [(NotFound("gone"), 404), (Unreachable("canary"), 502)]
)
def test_a_picture_that_cannot_be_had(served, shown, error, status):
    shown.picture = error

    assert ask(served, LOBBY)[0] == status
    assert b"canary" not in ask(served, LOBBY)[2]


def test_a_space_that_cannot_be_looked_at_leaves_the_last_view(served, shown):
    shown.error = Unreachable("no answer\x1b[2J")
    document = json.loads(ask(served, "/rooms.json")[2])

    assert [one["address"] for one in document["rooms"]] == ["Room/lobby"]
    assert document["trouble"] == "no answer\\x1b[2J What is shown is of 2026-11-20T10:00:00Z."


def test_a_first_look_that_fails_is_an_error(shown):
    shown.error = Unreachable("no answer")

    with pytest.raises(Unreachable):
        preview_server(shown.look, shown.fetch, port=0)


def test_what_changes_is_told(served, shown):
    shown.rooms = (Previewed(SEEN.address, "drifted", drifted=("layout",), why="no session"),)
    (one,) = json.loads(ask(served, "/rooms.json")[2])["rooms"]

    assert one == {
        "address": "Room/lobby",
        "picture": None,
        "note": "no session",
        "standing": "drifted: layout",
        "kind": "drifted",
        "session": "no session",
        "live": "no",
    }


@pytest.fixture
def serving_previews():
    """Start ``previews --serve`` in a process of its own; gives the process and its port."""
    running = []

    def start():
        process = subprocess.Popen(
            [*RECONCILER, *PREVIEWS, "--serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        line = process.stdout.readline().strip()
        return process, int(line.removeprefix("http://127.0.0.1:").removesuffix("/"))

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.usefixtures("live")
def test_it_serves_until_it_is_stopped_and_then_ends_cleanly(serving_previews, stop):
    process, port = serving_previews()
    picture = ask(port, LOBBY)[2]
    page = ask(port, "/")[2].decode()

    process.send_signal(stop)
    out, err = process.communicate(timeout=20)

    assert (process.returncode, out) == (0, "")
    assert picture[:4] + picture[8:12] == b"RIFFWEBP"
    assert LOBBY in page
    assert "Traceback" not in err
    assert [
        word
        for word in (CREDENTIALS[1], os.environ["SIGNALWIRE_SPACE"] + "/previews")
        if word in page
    ] == []


@pytest.mark.usefixtures("live")
def test_a_port_that_is_taken_is_an_error_that_names_it(reconciler, served):
    code, out, err = reconciler(*PREVIEWS, "--serve", "--port", served)

    assert (code, out) == (1, "")
    assert str(served) in err


# In a browser


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium of this machine, by playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium on this machine")
    with playwright.sync_playwright() as started:
        yield (running := started.chromium.launch(executable_path=chromium, args=["--no-sandbox"]))
        running.close()


@pytest.fixture
def tab(browser):
    """A tab, and all that it says and asks for."""
    opened = browser.new_page()
    opened.said, opened.asked = [], []
    opened.on("console", lambda message: opened.said.append(message.text))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.on("request", lambda request: opened.asked.append(request.url))
    yield opened
    opened.close()


SHOWN = "[...document.images].map((one) => one.complete && one.naturalWidth > 0)"


@pytest.mark.usefixtures("live")
def test_a_browser_shows_the_wall_and_asks_for_nothing(done, tab):
    done(*PREVIEWS, "--html", "wall.html")

    tab.goto(Path("wall.html").resolve().as_uri())

    assert tab.evaluate(SHOWN) == [True, True]
    assert tab.locator(".card").count() == 4
    assert (tab.said, [url for url in tab.asked if not url.startswith(("file:", "data:"))]) == (
        [],
        [],
    )


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_wall_is_for_everybody(done, browser, colours):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    done(*PREVIEWS, "--html", "wall.html")
    opened = browser.new_page(color_scheme=colours)
    opened.goto(Path("wall.html").resolve().as_uri())

    assert [violation["id"] for violation in axe.Axe().run(opened).response["violations"]] == []


def shown_cards(page):
    return page.locator(".card:visible h2").all_inner_texts()


@pytest.mark.usefixtures("live")
def test_a_wall_is_searched_with_the_keyboard_alone(done, tab):
    done(*PREVIEWS, "--html", "wall.html")
    tab.goto(Path("wall.html").resolve().as_uri())
    whole = shown_cards(tab)

    tab.keyboard.press("/")
    tab.keyboard.type("CONFERENCE hall")
    tab.locator("#found", has_text="1 of 4 rooms").wait_for()
    searched = shown_cards(tab)
    tab.keyboard.press("Escape")
    tab.locator("#found", has_text=re.compile("^4 rooms")).wait_for()
    cleared = shown_cards(tab)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    tab.locator("#found", has_text="3 of 4 rooms").wait_for()

    assert (len(whole), searched, cleared) == (4, ["Hall"], whole)
    assert [name for name in whole if name not in shown_cards(tab)] == ["quiet"]
    assert tab.locator("#nothing:visible").count() == 0
    tab.locator("#search").fill("nowhere")
    tab.locator("#nothing").wait_for()
    assert tab.said == []


@pytest.mark.usefixtures("live")
def test_a_wall_without_script_shows_all_and_offers_no_search(done, browser):
    done(*PREVIEWS, "--html", "wall.html")
    page = browser.new_page(java_script_enabled=False, viewport={"width": 360, "height": 700})
    page.goto(Path("wall.html").resolve().as_uri())

    assert (page.locator(".card:visible").count(), page.locator("#tools:visible").count()) == (4, 0)


@pytest.mark.usefixtures("live")
def test_a_wall_fits_a_phone(done, browser):
    done(*PREVIEWS, "--html", "wall.html")
    page = browser.new_page(viewport={"width": 360, "height": 700})
    page.goto(Path("wall.html").resolve().as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_served_wall_keeps_its_search_while_it_refreshes(stack, shown, tab):
    quiet = Previewed(Address("Room", "quiet"), "in sync", why="no session")
    shown.rooms = (replace(SEEN, preview_url=None), quiet)
    server = stack.enter_context(preview_server(shown.look, shown.fetch, port=0, seconds=0.3))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    stack.callback(server.shutdown)
    tab.goto(f"http://127.0.0.1:{server.port}/")

    tab.locator("#search").fill("drifted")
    tab.locator("#nothing").wait_for()
    shown.rooms = (shown.rooms[0], replace(quiet, standing="drifted", drifted=("layout",)))
    tab.locator("#found", has_text="1 of 2 rooms").wait_for()

    assert shown_cards(tab) == ["quiet"]
    assert tab.said == []


PIXEL = """(image) => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 320, height: 180});
  canvas.getContext("2d").drawImage(image, 0, 0);
  return [...canvas.getContext("2d").getImageData(2, 2, 1, 1).data];
}"""


def test_a_browser_sees_another_picture_while_the_address_stays(stack, kinds, tab):
    moment = [datetime(2026, 1, 1, 12, tzinfo=UTC)]
    space = create_space(":memory:", kinds=kinds, clock=lambda: moment[0])
    stack.callback(space.close)
    Outside(space, kinds).create("Room", name="lobby", enable_room_previews=True)
    session = space.start_session("Room", "lobby", members=2)
    host = f"127.0.0.1:{stack.enter_context(serve(space, port=0)).port}"
    fetch = stack.enter_context(
        preview_door(target(host, project=CREDENTIALS[0], token=CREDENTIALS[1]))
    )
    seen = Asked()
    seen.rooms = (replace(SEEN, preview_url=f"http://{host}/previews/{session}.webp"),)
    server = stack.enter_context(preview_server(seen.look, fetch, port=0, seconds=0.3))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    stack.callback(server.shutdown)

    tab.goto(f"http://127.0.0.1:{server.port}/")
    first = tab.locator("img").evaluate(PIXEL)
    moment[0] += timedelta(seconds=15)  # somebody else speaks now
    seen.rooms = (replace(seen.rooms[0], standing="drifted", drifted=("layout",)),)
    tab.locator(".standing", has_text="drifted: layout").wait_for(timeout=10_000)
    tab.locator('img[src^="blob:"]').wait_for(timeout=10_000)
    tab.wait_for_timeout(700)

    assert tab.locator("img").evaluate(PIXEL) != first
    assert {url for url in tab.asked if url.endswith(".webp")} == {
        f"http://127.0.0.1:{server.port}{LOBBY}"
    }
    assert [
        url
        for url in tab.asked
        if not url.startswith((f"http://127.0.0.1:{server.port}/", "blob:http://127.0.0.1"))
    ] == []
    assert tab.said == []
