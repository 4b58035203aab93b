import json
import sys

import pytest

from reconciler.core.json_errors import InvalidValue, finite, json_fault, no_constant, unique_keys

# Python 3.13 names the comma.
TRAILING = (
    "3: not JSON: a comma is too many"
    if sys.version_info >= (3, 13)
    else "4: not JSON: a value is missing"
)


def fault(content):
    with pytest.raises((ValueError, RecursionError)) as found:
        json.loads(content)
    return json_fault("a.json", found.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "a.json: not JSON: it is empty"),
        (" \n\t", "a.json: not JSON: it is empty"),
        ("<html>", "a.json:1:1: not JSON: this is not JSON"),
        (" <html>", "a.json:1:2: not JSON: a value is missing"),
        ("[1,]", f"a.json:1:{TRAILING}"),
        ("{} x", "a.json:1:4: not JSON: there is text after its end"),
        ("{\n}\n\n[]", "a.json:4:1: not JSON: there is text after its end"),
        ('{"a": }', "a.json:1:7: not JSON: a value is missing"),
        ("[1 2]", "a.json:1:4: not JSON: a comma is missing"),
        ('{\n "a" 1}', "a.json:2:6: not JSON: a colon is missing"),
        ("{a: 1}", "a.json:1:2: not JSON: a key in double quotes is missing"),
        ('"a\tb"', "a.json:1:3: not JSON: a text contains a control character"),
        ('"\\x"', "a.json:1:2: not JSON: an escape is not valid"),
        ('"a', "a.json:1:1: not JSON: a text has no closing quote"),
        ("\ufeff{}", "a.json:1:1: not JSON: it begins with a byte order mark"),
        (b'"\xff"', "a.json: not JSON: it is not UTF-8 text"),
        ("[" * 100_000, "a.json: not JSON: it is nested too deep"),
    ],
)
def test_a_fault_is_told_with_its_place(content, words):
    assert fault(content) == words


def test_what_python_says_otherwise_is_told_as_it_is():
    unknown = json.JSONDecodeError("Some new fault", "[1,]", 3)
    assert json_fault("a.json", unknown) == "a.json:1:4: not JSON: this is not JSON"
    assert json_fault("a.json", ValueError("too many digits")) == (
        "a.json: not JSON: too many digits"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "b\\u0000": 2, "b\\u0000": 3}', "the key 'b\\x00' is given twice"),
        ("[NaN]", "NaN is not a number in JSON"),
        ("-Infinity", "-Infinity is not a number in JSON"),
        ("1" + "0" * 30 + "e400", "the number 10000000000000000000 is too large"),
    ],
)
def test_what_python_reads_and_json_has_not_is_refused(text, said):
    with pytest.raises(InvalidValue) as found:
        json.loads(
            text, object_pairs_hook=unique_keys, parse_constant=no_constant, parse_float=finite
        )
    assert str(found.value) == said
