"""Every message on the troubleshooting page is one that the program can print."""

import ast
import difflib
import os
import re
from functools import cache

import pytest

from reconciler.cli.app import run
from tests.docs.pages import PROJECT

PAGE = (PROJECT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
MESSAGES = re.findall(r"^### `(.+)`$", PAGE, re.MULTILINE)


def template(node):
    """A text of the code with ``…`` for each value that is filled in; '' for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace("{}", "…")
    if isinstance(node, ast.JoinedStr):
        return "".join(
            part.value if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    return ""


def docstrings(tree):
    """The texts of a module that are never printed as messages."""
    bodies = [
        node.body
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    ]
    firsts = [body[0] for body in bodies if body and isinstance(body[0], ast.Expr)]
    return {id(first.value) for first in firsts}


@cache
def printable_texts():
    """Every text in the code but docstrings, as templates."""
    found = set()
    for file in sorted((PROJECT / "reconciler").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        skipped = docstrings(tree)
        found |= {
            text for node in ast.walk(tree) if id(node) not in skipped and (text := template(node))
        }
    return found


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_one_of_the_program(message):
    texts = printable_texts()

    if not any(message in text for text in texts):
        near = difflib.get_close_matches(message, texts, n=3, cutoff=0.3)
        pytest.fail("the code has no such text; the nearest are:\n" + "\n".join(near))


@pytest.mark.parametrize(
    ("invented", "known"),
    [("this message is invented", False), ("there is no manifest in this folder", True)],
)
def test_an_invented_message_would_be_found(invented, known):
    assert any(invented in text for text in printable_texts()) is known


def test_each_message_is_there_once_and_says_what_to_do():
    sections = re.findall(r"^### `(.+)`\n\n(.+)", PAGE, re.MULTILINE)

    assert len(MESSAGES) >= 50
    assert len(set(MESSAGES)) == len(MESSAGES)
    assert [name for name, _ in sections] == MESSAGES


ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: a}\nspec: {max_members: 8}\n"
ENVIRONMENTS = "environments: {one: {space: local}}\n"
CAUSES = [
    ("there is no manifest in this folder", {}, ["plan", "."]),
    (
        "… …: there is no reconciler.yaml from here upwards",
        {"a.yaml": ROOM},
        ["plan", "a.yaml", "--env", "one"],
    ),
    (
        "there is no environment '…'",
        {"a.yaml": ROOM, "reconciler.yaml": ENVIRONMENTS},
        ["plan", "--env", "three"],
    ),
    ("the token (SIGNALWIRE_API_TOKEN or --token-file)", {"a.yaml": ROOM}, ["plan", "a.yaml"]),
    (
        "did you mean …?",
        {"a.yaml": ROOM.replace("max_members", "max_member")},
        ["validate", "a.yaml"],
    ),
    (
        "this is a field of …, not of …",
        {"a.yaml": ROOM.replace("max_members: 8", "enable_chat: true")},
        ["validate", "a.yaml"],
    ),
    (
        "there is no … '…' in these manifests",
        {"a.yaml": ROOM.replace("max_members: 8", "presets: [b]")},
        ["validate", "a.yaml"],
    ),
    (
        "… is declared twice; the other declaration is at …",
        {"a.yaml": ROOM + "---\n" + ROOM},
        ["validate", "a.yaml"],
    ),
    (
        "manifests may not read the environment variable …: …",
        {"a.yaml": ROOM.replace("max_members: 8", "display_name: '${env:MY_TOKEN}'")},
        ["validate", "a.yaml"],
    ),
    (
        "indent with spaces; YAML allows no tabs there",
        {"a.yaml": ROOM.replace("spec: {", "spec:\n\tx: {")},
        ["validate", "a.yaml"],
    ),
    (
        "… is the marker of an unresolved merge",
        {"a.yaml": ROOM + "<<<<<<< HEAD\n"},
        ["validate", "a.yaml"],
    ),
    (
        "no resource and no number is given",
        {"a.yaml": ROOM},
        ["apply", "a.yaml", "--space", "local", "--adopt"],
    ),
    (
        "… cannot ask for consent without a terminal; nothing was written",
        {"a.yaml": ROOM},
        ["apply", "a.yaml", "--space", "local"],
    ),
    (
        "… is neither declared nor managed…",
        {"a.yaml": ROOM},
        ["plan", "a.yaml", "--space", "local", "--target", "Room/b"],
    ),
    ("no such option: …", {}, ["plan", "--no-such-option"]),
]


@pytest.mark.parametrize(
    ("message", "files", "arguments"), CAUSES, ids=[cause[0] for cause in CAUSES]
)
def test_the_cause_that_the_page_names_prints_the_message(
    message, files, arguments, tmp_path, monkeypatch, capsys
):
    for name in list(os.environ):
        if name.startswith(("SIGNALWIRE_", "RECONCILER_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MY_TOKEN", "canary")
    monkeypatch.chdir(tmp_path)
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    run(arguments)
    printed = "".join(capsys.readouterr())

    assert message in MESSAGES
    assert re.search(".*?".join(map(re.escape, message.split("…"))), printed), printed
