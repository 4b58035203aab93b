"""Each line of the threat model names tests, and those tests are there."""

import ast
import re

from tests.docs.pages import PROJECT

PAGE = (PROJECT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = [
    line
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| who writes")
]


def named(row):
    """The tests that a row names, as file and function."""
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)


def test_every_line_names_a_test():
    assert [row for row in ROWS if not named(row)] == []


def test_every_test_that_is_named_is_there():
    found = {}
    for file in {file for row in ROWS for file, _ in named(row)}:
        tree = ast.parse((PROJECT / file).read_text(encoding="utf-8"))
        found[file] = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}

    assert [
        f"{file}::{name}" for row in ROWS for file, name in named(row) if name not in found[file]
    ] == []


def test_all_who_can_write_something_are_there():
    writers = re.findall(r"^\| \*\*([\w ]+)", PAGE, re.MULTILINE)

    assert {"pull request", "Space", "state", "CI", "default branch"} <= set(writers)
