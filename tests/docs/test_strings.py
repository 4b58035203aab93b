"""Messages, help, docstrings, schemas and examples are in plain words, as the pages are."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import EXAMPLES, PROJECT, relative
from tests.docs.words import found

PACKAGE = PROJECT / "reconciler"
ROOMS = sorted({path.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob("*.py")})
SCHEMAS = sorted((PROJECT / "schemas").glob("*.json"))
# Files that are text as a whole: templates of `init`, scripts of pages, examples.
TEXTS = sorted(
    path
    for folder in (PACKAGE, EXAMPLES)
    for path in folder.rglob("*")
    if path.suffix in (".yml", ".yaml", ".js", ".html", ".css")
    and "node_modules" not in path.parts
    and "vendor" not in path.parts
)
_CODE = re.compile(r"`+[^`]*`+")


def _text(node: ast.expr) -> str:
    """The text of a string or f-string; each value in it is a placeholder."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return "{}"


def strings(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each string with several words, docstrings among them."""
    tree = ast.parse(source)
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in parts:
            text = _CODE.sub("", _text(node))
            if " " in text.strip():
                yield node.lineno, text


def _sentences(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("title", "description") and isinstance(inner, str):
                yield inner
            else:
                yield from _sentences(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _sentences(inner)


def _listed(place: str, line: int, text: str) -> list[str]:
    return [
        f"{place}:{line + one.line - 1}: {one.word!r}: write {one.instead}" for one in found(text)
    ]


def _python(path: Path) -> list[str]:
    return [
        hit
        for line, text in strings(path.read_text(encoding="utf-8"))
        for hit in _listed(relative(path), line, text)
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_strings_and_docstrings_are_in_plain_words(room):
    place = PACKAGE / room
    modules = [place] if place.suffix == ".py" else sorted(place.rglob("*.py"))

    assert [hit for module in modules for hit in _python(module)] == []


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.py")), ids=relative)
def test_programs_of_examples_are_in_plain_words(path):
    assert _python(path) == []


@pytest.mark.parametrize("path", SCHEMAS, ids=relative)
def test_schemas_are_in_plain_words(path):
    texts = _sentences(json.loads(path.read_text(encoding="utf-8")))

    assert [hit for text in texts for hit in _listed(relative(path), 1, text)] == []


def _without_data(path: Path) -> str:
    """The text of a file; of YAML the comments and descriptions, since values are data."""
    text = path.read_text(encoding="utf-8")
    if path.suffix not in (".yaml", ".yml"):
        return text
    parts = (re.search(r"(?:^|\s)#\s.*|\bdescription:.*", line) for line in text.split("\n"))
    return "\n".join(part[0] if part else "" for part in parts)


@pytest.mark.parametrize("path", TEXTS, ids=relative)
def test_templates_scripts_and_examples_are_in_plain_words(path):
    assert _listed(relative(path), 1, _without_data(path)) == []


def test_strings_are_found_whole_and_without_code():
    source = (
        '"""Reads a plan."""\n'
        'name = "short"\n'
        'message = f"there is {number} of {kind!r}; see `nobody`"\n'
        'hint = ("write it "\n        "again")\n'
    )

    assert list(strings(source)) == [
        (1, "Reads a plan."),
        (3, "there is {} of {}; see "),
        (4, "write it again"),
    ]


def test_a_word_to_avoid_is_found_in_a_message_and_in_a_schema():
    (hit,) = [
        hit
        for line, text in strings('say(f"{name} is nobody" "\'s business")')
        for hit in _listed("a.py", line, text)
    ]

    assert hit.startswith('a.py:1: "nobody\'s": write ')
    assert list(_sentences({"properties": {"a": {"description": "one", "examples": ["two"]}}})) == [
        "one"
    ]
