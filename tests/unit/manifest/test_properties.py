"""Whatever text comes in, nothing is raised; and what is declared is what comes out."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import catalog
from reconciler.core.text import hidden_characters
from reconciler.manifest.load import load
from tests.effort import examples

KINDS = catalog.kinds()
SETTINGS = settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)

LINES = """\
apiVersion: reconciler.dev/v1
kind: Room
kind: Conference
kind: Preset
metadata:
  name: a
  labels: {x: y}
spec:
  layout: 2x2
  presets: [a, b]
  meta: {a: [1, {b: ~}]}
  streams:
    - url: ${env:A}
    - url: rtmp://x/y
  theme: a
  join_from: 2027-01-01
  join_until: 2026-01-01T00:00:00Z
---
...
%YAML 1.2
"""
SIGNS = [
    "&a ",
    "*a ",
    "<<: ",
    "!x ",
    "? ",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "'",
    '"',
    "#",
    "\t",
    " ",
    "\n",
    "\r",
    "\\u202e",
    "$${",
    "${var:",
    "~",
    ".nan",
    "0x",
    "1e999",
    "é",
    "\u200b",
    "\x00",
    "😀",
]
PIECES = [*LINES.splitlines(keepends=True), *SIGNS, "|\n", ">\n"]

texts = st.one_of(
    st.text(),
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
)
visible = st.text(st.characters(codec="utf-8", exclude_characters="$"), max_size=30).filter(
    lambda text: not hidden_characters(text)
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | visible,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(visible, inner, max_size=4),
    max_leaves=12,
)
names = st.from_regex(r"[A-Za-z0-9_-]{1,30}", fullmatch=True)
rooms = st.fixed_dictionaries(
    {},
    optional={
        "display_name": visible,
        "description": visible | st.none(),
        "max_members": st.integers(1, 300),
        "quality": st.sampled_from(["720p", "1080p"]),
        "layout": st.sampled_from(["5up", "2x2", "10x10"]),
        "meta": st.dictionaries(visible, values, max_size=4).filter(
            lambda meta: len(json.dumps(meta, ensure_ascii=False)) < 1900
        )
        | st.none(),
        "record_on_start": st.booleans(),
        "join_from": st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds") + "Z")
        | st.dates().map(str)
        | st.none(),
    },
)


def loaded_from(content, name="-"):
    return load(
        [name],
        kinds=KINDS,
        variables={"v": "x"},
        environment={"A": "rtmp://x/y"},
        stdin=lambda: content,
    )


@SETTINGS
@given(texts)
def test_no_text_raises(text):
    loaded = loaded_from(text.encode("utf-8", "surrogatepass"))
    assert loaded.desired or loaded.fragments or loaded.problems
    assert all(problem.place.line >= 1 and problem.place.column >= 1 for problem in loaded.problems)


@SETTINGS
@given(st.binary())
def test_no_bytes_raise(content):
    assert loaded_from(content).problems


@SETTINGS
@given(name=names, spec=rooms, ascii_only=st.booleans(), indent=st.sampled_from([None, 2]))
def test_what_is_dumped_loads_back(name, spec, ascii_only, indent, tmp_path_factory):
    manifest = {
        "apiVersion": "reconciler.dev/v1",
        "kind": "Room",
        "metadata": {"name": name},
        "spec": spec,
    }
    text = json.dumps(manifest, ensure_ascii=ascii_only, indent=indent)
    path = tmp_path_factory.mktemp("round") / "room.json"
    path.write_text(text, encoding="utf-8")
    loaded = loaded_from(b"", str(path))
    assert loaded.problems == ()
    assert json.dumps(loaded.desired[0].attributes, sort_keys=True) == json.dumps(
        spec, sort_keys=True
    )
    assert loaded.desired[0].address == ("Room", name)


@SETTINGS
@given(name=names, spec=rooms)
def test_json_in_a_yaml_file_means_the_same(name, spec):
    manifest = {
        "apiVersion": "reconciler.dev/v1",
        "kind": "Room",
        "metadata": {"name": name},
        "spec": spec,
    }
    loaded = loaded_from(json.dumps(manifest, ensure_ascii=False).encode())
    assert [json.dumps(one.attributes, sort_keys=True) for one in loaded.desired] == [
        json.dumps(spec, sort_keys=True)
    ] or any(
        "nothing" in problem.message
        or "never closed" in problem.message
        or "key" in problem.message
        for problem in loaded.problems
    )
