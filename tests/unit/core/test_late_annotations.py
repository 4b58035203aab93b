"""Annotations that are given as text mean the same where they are compiled at first use."""

import json
import subprocess
import sys
import typing

import pytest

from reconciler.late_patterns import annotations_compiled_at_first_use

TEXTS = ["int", "int | None", "list['int']", "tuple[int, ...]", "typing.Any", "Named", "3"]
Named = dict[str, "int"]


def hints(text):
    """The types that a class, a type variable and a union with annotations of ``text`` name."""
    typed = typing.TypedDict("typed", {"one": text})  # noqa: UP013  # the text varies
    bound = typing.TypeVar("bound", bound=text)
    made = typing.Optional[text], typing.ForwardRef(text)  # noqa: UP045  # a text has no "|"
    return typed, bound, made


def said(action):
    """What an action returns, or the kind of what it raises."""
    try:
        return action()
    except (NameError, SyntaxError, TypeError) as error:
        return type(error)


def evaluated(made):
    """What the three mean."""
    typed, bound, (union, reference) = made
    return [
        said(lambda: typing.get_type_hints(typed, globals())),
        said(lambda: typing.get_type_hints(type("A", (), {"__annotations__": {"a": union}}))),
        said(lambda: typing.get_type_hints(typed, {"Named": bytes, "typing": typing})),
        (bound.__bound__, reference, union),
    ]


@pytest.mark.parametrize("text", [*TEXTS, "no_such_name"])
def test_they_are_evaluated_to_the_same_types(text):
    with annotations_compiled_at_first_use():
        ours = hints(text)

    assert evaluated(ours) == evaluated(hints(text))


def test_they_are_compiled_at_once_after_the_block():
    with annotations_compiled_at_first_use():
        with annotations_compiled_at_first_use():
            pass
        typing.ForwardRef("not an expression")

    with pytest.raises(SyntaxError):
        typing.ForwardRef("not an expression")


def test_the_command_compiles_none(tmp_path):
    code = """
import json, sys
compiled = []
sys.addaudithook(lambda event, values: event == "compile" and compiled.append(values))
sys.argv = ["reconciler", "validate", "--help"]
import typing
from reconciler.cli.main import main
before = len(compiled)
try:
    main()
except SystemExit:
    import reconciler.space.http.library
texts = [str(text) for text, file in compiled[before:] if file == "<string>"]
sys.stderr.write(json.dumps([text for text in texts if "lambda _cls" not in text]))
"""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )

    assert json.loads(run.stderr) == []
