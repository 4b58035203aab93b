"""Files in order are read without marks, which are found later: the same documents as with care, or the quick way declines."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.document import MAX_DEPTH, Document, Source, Text
from reconciler.manifest.parse.builder import read_precisely
from reconciler.manifest.parse.decoding import decode
from reconciler.manifest.parse.documents import is_json, read_documents
from reconciler.manifest.parse.fast import try_parse

HERE = Path(__file__).parent
FILES = sorted(
    path
    for folder in ("good", "bad")
    for path in (HERE / folder).rglob("*")
    if path.suffix in (".yaml", ".yml")
)

# Pieces of YAML, harmful ones among them, that together make documents in and out of order.
PIECES = st.sampled_from(
    [
        *(
            "a: ",
            "b: ",
            "key: ",
            "'q': ",
            '"d": ',
            "a:\n",
            "? ",
            "- ",
            "- - ",
            ": ",
            "<<: ",
            "1: ",
            "on: ",
        ),
        *(
            "x",
            "1",
            "0x1F",
            "1.5",
            "1e999",
            ".nan",
            "~",
            "null",
            "true",
            "no",
            "''",
            "'it''s'",
            '"a\\nb"',
            '"\\u202e"',
            "${env:A}",
            "é",
            "😀",
        ),
        *(
            "{}",
            "[]",
            "{a: 1}",
            "[a, b]",
            "{a: [1, {b: }]}",
            "[",
            "]",
            "{",
            "}",
            ",",
            "{a, b}",
            "|\n  text\n  more",
            ">-\n  folded\n  on",
        ),
        *(
            "&x ",
            "*x",
            "!!str ",
            "! ",
            "&x",
            "%YAML 1.2\n",
            "%TAG ! x\n",
            "---\n",
            "--- ",
            "...\n",
            "# comment\n",
            " # c\n",
        ),
        *("\n", "\n", "\n", "\n  ", "\n  ", "\n    ", "\r\n", "\t", " ", "\n\n", "{[" * 40),
    ]
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)


def seen(documents: list[Document]) -> list[object]:
    return [
        (one.file, one.value, repr(one.value), one.mark, one.number, one.templated, one.gaps)
        for one in documents
    ]


def assert_same_or_declined(file: Text) -> None:
    quick = try_parse(file)
    careful, problems, whole = read_precisely(file, as_json=False)
    if quick is not None:
        assert (seen(quick), problems, whole) == (seen(careful), [], True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
@pytest.mark.sampled(4)
def test_manifests_are_the_same_read_quickly_or_with_care(path):
    file, _ = decode(Source(path.name, path.read_bytes()))

    assert_same_or_declined(file)


@given(TEXTS)
def test_any_text_is_the_same_read_quickly_or_with_care(text):
    assert_same_or_declined(Text("x.yaml", text))


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.parent.name == "good"], ids=lambda path: path.name
)
def test_good_manifests_are_read_quickly(path):
    file, _ = decode(Source(path.name, path.read_bytes()))
    rare = any(sign in file.characters for sign in ("&", "%YAML"))

    assert rare or is_json(file) or try_parse(file) is not None


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1",
        "a: *x",
        "a: !!str 1",
        "a: ! x",
        "&x a: 1",
        "!!str a: 1",
        "<<: {a: 1}",
        "1: a",
        "? [a]\n: b",
        "a: 1\na: 2",
        "a: .inf",
        'a: "\\u202e"',
        '"\\u202e": a',
        "%YAML 1.2\n---\na: 1",
        "a: [",
        "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
    ],
)
def test_what_is_rare_or_wrong_is_left_to_care(text):
    assert try_parse(Text("x.yaml", text)) is None


def test_depth_that_would_exhaust_a_stack_is_declined():
    assert try_parse(Text("x.yaml", "- " * 100_000)) is None


def test_places_are_those_of_the_whole_file():
    text = "# é 😀\na: 1\n--- {b: [x,\n  y]}\n...\n# c\n---\nc:\n  'd': é\n"
    documents, _, _ = read_documents(Text("x.yaml", text))

    assert [one.mark for one in documents] == [
        one.mark for one in read_precisely(Text("x.yaml", text), as_json=False)[0]
    ]
    assert documents[2].mark.inside["c"][2].inside["d"][:2] == (9, 3)
