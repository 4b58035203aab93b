"""What is read line by line has the values and places that the YAML parser gives, or is left to it."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.document import MAX_NODES, Text
from reconciler.manifest.parse.builder import read_precisely
from reconciler.manifest.parse.fast import try_parse
from reconciler.manifest.parse.plain_lines import PlainReader, Unsure
from reconciler.manifest.parse.scalars import UnusableScalar

ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata:\n  name: a\nspec:\n  layout: 2x2\n"
# Harmless pieces of lines, and those that YAML gives a meaning.
INDENTS = ["", "", "", "  ", "  ", "  ", "    ", "    ", " ", "   ", "\t", "      "]
KEYS = ["A" * 101, "", "a b", "- a", "? a", "a\u200b"]
KEYS += [
    "a",
    "b",
    "c",
    "d",
    "name",
    "a-b",
    "_a",
    "on",
    "yes",
    "null",
    "true",
    "~",
    "1",
    "0x1",
    "<<",
]
KEYS += ["'q'", '"d"', "-", "?", "é", "a:b", "a#b", "%a", "&x", "*x"]
COLONS = [": ", ": ", ": ", ": ", ":", ":  ", " : ", ": \t", "", ":\n", "::"]
VALUES = ["x ", "x\t", "9" * 65, "", "'x' ", "\u3164", '"\u3164"', "\u200b", "\ufeff", "\xa0"]
VALUES += ["\x85", "\u2028", "\x07", '"\u202e"', "a\u2028b"]
VALUES += (
    r"""
x|a b|a  b|a:b|a: b|a:|a #b|a# b|#b|1|-1|+1|1.5|.5|1.|0x1F|0o7|1e3|1e999|.inf|~|null|true|no|1:30
2027-01-01|2026-01-01T00:00:00Z|rtmp://x/y?z#w|a, b|a]|a}|''|""|'x'|"x"|'it''s'|'a' b|'a' # b
"a\nb"|"\u202e"|'|"|'a: b # c'|"#0CA678"|{}|[]|{a: b}|{a: b, c: 1}|{a: b, a: c}|{a: null}|{null: a}
{a: 1e999}|[a]|[a, 1, true]|[a,b]|[ a ]|[a|{a: b|{a: b} # c|{a: {b: c}}|[[a]]|{a: ${env:A}}|[-a]
[a/b, a.b]|{a:b}|{a}|[a: b]|>-|!x|&x|*x|@a|`a|%a|- a|-a|? a|?a|: a|:a|${env:A}|$${|(a)|/a|é|😀|日本
\|a\nb|--- a|...|---""".strip()
    .replace("\n", "|")
    .split("|")
)
REST = ["", " ", "# c", "  # c", "\t# c", "#\u200b", "--- ", "--- # c", "|", "  |"]
REST += [
    "---",
    "---",
    "---",
    "--- a",
    "...",
    "%YAML 1.2",
    "#c",
    "- a",
    "  - a",
    "  - a: b",
    "a",
    "  a",
    "{a: b}",
    "[",
    "}",
    "'",
]
LINES = st.one_of(
    st.tuples(*map(st.sampled_from, (INDENTS, KEYS, COLONS, VALUES))).map("".join),
    st.sampled_from(REST),
)
PLAIN = st.tuples(
    st.sampled_from(["", "", "  ", "    "]),
    st.sampled_from("abcdefgh"),
    st.just(":"),
    st.sampled_from(
        [
            "",
            "",
            " x",
            " 1",
            " {a: b}",
            " [a, b-c, d]",
            " {a: é}",
            "  {a: b, c: d}",
            " ${env:A}",
            " # c",
            " 'x'",
            ' "日本 x"',
            " é😀 x",
            "   x:y",
        ]
    ),
).map("".join)
ENDINGS = st.sampled_from(["\n", "\n", "\n", "\n", "\r\n"])


def _text(parts, ending):
    return ending.join(parts) + ending


TEXTS = st.one_of(
    st.builds(_text, st.lists(st.one_of(PLAIN, PLAIN, PLAIN, LINES), max_size=14), ENDINGS),
    st.builds(_text, st.lists(st.one_of(PLAIN, st.just("---")), max_size=14), ENDINGS),
    st.builds(
        lambda lines, last: "\n".join(lines) + last,
        st.lists(LINES, max_size=6),
        st.sampled_from(VALUES),
    ),
)


def _seen(documents):
    return [
        (one.value, repr(one.value), one.mark, one.number, one.templated, one.gaps)
        for one in documents
    ]


@given(TEXTS)
def test_any_lines_are_the_same_as_by_the_parser(text):
    file = Text("x.yaml", text)
    quick = try_parse(file)
    careful, problems, whole = read_precisely(file, as_json=False)

    assert quick is None or (_seen(quick), problems, whole) == (_seen(careful), [], True)


def _by_lines(text, ending="\n"):
    return PlainReader(ending).document(text, 0, 0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (ROOM, {"spec": {"layout": "2x2"}}),
        (ROOM.replace("\n", "\n\n# c\n"), {"spec": {"layout": "2x2"}}),
        (f"{ROOM}  max_members: 15\n", {"spec": {"layout": "2x2", "max_members": 15}}),
        (f"{ROOM}  layouts: [a, 1]\n", {"spec": {"layout": "2x2", "layouts": ["a", 1]}}),
        (f"{ROOM}  meta: {{a: b}}\n", {"spec": {"layout": "2x2", "meta": {"a": "b"}}}),
        (f"{ROOM}  colour: '#FFF'\n", {"spec": {"layout": "2x2", "colour": "#FFF"}}),
    ],
)
def test_manifests_of_the_common_form_are_read_by_lines(text, value):
    head = {"apiVersion": "reconciler.dev/v1", "kind": "Room", "metadata": {"name": "a"}}

    assert _by_lines(text).value == _by_lines(f"---\n{text}").value == {**head, **value}


@pytest.mark.parametrize("line", ["a: {b: c}", "a: [b]"])
def test_documents_with_the_same_line_have_collections_of_their_own(line):
    one, other = (one.value["a"] for one in try_parse(Text("x.yaml", f"{line}\n---\n{line}\n")))

    assert one == other
    assert one is not other


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_places_are_right_on_both_sides_of_a_document_that_the_parser_reads(ending):
    lines = ["# c", "---", "a: 1", "---", "b:", "- x", "--- # c", "- y", "---", "c:", "  d: 2", ""]
    file = Text("x.yaml", ending.join(lines))
    documents = try_parse(file)

    assert [one.value for one in documents] == [{"a": 1}, {"b": ["x"]}, ["y"], {"c": {"d": 2}}]
    assert [one.mark for one in documents] == [
        one.mark for one in read_precisely(file, as_json=False)[0]
    ]
    assert documents[3].mark.inside["c"][2].inside["d"][:2] == (11, 3)


@pytest.mark.parametrize(
    "text",
    [
        *("a: b\na: c\n", "a:\n", "a:\nb: c\n", "a:\n  b: c\n d: e\n", "a: b\n  c: d\n", "a: b\n  c\n"),
        *("a: b # c\n", "a: - b\n", "a: 'b\n  c'\n", "a:\n- b\n", "a: 1e999\n", "a: b\r\n", "\ta: b\n"),
        *("---\n", "---\n# c\n", "...\n", "%YAML 1.2\n", "a: {b: c, b: d}\n", "null: a\n", "a: b\u2028\n"),
        "".join(f"{'  ' * level}a:\n" for level in range(40)) + "  " * 40 + "a: b\n",
    ],
)  # fmt: skip
def test_everything_else_is_left_to_the_parser(text):
    with pytest.raises((Unsure, UnusableScalar)):
        _by_lines(text)


def test_a_file_that_may_have_too_many_values_is_left_to_the_parser():
    lines = "#\n" * (MAX_NODES // 2)

    assert try_parse(Text("x.yaml", f"a: b\n{lines}")) is None


def test_a_reference_marks_its_document_alone():
    text = "a: ${env:A}\n---\na: b\n---\na: ${env:A}\n---\nmeta: {a: b}\n# ${env:A}\n"

    assert [one.templated for one in try_parse(Text("x.yaml", text))] == [True, False, True, False]


@pytest.mark.parametrize(("rest", "loaded"), [("", "False"), ("  streams: [{url: x}]\n", "True")])
def test_the_yaml_library_is_imported_for_documents_of_another_form_alone(rest, loaded):
    program = f"""
import sys
from reconciler.manifest.document import Text
from reconciler.manifest.parse.documents import read_documents
documents, _, _ = read_documents(Text("x.yaml", {ROOM + rest!r}))
assert documents[0].mark.line == 1
print("yaml" in sys.modules)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == loaded
