import pytest
import yaml

from reconciler.manifest.document import MAX_DEPTH, Text
from reconciler.manifest.parse.documents import read_documents
from reconciler.manifest.parse.error_messages import explain
from reconciler.manifest.parse.events import Token


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a:\n\tb: 1\n", (2, 1), "a tab is used for indentation"),
        ("a:\n  b: 1\n  \tc: 2\n", (3, 3), "a tab is used for indentation"),
        ("a: |\n  x\n\ty\n", (3, 1), "a tab is used for indentation"),
        ('a: "foo\nb: c\n', (1, 4), "the quote opened here is never closed"),
        ("a: 'foo\n---\nb: c\n", (1, 4), "the quote opened here is never closed"),
        ('a: "foo\nb: "bar"\nc: d\n', (1, 4), "the quote opened here is closed only on line 2"),
        ("a: 'it's'\n", (1, 8), "text follows a quoted value"),
        (
            "a: [1, 2\nb: c\n",
            (1, 4),
            "the '[' opened here is never closed: ']' or a comma is missing by line 2, column 2",
        ),
        (
            "a: {x: 1\nb: c\n",
            (1, 4),
            "the '{' opened here is never closed: '}' or a comma is missing by line 2, column 2",
        ),
        (
            "a: [\n",
            (1, 4),
            "the '[' opened here is never closed: ']' or a comma is missing by line 2, column 1",
        ),
        (
            "a: {b: [x, {c\n",
            (1, 12),
            "the '{' opened here is never closed: '}' or a comma is missing by line 2, column 1",
        ),
        ("name: foo: bar\n", (1, 10), "a second ': ' in one line"),
        ("a: 1\n  b: 2\n", (2, 4), "this ':' is in a place where no key is possible"),
        ("a: 1\nkey:value\nb: 2\n", (2, 1), "a space is missing after the colon"),
        ("- a\n-b\n", (2, 1), "a space is missing after the dash"),
        ("a: 1\nword\nb: 2\n", (2, 1), "this line has no ':'"),
        ("words\na: 1\n", (1, 1), "this line has no ':'"),
        ("# a comment\nthat goes on\nfor two lines\na: 1\n", (2, 1), "this line has no ':'"),
        ("a:\n  b: 1\n---\n\n  words\n  c: 2\n", (5, 3), "this line has no ':'"),
        ("a: @x\n", (1, 4), "a text cannot start with '@'"),
        ("a: *.x\n", (1, 4), "a text cannot start with '*', which means an alias"),
        ("a: & x\n", (1, 4), "a text cannot start with '&', which means an anchor"),
        ('a: "\\q"\n', (1, 5), "this escape is not known in double quotes"),
        (
            'a: "\\ud800"\n',
            (1, 7),
            "this escape is not a character: U+D800 is half of a character",
        ),
        ("a: - b\n", (1, 4), "a list cannot start on the line of its key"),
        (
            "a:\n  b: 1\n c: 2\n",
            (3, 2),
            "this line is indented by 1 space, like no block above",
        ),
        ("a: }\n", (1, 4), "this does not match the block that begins on line 1, column 4"),
    ],
)
def test_traps(text, place, message):
    _, (problem,), complete = read_documents(Text("a.yaml", text))
    assert (problem.place.line, problem.place.column, problem.message) == (*place, message)
    assert problem.hint
    assert not complete


DEPTHS = [MAX_DEPTH, MAX_DEPTH + 1, 999, 1_000, 1_001, 5_000, 100_000]
HEAD = "a:\n  - b: "  # three levels
FORMS = {
    "lists": (lambda n: HEAD + "[" * n + "]" * n, (2, 8 + MAX_DEPTH - 3)),
    "lists, never closed": (lambda n: HEAD + "[" * n, (2, 8 + MAX_DEPTH - 3)),
    "lists after a list": (
        lambda n: f"{HEAD}[[], '[[', \"[[\", {'[' * n}",
        (2, 8 + 16 + MAX_DEPTH - 3),
    ),
    "mappings": (lambda n: HEAD + "{a: " * n + "}" * n, (2, 8 + 4 * (MAX_DEPTH - 3))),
    "lists in mappings": (lambda n: HEAD + "{a: [" * n, (2, 8 + 5 * (MAX_DEPTH - 3) // 2 + 2)),
    "lists, each on a line": (lambda n: "[\n" * n, (MAX_DEPTH + 1, 1)),
    "dashes": (lambda n: HEAD + "\n      " + "- " * n + "x", (3, 7 + 2 * (MAX_DEPTH - 3))),
    "the whole file": (lambda n: "[" * n + "]" * n, (1, MAX_DEPTH + 1)),
    "indented keys": (
        lambda n: "".join(" " * at + "a:\n" for at in range(min(n, 1_200))),
        (MAX_DEPTH + 1, MAX_DEPTH + 1),
    ),
}


@pytest.mark.parametrize("levels", DEPTHS[1:])
@pytest.mark.parametrize("form", FORMS)
def test_what_is_nested_too_deep_is_told_at_the_same_place_at_any_depth(form, levels):
    write, place = FORMS[form]
    _, (problem,), complete = read_documents(
        Text("a.yaml", write(levels + (form == "indented keys")))
    )
    assert (problem.message, problem.place.line, problem.place.column) == (
        "nested too deep: more than 64 levels",
        *place,
    )
    assert problem.hint
    assert not complete


@pytest.mark.parametrize("levels", DEPTHS)
def test_mappings_as_keys_are_never_too_deep_for_words(levels):
    _, problems, complete = read_documents(Text("a.yaml", "{" * (levels + 1)))
    assert problems[-1].message == "nested too deep: more than 64 levels"
    assert not complete


@pytest.mark.parametrize(
    "words",
    [
        "exceeded maximum nesting depth",
        "exceeded maximum depth",
        "nested too deeply",
        "the nesting is beyond the limit",
    ],
)
@pytest.mark.parametrize("seen", [0, 3])
def test_a_library_that_stops_at_a_depth_of_its_own_is_told_in_our_words(words, seen):
    """Whichever release of the library is installed; it may stop before it has told of any bracket of the line."""
    text = Text("a.yaml", "a:\n  - b: " + "[" * 2_000)
    opened = [Token("mapping", 1, 1), Token("list", 2, 3), Token("mapping", 2, 5)][:seen]
    error = yaml.scanner.ScannerError(
        None, None, words, yaml.Mark("a.yaml", 0, 1, 1_010, None, None)
    )

    told = explain(error, file=text, last_quoted=None, opened=opened)

    assert (told.line, told.message) == (2, "nested too deep: more than 64 levels")
    assert told.column == 8 + MAX_DEPTH - seen
