import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import catalog
from reconciler.core.text import hidden_characters
from reconciler.manifest.document import Source
from reconciler.manifest.formatting.document import formatted
from reconciler.manifest.formatting.emitter import manifest_text
from reconciler.manifest.load import load
from reconciler.manifest.parse.decoding import decode
from reconciler.manifest.parse.documents import read_documents
from tests.effort import examples

KINDS = catalog.kinds()

LOBBY = {
    "apiVersion": "reconciler.dev/v1",
    "kind": "Room",
    "metadata": {"name": "on", "labels": {"team": "growth"}, "protect": True},
    "spec": {
        "presets": ["webinar", "720p"],
        "display_name": "Lobby: #1",
        "description": "First.\n\n  Second.",
        "max_members": 20,
        "quality": "720p",
        "join_from": "2027-01-31T09:00:00Z",
        "remove_at": None,
        "meta": {
            "on": [],
            "": {},
            "deep": [[1, 2.5], {"a": [{"b": None, "c": True}]}],
            "big": 1e300,
        },
        "streams": [{"url": "${env:LOBBY_RTMP}"}],
    },
}

LOBBY_TEXT = """\
apiVersion: reconciler.dev/v1
kind: Room
metadata:
  name: "on"
  labels:
    team: growth
  protect: true
spec:
  presets:
    - webinar
    - 720p
  display_name: "Lobby: #1"
  description: |-
    First.

      Second.
  max_members: 20
  quality: 720p
  join_from: "2027-01-31T09:00:00Z"
  remove_at: null
  meta:
    "on": []
    "": {}
    deep:
      - - 1
        - 2.5
      - a:
          - b: null
            c: true
    big: 1.0e+300
  streams:
    - url: ${env:LOBBY_RTMP}
"""


def read(text):
    characters, problems = decode(Source("m.yaml", text.encode()))
    documents, faults, _ = read_documents(characters)
    assert problems + faults == []
    return [document.value for document in documents]


def test_the_canonical_style():
    assert manifest_text(LOBBY) == LOBBY_TEXT


def test_the_canonical_style_is_that_of_fmt():
    assert formatted(Source("m.yaml", LOBBY_TEXT.encode()), KINDS) == LOBBY_TEXT.encode()


def test_a_manifest_that_was_written_loads():
    loaded = load(
        ["-"],
        kinds=KINDS,
        variables={},
        environment={"LOBBY_RTMP": "rtmp://host/key"},
        stdin=_without_presets,
    )
    assert loaded.problems == ()


def _without_presets():
    return manifest_text(
        LOBBY | {"spec": {key: value for key, value in LOBBY["spec"].items() if key != "presets"}}
    ).encode()


def test_documents_are_parted_by_dashes_and_none_lead():
    assert manifest_text({"a": 1}, {"b": {}}) == "a: 1\n---\nb: {}\n"


@pytest.mark.parametrize(
    "text",
    [
        "town hall",
        "1x1",
        "720p",
        "5up",
        "${env:X}",
        "$${",
        "a:b",
        "a#b",
        "https://x.example/?a=b",
        "Ünïcode 🙂",
        "x - y",
        "<b>",
        "007x",
    ],
)
def test_what_every_reader_takes_for_this_text_has_no_quotes(text):
    assert manifest_text({"a": text}) == f"a: {text}\n"


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            " ",
            "a ",
            " a",
            "a: b",
            "a:",
            "a #b",
            "a\tb",
            "a\r",
            "...",
            "---",
            "9" * 100,
            "'a'",
            '"a"',
        ],
        *["#044EF4", "- a", "-", "? a", "[a", "{a", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a"],
        *[
            "on",
            "No",
            "y",
            "N",
            "true",
            "TRUE",
            "null",
            "~",
            "<<",
            "=",
            "1",
            "1.10",
            "007",
            "0x1F",
            "0o17",
            "1e3",
            "1_000",
            "12:30",
            ".5",
            ".nan",
            "-.inf",
            "2022-01-01",
            "2022-01-01T00:00:00Z",
        ],
    ],
)
def test_what_some_reader_would_take_for_something_else_is_quoted(text):
    written = manifest_text({"a": [text], text: text})
    assert written.startswith('a:\n  - "')
    assert read(written) == list(yaml.safe_load_all(written)) == [{"a": [text], text: text}]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\nb", "k: |-\n  a\n  b\n"),
        ("a\nb\n", "k: |\n  a\n  b\n"),
        ("a\n\n# b", "k: |-\n  a\n\n  # b\n"),
        ("a\n", 'k: "a\\n"\n'),
        ("a\nb\n\n", 'k: "a\\nb\\n\\n"\n'),
        (" a\nb", 'k: " a\\nb"\n'),
        ("\na\nb", 'k: "\\na\\nb"\n'),
        ("a \nb", 'k: "a \\nb"\n'),
        ("a\r\nb", 'k: "a\\r\\nb"\n'),
        ("a\tb\nc", 'k: "a\\tb\\nc"\n'),
    ],
)
def test_lines_are_a_block_where_a_block_keeps_them(text, written):
    assert manifest_text({"k": text}) == written
    assert read(written) == [{"k": text}]


def test_a_block_in_a_list_stands_below_its_dash():
    assert (
        manifest_text({"k": ["a\nb", ["c\nd"]]})
        == "k:\n  - |-\n    a\n    b\n  - - |-\n      c\n      d\n"
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(ValueError, match="not a number that JSON can hold"):
        manifest_text({"a": value})


TEXTS = st.text(max_size=20).filter(lambda text: not hidden_characters(text)) | st.text(
    "a: #-\n'\"|>[]{}&*!?,yes0.", max_size=8
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=examples(300), deadline=None)
@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
def test_both_readers_take_what_was_written_for_the_same(document):
    written = manifest_text(document)
    assert written.endswith("\n")
    assert not any(line != line.rstrip(" ") for line in written.splitlines())
    assert (
        json.dumps(read(written)[0]) == json.dumps(yaml.safe_load(written)) == json.dumps(document)
    )
    assert formatted(Source("m.yaml", written.encode()), KINDS) == written.encode()
