import pytest

from reconciler.manifest.documents import Text
from reconciler.manifest.events import read_documents


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
        ("a: [1, 2\nb: c\n", (1, 4), "the '[' opened here is never closed: ']' or a comma is missing by line 2, column 2"),
        ("a: {x: 1\nb: c\n", (1, 4), "the '{' opened here is never closed: '}' or a comma is missing by line 2, column 2"),
        ("a: [\n", (1, 4), "the '[' opened here is never closed: ']' or a comma is missing by line 2, column 1"),
        ("a: {b: [x, {c\n", (1, 12), "the '{' opened here is never closed: '}' or a comma is missing by line 2, column 1"),
        ("name: foo: bar\n", (1, 10), "a second ': ' in one line"),
        ("a: 1\n  b: 2\n", (2, 4), "this ':' comes where no key can stand"),
        ("a: 1\nkey:value\nb: 2\n", (2, 1), "a space is missing after the colon"),
        ("- a\n-b\n", (2, 1), "a space is missing after the dash"),
        ("a: 1\nword\nb: 2\n", (2, 1), "this line has no ':'"),
        ("a: @x\n", (1, 4), "a text cannot start with '@'"),
        ("a: *.x\n", (1, 4), "a text cannot start with '*', which means an alias"),
        ("a: & x\n", (1, 4), "a text cannot start with '&', which means an anchor"),
        ('a: "\\q"\n', (1, 5), "this escape is not known in double quotes"),
        ('a: "\\ud800"\n', (1, 7), "this escape is not a character: U+D800 is half of one, or beyond Unicode"),
        ("a: - b\n", (1, 4), "a list cannot start on the line of its key"),
        ("a:\n  b: 1\n c: 2\n", (3, 2), "this does not fit what began on line 1, column 1"),
        ("a: }\n", (1, 4), "this does not fit what began on line 1, column 4"),
    ],
)
def test_traps(text, place, message):
    _, (problem,), complete = read_documents(Text("a.yaml", text))
    assert (problem.place.line, problem.place.column, problem.message) == (*place, message)
    assert problem.hint
    assert not complete
