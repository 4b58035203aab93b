"""A value of the environment that an answer of the Space gives back in another place is in no output and no file.

Every GET answers 200: names, fields that no manifest declares, keys, lists, sessions, tokens, addresses, times, pictures' hosts.
"""

import base64
import html
import json
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconciler.localspace import create_space, serve
from tests.commands.test_secrets import forms
from tests.commands.words import (
    CREDENTIALS,
    MANIFESTS,
    Outside,
    conference,
    fabric_room,
    manifest,
    room,
    write_manifests,
)
from tests.effort import examples

MARK = "given-back"
SPELLINGS = {
    "as it is": str,
    "for a URL": lambda value: quote(value, safe=""),
    "for HTML": html.escape,
    "for JSON": lambda value: json.dumps(value)[1:-1].replace("/", "\\/"),
    "in hex": lambda value: value.encode().hex(),
    "in base64": lambda value: base64.b64encode(value.encode()).decode(),
    "in base64 among others": lambda value: base64.urlsafe_b64encode(
        f"a{value}b".encode()
    ).decode(),
    "in upper case": str.upper,
    "in a sentence": "the word is {}.".format,
    "twice": lambda value: quote(quote(value, safe=""), safe=""),
}
# Unlike anything else that is printed, and allowed as a name, so that it can be one.
NAMES = st.text("abcXYZ0189_-", max_size=12).map("q7Zk{}w9".format)
VALUES = NAMES | st.text("abcé話😀 /+&<>\"'%\\`|*_{}[]()#!:;,.=?~^$", max_size=12).map(
    "q7Zk{}w9".format
).filter(lambda text: "${" not in text and text == text.strip())


class GivingBack:
    """A local Space in whose answers a text stands in place of the mark, and in further places."""

    def __init__(self, space):
        self.space = space
        self.text = ""

    def now(self):
        return self.space.now()

    def _changed(self, value):
        if isinstance(value, dict):
            changed = {name: self._changed(item) for name, item in value.items()}
            if "display_name" in value or "layout" in value or "start_time" in value:
                changed |= {"note": self.text, self.text: {"in": [self.text]}, "number": 1}
            for name in ("updated_at", "start_time", "scopes", "resource_id"):
                if name in value:
                    changed[name] = [self.text] if name == "scopes" else self.text
            if changed.get("preview_url"):
                changed["preview_url"] = f"https://{self.text}.example.com/{self.text}"
            return changed
        if isinstance(value, list):
            return [self._changed(item) for item in value]
        return value.replace(MARK, self.text) if isinstance(value, str) else value

    def __call__(self, environ, start_response):
        head = []
        parts = self.space(environ, lambda *words: head.extend(words) or (lambda _: None))
        body = b"".join(parts)
        if self.text and head[0].startswith("2") and body[:1] in (b"{", b"["):
            body = json.dumps(self._changed(json.loads(body))).encode()
        headers = [(name, value) for name, value in head[1] if name.lower() != "content-length"]
        start_response(head[0], [*headers, ("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def giving_back(kinds, stack, monkeypatch, new_folder):
    """Serve a Space that gives back what it is told to; begins anew in a folder of its own for each value."""

    def begin(value, number):
        space = create_space(":memory:", kinds=kinds)
        stack.callback(space.close)
        outside, giver = Outside(space, kinds), GivingBack(space)
        server = stack.enter_context(serve(giver, port=0))
        monkeypatch.setenv("SIGNALWIRE_SPACE", f"127.0.0.1:{server.port}")
        monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", CREDENTIALS[0])
        monkeypatch.setenv("SIGNALWIRE_API_TOKEN", CREDENTIALS[1])
        monkeypatch.setenv("GREETING", value)
        new_folder(number)
        return giver, outside

    return begin


def live_a_life(outside):
    """Declare, apply, and have somebody else put the mark wherever a text may stand."""
    write_manifests(
        room("declaring", description="Say ${env:GREETING} to all"),
        room("lobby", description="shown", meta={"k": "t"}, enable_room_previews=True),
        room("released", description="once", meta={"a": "b"}),
        conference("hall", display_name="Hall"),
        fabric_room("wide", display_name="Wide"),
        manifest("Role", "host", permissions=["room.lock"]),
    )


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_it_is_shown(giving_back, reconciler, done, spelling):
    giver, outside = giving_back("q7Zk_Gr33ting-w9", 0)
    _prepared(outside, done)
    giver.text = SPELLINGS[spelling]("q7Zk_Gr33ting-w9")

    for words in (
        ("plan", MANIFESTS, "--unmanaged", "-v"),
        ("plan", MANIFESTS, "--unmanaged", "--format", "json", "--out", "plan.json"),
        ("drift", MANIFESTS, "--unmanaged", "--format", "html"),
    ):
        result = reconciler(*words)
        assert result.code in (0, 2), result.err
        assert leaks(result.out + result.err, "q7Zk_Gr33ting-w9") == []
    assert files_with("q7Zk_Gr33ting-w9") == {}


def _prepared(outside, done):
    live_a_life(outside)
    done("apply", MANIFESTS, "--yes")
    for kind in ("Room", "Conference"):
        outside.create(kind, name=f"foreign-{kind}", description=MARK, display_name=MARK)
    outside.space.set_fields("Room", "lobby", description=MARK, meta={MARK: [MARK], "k": MARK})
    outside.space.set_fields("Room", "released", description=f"x {MARK}", meta=[MARK])
    outside.space.set_fields("Conference", "hall", display_name=MARK, description=MARK)
    outside.stream_to("Room", "lobby", f"rtmp://live.example.com/{MARK}")
    for name in ("lobby", "released"):
        outside.space.start_session("Room", name, members=2)


def leaks(text, value):
    """Spellings of the value in a text: everything that could be read back."""
    spelled = {*forms(value), *(spell(value) for spell in SPELLINGS.values())}
    return sorted(form for form in spelled if len(form) >= 8 and form in text)


def files_with(value):
    """The files that hold the value, except the manifests' own folder of the test."""
    found = {}
    for path in Path().rglob("*"):
        if path.is_file():
            wrong = leaks(path.read_bytes().decode("utf-8", "replace"), value)
            if wrong:
                found[str(path)] = wrong
    return found


EVENTS = ("--log-format", "json")
REPORTS = ("--report", "r.html", "--report", "r.md")
COMMANDS = (
    *(
        ("plan", MANIFESTS, "--unmanaged", "-v", "--format", form)
        for form in ("text", "json", "markdown", "html")
    ),
    ("plan", MANIFESTS, "--unmanaged", "--out", "plan.json", *REPORTS, *EVENTS, "--debug"),
    *(("show", "plan.json", "--format", form) for form in ("text", "json", "markdown", "html")),
    *(("show", "--path", MANIFESTS, "-v", "--format", form) for form in ("text", "json")),
    ("show", "ConferenceRoom/wide", "--path", MANIFESTS),
    *(
        ("drift", MANIFESTS, "--unmanaged", "-v", "--format", form)
        for form in ("text", "json", "markdown", "html", "junit", "sarif")
    ),
    ("drift", MANIFESTS, "--report", "d.html", "--report", "d.xml", "--report", "d.sarif", *EVENTS),
    *(("previews", "--path", MANIFESTS, "--format", form) for form in ("text", "json")),
    ("previews", "--path", MANIFESTS, "--html", "p.html"),
    *(("tokens", "list", "hall", "-v", "--format", form) for form in ("text", "json")),
    ("tokens", "reset", "hall/nothing", "--yes"),
    ("tokens", "mint", "lobby", "--user", "u", "--role", "host", "--path", MANIFESTS),
    ("import", "--all", "--out", "imported", "--full", *EVENTS),
    ("import", "Room/nothing", "--out", "imported"),
    ("pull", "--all", "--dry-run", MANIFESTS),
    ("pull", "--all", "--yes", MANIFESTS, *EVENTS),
    ("watch", MANIFESTS, "--rounds", "1", "--metrics", "w.prom"),
    ("watch", MANIFESTS, "--rounds", "1", "--apply"),
    ("apply", MANIFESTS, "--yes", "--format", "json", "--allow-live", "Room=2", *EVENTS),
    ("apply", MANIFESTS, "--yes", "--allow-live", "Room=2", "--debug"),
    ("state", "list"),
    ("state", "pull"),
    ("doctor", *EVENTS),
    ("destroy", MANIFESTS, "--yes", "--format", "json"),
    ("destroy", "--yes", "--allow-live", "Room=2"),
)
NUMBERS = iter(range(1, 1_000_000))


@settings(
    max_examples=examples(16),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=(Phase.explicit, Phase.generate),  # an example is dear: none is made smaller
)
@given(VALUES, st.sampled_from(list(SPELLINGS)))
@pytest.mark.long
def test_it_is_in_no_output_and_no_file_of_any_command(
    giving_back, reconciler, done, value, spelling
):
    giver, outside = giving_back(value, next(NUMBERS))
    _prepared(outside, done)
    giver.text = SPELLINGS[spelling](value)

    wrong = []
    for words in COMMANDS:
        result = reconciler(*words)
        found = leaks(result.out + result.err, value)
        if found:
            at = (result.out + result.err).index(found[0])
            shown = (result.out + result.err)[max(0, at - 150) : at + 50]
            wrong.append(f"{' '.join(words)}: {shown!r}")
    assert wrong == [], "\n".join(wrong)
    assert files_with(value) == {}
    shutil.rmtree(Path.cwd())


VALUE = "q7Zk_Gr33ting-w9"


@pytest.fixture
def greeted(space, apply, monkeypatch):
    """A Space in which a room declares the value, and another room does not."""
    monkeypatch.setenv("GREETING", VALUE)
    apply(room("declaring", description="Say ${env:GREETING} to all"), room("lobby", layout="3x3"))
    return space


def test_a_room_that_was_renamed_to_it_gets_its_name_back(greeted, done, reconciler):
    own = greeted.get("Room", "lobby")["id"]
    greeted.ask("PUT", f"/rooms/{own}", {"name": f"lobby-{VALUE}"})
    runs = [
        reconciler("pull", "--all", "--yes", MANIFESTS),
        reconciler("drift", MANIFESTS),
        done("apply", MANIFESTS, "--yes"),
    ]

    assert [(one.code, leaks(one.out + one.err, VALUE)) for one in runs] == [
        (4, []),
        (2, []),
        (0, []),
    ]
    assert files_with(VALUE) == {}
    assert greeted.names() == {"Room/declaring", "Room/lobby"}


def test_import_writes_a_variable_in_its_place(greeted, done):
    there = greeted.create("Room", name="theirs", description=VALUE, meta={"k": [VALUE]})
    greeted.create("Room", name=f"theirs-{VALUE}")
    imported = done("import", "--all", "--out", "imported")

    text = Path("imported/rooms/theirs.yaml").read_text()
    assert "description: ${env:ROOM_THEIRS_DESCRIPTION}" in text
    assert "meta:" not in text
    assert leaks(imported.out + imported.err, VALUE) == []
    assert files_with(VALUE) == {}
    assert greeted.get("Room", "theirs")["description"] == there["description"]


def test_a_name_that_the_manifests_or_the_record_have_stays(
    space, apply, done, declare, monkeypatch
):
    monkeypatch.setenv("STAGE", "production")
    staged = room("stage", description="On ${env:STAGE}")
    apply(staged, room("production-hall"), room("production-lobby"))
    declare(staged, room("production-hall"))

    shown = done("plan", MANIFESTS)

    assert "- Room/production-lobby" in shown.out
    assert "renamed" not in shown.out
    assert done("apply", MANIFESTS, "--yes").code == 0
    assert space.names() == {"Room/stage", "Room/production-hall"}


def test_what_the_manifest_shows_is_shown(space, apply, plan, declare, monkeypatch):
    monkeypatch.setenv("STAGE", "production")
    staged = room("stage", description="On ${env:STAGE}")
    apply(staged, room("a", display_name="production", description="x"))
    space.change("Room", "a", description="production")
    declare(staged, room("a", display_name="production", description="production"))

    assert plan()["actions"] == []


def test_a_short_value_hides_no_words(space, apply, plan, monkeypatch):
    monkeypatch.setenv("STAGE", "on")
    apply(room("a", description="${env:STAGE}"), room("b", description="x"))
    space.change("Room", "b", description="on and on")

    assert plan()["actions"][0]["changes"][0]["before"] == "on and on"


def test_a_put_sends_what_it_read_and_not_what_is_shown(greeted, done, declare):
    greeted.space.set_fields("Room", "lobby", description=f"my {VALUE}")
    declare(
        room("declaring", description="Say ${env:GREETING} to all"), room("lobby", layout="2x2")
    )
    done("apply", MANIFESTS, "--yes")

    assert greeted.get("Room", "lobby")["description"] == f"my {VALUE}"
    assert greeted.get("Room", "lobby")["layout"] == "2x2"
