"""JSON of which nothing is converted and nothing lost."""

import json

import pytest

from reconciler.core.json_errors import InvalidValue
from reconciler.state import strict_json


def refused(reader, *arguments, **options):
    with pytest.raises(InvalidValue) as found:
        reader(*arguments, **options)
    return str(found.value)


@pytest.mark.parametrize("text", ['{"a": [1, 2.5, true, null, "é"]}', b'{"a": "\\u00e9"}'])
def test_json_is_read(text):
    assert strict_json.parse(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "b": 2, "a": 3}', "the key 'a' is given twice"),
        ('{"a": 1, "b": 2, "c": 3, "b": 4}', "the key 'b' is given twice"),
        ('[{"b": {"a": 1, "a": 1}}]', "the key 'a' is given twice"),
        (f'{{"{"k" * 90}": 1, "{"k" * 90}": 1}}', f"the key {('k' * 90)[:60]!r} is given twice"),
        ("NaN", "NaN is not a number in JSON"),
        ("[-Infinity]", "-Infinity is not a number in JSON"),
        ('["\\ud800", "\\uD800"]', "a text in it has an incomplete character"),
        ('"\\ud800"', "a text in it has an incomplete character"),
        (b'"\\uDC00"', "a text in it has an incomplete character"),
        ("9" * 5000, "a number in it is too long"),
    ],
)
def test_what_json_leaves_open_is_refused(text, words):
    assert refused(strict_json.parse, text) == words


def test_whole_characters_that_are_escaped_are_fine():
    assert strict_json.parse('"\\ud83d\\ude00"') == "\N{GRINNING FACE}"
    assert strict_json.parse(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


def test_what_is_no_json_keeps_its_place():
    words = "a key in double quotes is missing (line 1, column 2)"
    assert refused(strict_json.parse, "{") == words
    assert [refused(strict_json.parse, empty) for empty in ("", b" \n")] == ["it is empty"] * 2


@pytest.mark.parametrize(
    ("reader", "good", "bad", "words"),
    [
        (strict_json.mapping, [{}, {"a": 1}], [[], None, "a"], "x is not an object"),
        (strict_json.items, [[], [1]], [{}, None, "a", (1,)], "x is not a list"),
        (strict_json.text, ["a"], [1, None, ["a"]], "x is not text"),
        (strict_json.flag, [True, False], [0, 1, None, "true"], "x is neither true nor false"),
        (strict_json.number, [0, 7], [-1, True, 1.0, "1", None], "x is not a whole number"),
    ],
)
def test_each_form_is_itself_and_nothing_like_it(reader, good, bad, words):
    assert [reader(value, "x") for value in good] == good
    assert {refused(reader, value, "x") for value in bad} == {words}


def test_a_text_may_be_empty_only_where_that_is_said():
    assert refused(strict_json.text, "", "x") == "x is empty"
    assert strict_json.text("", "x", may_be_empty=True) == ""
    assert refused(strict_json.text, 0, "x", may_be_empty=True) == "x is not text"


def test_an_object_has_known_keys_alone_where_they_are_given():
    assert strict_json.mapping({"a": 1}, "x", known=("a", "b")) == {"a": 1}
    assert refused(strict_json.mapping, {"c": 1, "b": 1, "a": 1}, "x", known=("a",)) == (
        "x has a field that is not known: 'b'"
    )
    assert refused(strict_json.mapping, {"a": 1}, "x", known=()) == (
        "x has a field that is not known: 'a'"
    )
