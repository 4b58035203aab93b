import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from reconciler.core.previews import Previewed
from reconciler.core.resources import Address
from reconciler.reports.html.preview_wall import page, wall
from reconciler.reports.text.previews import PREVIEW_FORMATS, PreviewReport
from tests.unit.reports.cases import HOSTILE, NOW, SESSION, SPACE

URL = "https://example.signalwire.com/previews/x.webp"
LOBBY = Previewed(
    Address("Room", "lobby"),
    "drifted",
    title="Lobby",
    drifted=("layout",),
    session=SESSION,
    preview_url=URL,
)
QUIET = Previewed(Address("Room", "a-quiet"), "in sync", why="no session")
DARK = Previewed(
    Address("Conference", "hall"),
    "to be applied",
    session=SESSION,
    why="previews are off: enable_room_previews is not true",
)
GONE = Previewed(Address("Room", "gone"), "missing", why="not in the Space")
REPORT = PreviewReport(space=SPACE, created_at=NOW, rooms=(QUIET, GONE, DARK, LOBBY))
EVIL = Previewed(
    Address("Room", f'"><script>{HOSTILE}</script>'),
    "drifted",
    title=f'<img src=x onerror="x">{HOSTILE}',
    drifted=(f"<b>{HOSTILE}",),
    session={"start_time": HOSTILE, "members": HOSTILE},
    preview_url=f'javascript:x"><script>{HOSTILE}',
    trouble=f"<script>{HOSTILE}",
)
HOSTILE_REPORT = PreviewReport(space=f"<script>{HOSTILE}", created_at=NOW, rooms=(EVIL,))


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_a_screen_that_is_too_narrow_gets_a_list():
    narrow = PREVIEW_FORMATS["text"](replace(REPORT, lines=24, width=60)).splitlines()
    wide = PREVIEW_FORMATS["text"](replace(REPORT, lines=24, width=160))

    assert narrow[2:6] == [
        "Room/lobby",
        "  drifted: layout",
        "  in session since 09:12 UTC, 14 members",
        "  preview on example.signalwire.com",
    ]
    assert max(map(len, narrow)) <= 60
    assert wide == PREVIEW_FORMATS["text"](REPORT)


def test_those_that_are_live_come_first_and_each_says_why_there_is_nothing_to_see():
    assert PREVIEW_FORMATS["text"](REPORT).splitlines() == [
        "Space example.signalwire.com",
        "",
        "Room/lobby       drifted: layout  in session since 09:12 UTC, 14 members  preview on example.signalwire.com",
        "Conference/hall  to be applied    in session since 09:12 UTC, 14 members  previews are off: enable_room_previews is not true",
        "Room/a-quiet     in sync          no session",
        "Room/gone        missing          not in the Space",
        "",
        "2 of 4 rooms live, 1 preview, 1 drifted.",
    ]


def test_the_document():
    document = json.loads(PREVIEW_FORMATS["json"](REPORT))

    assert [one["name"] for one in document["previews"]] == ["hall", "a-quiet", "gone", "lobby"]
    assert document["summary"] == {"rooms": 4, "live": 2, "previews": 1, "drifted": 1}
    assert document["previews"][3] == {
        "kind": "Room",
        "name": "lobby",
        "display_name": "Lobby",
        "standing": "drifted",
        "drifted": ["layout"],
        "session": {"id": "5e55", "start_time": "2026-11-20T09:12:31Z", "members": 14},
        "preview_url": "example.signalwire.com",
        "reason": None,
    }


@pytest.mark.parametrize("form", PREVIEW_FORMATS)
def test_no_text_is_obeyed(form):
    text = PREVIEW_FORMATS[form](HOSTILE_REPORT)

    assert not [char for char in text if not char.isprintable() and char != "\n"]
    assert not re.search(r"^\s*::|##\[|##vso\[", text, re.MULTILINE)


def digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_a_wall_is_one_file_that_loads_nothing_and_runs_its_own_search_alone():
    text = wall(REPORT, {LOBBY.address: b"RIFFpicture"})
    tags = Tags(text).found
    policy = next(
        attributes["content"]
        for tag, attributes in tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]

    assert policy == (
        f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert [attributes["src"] for tag, attributes in tags if tag == "img"] == [
        "data:image/webp;base64," + base64.b64encode(b"RIFFpicture").decode()
    ]
    assert {tag for tag, _ in tags} == {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "h1",
        "ul",
        "li",
        "img",
        "h2",
        "p",
        "span",
        "form",
        "input",
        "label",
        "output",
        "script",
    }
    assert "http://" not in text
    assert "https://" not in text


@pytest.mark.parametrize(
    ("text", "scripts"),
    [
        (wall(HOSTILE_REPORT, {EVIL.address: b"x"}), [None]),
        (page(HOSTILE_REPORT, lambda _: "/p.webp", seconds=30), ["/page.js", "/search.js"]),
    ],
    ids=["wall", "page"],
)
def test_no_text_of_others_is_markup(text, scripts):
    tags = Tags(text).found

    assert [attributes.get("src") for tag, attributes in tags if tag == "script"] == scripts
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    assert [attributes["src"][:10] for tag, attributes in tags if tag == "img"] in (
        ["data:image"],
        ["/p.webp"],
    )
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]", text)


def test_every_picture_of_a_page_has_a_text_and_a_path_of_the_page():
    tags = Tags(page(REPORT, lambda one: f"/previews/{one.address}.webp", seconds=30)).found

    assert [(attributes["src"], attributes["alt"]) for tag, attributes in tags if tag == "img"] == [
        ("/previews/Room/lobby.webp", "Thumbnail of the session in Room/lobby")
    ]
    assert ("meta", {"http-equiv": "refresh", "content": "30"}) in tags
    assert next(attributes for tag, attributes in tags if tag == "body") == {"data-seconds": "30"}
