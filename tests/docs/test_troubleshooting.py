"""Every message on the troubleshooting page is one that the program can print."""

import ast
import difflib
import re
from functools import cache

import pytest

from tests.docs.pages import PROJECT

PAGE = (PROJECT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
MESSAGES = re.findall(r"^### `(.+)`$", PAGE, re.MULTILINE)


def template(node):
    """A text of the code with ``…`` for each value that is filled in; '' for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace("{}", "…")
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""


def docstrings(tree):
    """The texts of a module that are never printed as messages."""
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    firsts = [body[0] for body in bodies if body and isinstance(body[0], ast.Expr)]
    return {id(first.value) for first in firsts}


@cache
def printable_texts():
    """Every text in the code but docstrings, as templates."""
    found = set()
    for file in sorted((PROJECT / "reconciler").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        skipped = docstrings(tree)
        found |= {text for node in ast.walk(tree) if id(node) not in skipped and (text := template(node))}
    return found


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_one_of_the_program(message):
    texts = printable_texts()

    if not any(message in text for text in texts):
        near = difflib.get_close_matches(message, texts, n=3, cutoff=0.3)
        pytest.fail("the code has no such text; the nearest are:\n" + "\n".join(near))


@pytest.mark.parametrize(("invented", "known"), [("this message is invented", False), ("there is no manifest in this folder", True)])
def test_an_invented_message_would_be_found(invented, known):
    assert any(invented in text for text in printable_texts()) is known


def test_each_message_is_there_once_and_says_what_to_do():
    sections = re.findall(r"^### `(.+)`\n\n(.+)", PAGE, re.MULTILINE)

    assert len(MESSAGES) >= 50
    assert len(set(MESSAGES)) == len(MESSAGES)
    assert [name for name, _ in sections] == MESSAGES
