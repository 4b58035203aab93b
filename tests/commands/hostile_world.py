"""A world of hostile texts: manifests, paths, variables and a Space whose answers hold them; and how each format is read."""

import functools
import json
import os
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from reconciler.localspace import Fault, Settings, create_space
from tests.commands.words import Outside, conference, manifest, room
from tests.unit.reports.test_markdown import ACTIVE, OWN_HTML, live_text, tokens

SEEN = "evilword"  # every text has it: where it is not seen, a text was not shown
CANARY, STREAM, TOKEN, LOBBY = (
    "canary-of-a-variable",
    "canary+of/a-stream",
    "PTcanary-of-the-token",
    "canary-of-the-lobby",
)
MARK = "wild"
HIDDEN = (
    *("\x1b[31m", "\x1b]8;;http://evil.example\x07", "\x07", "\x08", "\x7f", "\x9b2J", "\r", "\t"),
    *("\n", "\u2028", "\u2029", "\x85", "\u202e", "\u2066", "\u200b", "\ufeff", "\u061c", "\u00ad"),
    *("\U000e0041", "\ufe01", "\u034f", "\ud800", "\x00"),
)
LINES = ("\nevil-line", "\r\nevil-line", "\n::set-output name=a::evil", "\n##[group]evil")
ORDERS = (
    *("::set-output name=a::evil", "::error::evil", "##[group]evil", "##vso[task.evil]"),
    *(
        "<i-evil onerror=evil()>",
        "</script><i-evil>",
        "\" onmouseover='evil()' x=\"",
        "-->",
        "&lt;",
    ),
    *("]]>", "<![CDATA[", "<!--", "<failure>", "</testcase><evil/>", '"} 1\nevil_metric 2\n'),
    *("@evil", "[x](http://evil.example)", "![x](http://evil.example)", "```", "~~~", "|a|b|"),
    *("# evil", "<details>", "=cmd|'/C evil'!A0", '","evil', "javascript:evil()", "${env:EVIL}"),
    *("%0A::error::evil", "{{ evil }}", "\\", "'", "$(evil)", "é", "話"),
)
PARTS = st.sampled_from(HIDDEN + LINES + ORDERS) | st.text(st.characters(), max_size=4)
TEXTS = st.lists(PARTS, min_size=1, max_size=5).map(lambda parts: SEEN + "".join(parts))
EMOJI_OR_ARABIC = re.compile("[\u200c\u200d]")  # joiners are left where a script needs them
XML_ELEMENTS = {
    *("testsuites", "testsuite", "testcase", "failure", "error", "skipped"),
    *("properties", "property", "system-out", "system-err"),
}


class Distorted:
    """A local Space in whose answers another text stands in place of the mark."""

    def __init__(self, space):
        self.space = space
        self.text = MARK

    def now(self):
        return self.space.now()

    def __call__(self, environ, start_response):
        head = []
        parts = self.space(environ, lambda *words: head.extend(words) or (lambda _: None))
        body = b"".join(parts)
        shown = json.dumps(self.text).encode()
        body = body.replace(b'"%s"' % MARK.encode(), shown).replace(b'"guest"', shown)
        headers = [(name, value) for name, value in head[1] if name.lower() != "content-length"]
        start_response(head[0], [*headers, ("Content-Length", str(len(body)))])
        return [body]


def space_of(kinds, credentials):
    """A Space with a foreign room, and what somebody else's hand needs."""
    space = create_space(":memory:", kinds=kinds, credentials=credentials)
    return Distorted(space), Outside(space, kinds)


def in_json(text):
    """The text as a Space can send it: without lone surrogates."""
    return "".join(char for char in text if not "\ud800" <= char <= "\udfff")


def refusing(text):
    """Every request about rooms is refused in words of the Space."""
    text = in_json(text)
    errors = [{"type": text, "code": text, "message": text, "attribute": text, "url": text}]
    fault = Fault(method="*", path_regex="rooms", status=422, body=json.dumps({"errors": errors}))
    return Settings(faults=(fault,))


def file_name(text):
    """The text as the name of a file or folder."""
    usable = re.sub("[/\x00\ud800-\udfff]", "-", text)
    return "x" + usable.encode()[:150].decode("utf-8", "ignore")


def visible(text):
    """The characters of the text that a manifest may hold."""
    return "".join(
        char for char in text if char.isprintable() and unicodedata.category(char)[0] not in "MC"
    )


def declared(text):
    """Manifests that are valid, with the text wherever it is allowed."""
    shown = visible(text).replace("${", "$ {")[:80]
    return (
        room("a", description=shown, meta={SEEN: [shown]}, streams=[{"url": "${env:HALL_RTMP}"}]),
        room("b", description="On ${env:STAGE}"),
        room("lobby", meta={"from": "${env:STAGE}"}, enable_room_previews=True),
        conference("hall", display_name=shown or SEEN),
        manifest("Role", "host", permissions=["room.lock"]),
    )


def write_invalid(folder, text):
    """Manifests that are refused, with the text in names, keys, values and comments."""
    bad = [
        room(text, description=text, labels={text: text}),
        room("ok", **{text: text}),
        manifest(text, "x"),
        room("old", renamed_from=text),
        room("var", description="${env:" + text + "}${var:x}"),
        room("hidden", description="${env:WILD}"),
    ]
    (folder / "bad.yaml").write_text("\n---\n".join(map(json.dumps, bad)))
    raw = text.encode("utf-8", "replace").decode()
    (folder / "raw.yaml").write_text(
        f"# {raw}\napiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {{name: c}}\n"
        f"spec:\n  description: |-\n    ::error::{SEEN}\n    {raw}\n",
        encoding="utf-8",
        newline="",
    )


def write_untidy(file, text):
    """A valid manifest that fmt changes, with lines that a CI runner would obey."""
    inside = "".join(char for char in text if char.isprintable())
    file.write_text(
        "# a comment\n# ::error::evil\napiVersion:   reconciler.dev/v1\nkind: Room\nmetadata:\n"
        f"    name:   untidy\nspec:\n    description: |-\n        ::set-output name=a::{SEEN}\n"
        f"        ##[group]{SEEN}\n        x{inside}\n    layout:   2x2\n",
        encoding="utf-8",
        errors="replace",
        newline="",
    )


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.wrong = []

    def handle_starttag(self, tag, attributes):
        for name, value in [(tag, ""), *attributes]:
            link = name in ("href", "src") and re.search("evil|javascript:", value or "")
            if link or re.match("i-evil|on|evil", name):
                self.wrong.append((tag, name, value))


def _html(text):
    page = _Page()
    page.feed(text)
    page.close()
    assert page.wrong == []


def _xml(text):
    assert {one.tag for one in ET.fromstring(text).iter()} <= XML_ELEMENTS  # noqa: S314  # our own


def _metrics(text):
    assert {one.name[:11] for one in text_string_to_metric_families(text)} == {"reconciler_"}


def _markdown(text):
    for token in tokens(text):
        assert token.type not in ACTIVE - {"list_item_open"}, token
        if token.type in ("html_block", "html_inline"):
            assert OWN_HTML.sub("", token.content) == "", token.content
    assert not re.search(r"@|https?:|www\.|evil", live_text(text))


def _json(text):
    json.loads(text)


def _lines(text):
    for line in text.splitlines():
        json.loads(line)


READ = {
    "html": _html,
    "junit": _xml,
    "xml": _xml,
    "json": _json,
    "sarif": _json,
    "markdown": _markdown,
    "md": _markdown,
    "prom": _metrics,
    "lines": _lines,
}


@functools.cache
def _raw():
    """What acts on a terminal or is not seen: made where it is used, since that reads Unicode's whole table."""
    return re.compile(
        "["
        + "".join(
            re.escape(chr(code))
            for code in range(0x110000)
            if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp", "Cs")
            and chr(code) != "\n"
        )
        + "\ufe01\u034f]"
    )


def wrong_in(text, form):
    """What a terminal, a browser or a runner would obey, or a reader of the format not understand."""
    found = _raw().search(EMOJI_OR_ARABIC.sub("", text))
    if found:
        return f"{found.group()!r} in {text[max(0, found.start() - 80) : found.end() + 20]!r}"
    for line in text.splitlines():
        if line.lstrip(" +-").startswith("::") or re.search(r"##(vso)?\[", line):
            return f"the order {line!r}"
        if line.startswith("evil-line"):  # an error's further lines are indented
            return f"the line {line!r}"
    try:
        READ.get(form, str)(text) if text else None
    except (AssertionError, ValueError, ET.ParseError) as error:
        return f"{form} is not {form}: {error!r} {text[:200]}"
    return ""


def files(*leave_out):
    """The texts of all files below the working folder, but those of ``leave_out``."""
    found = {}
    for folder, _, names in os.walk("."):
        for name in names:
            path = Path(folder, name)
            if not any(path.is_relative_to(one) for one in leave_out):
                found[path] = path.read_bytes().decode("utf-8", "replace")
    return found
