import re

import pytest

from reconciler.core.kind_key import key_problem, too_wide_a_name

PATTERN = "^[A-Za-z0-9_-]+$"


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": PATTERN},
        {"pattern": PATTERN, "minLength": 3, "maxLength": 40},
        {"pattern": "^[a-z]{2,8}$"},
        {"const": "lobby"},
        {"enum": ["lobby", "hall_2", "a-b"]},
        {"maxLength": 0},  # it takes nothing but the empty text
        {"pattern": "^x"},  # no sample starts with it
    ],
)
def test_a_schema_that_takes_names_only_is_narrow_enough(schema):
    assert too_wide_a_name(schema) is None


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"maxLength": 1000},
        {"pattern": "^[a-z ]+$"},
        {"pattern": "^[^/]+$"},
        {"pattern": "^[a-z.]+$", "maxLength": 3},
        {"pattern": "^[^@]+@[^@]+$", "minLength": 3},
        {"pattern": "^[a-z/]+$", "minLength": 30},
        {"pattern": "^a"},
        {"pattern": "a$"},
        {"pattern": "^[+][0-9]"},
        {"pattern": "^[\u00e4a]+$"},
        {"const": "town hall"},
        {"enum": ["lobby", "a/b"]},
    ],
)
def test_of_a_schema_that_takes_more_than_names_an_example_is_told(schema):
    found = too_wide_a_name(schema)
    assert found is not None
    assert re.fullmatch("[A-Za-z0-9_-]+", found) is None
    assert schema.get("minLength", 0) <= len(found) <= schema.get("maxLength", 1000)
    assert re.search(schema.get("pattern", ""), found)
    assert found in schema.get("enum", [schema.get("const", found)])


def test_a_sample_is_as_plain_as_the_schema_allows():
    assert too_wide_a_name({}) == "a a"
    assert too_wide_a_name({"minLength": 6}) == "a aaaa"
    assert too_wide_a_name({"minLength": 2, "maxLength": 2}) == " a"


def test_a_pattern_that_is_no_expression_is_refused():
    with pytest.raises(re.error):
        too_wide_a_name({"pattern": "["})


NAMES = "letters, digits, '_' and '-'"


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({}, ""),
        ({"type": "string"}, ""),
        ({"type": ["string", "integer"]}, ""),
        ({"type": "integer"}, "its values are no text but integer"),
        ({"type": ["null", "object", "array"]}, "its values are no text but array or object"),
        *(
            ({"type": "string", "format": form}, f"each value is {what}, and names are {NAMES}")
            for form, what in (
                ("email", "an email address"),
                ("idn-email", "an email address"),
                ("uri", "a URL"),
                ("iri", "a URL"),
                ("uuid", "an id"),
                ("date-time", "a date and time"),
                ("time", "a time"),
                ("ipv4", "an address"),
                ("ipv6", "an address"),
            )
        ),
        ({"type": "string", "format": "date"}, ""),
        ({"enum": ["a", "b c"]}, ""),
        ({"enum": ["b c", "", 1, None]}, f"none of its values is a name: names are {NAMES}"),
    ],
)
def test_why_a_field_cannot_be_the_name(form, why):
    assert key_problem(form, secret=False, shown=True) == why


def test_a_secret_and_what_no_answer_shows_is_no_name_whatever_its_form():
    for form in ({}, {"type": "integer"}):
        assert key_problem(form, secret=True, shown=False) == (
            "it is a secret, and names are shown in plans, reports and records"
        )
        assert key_problem(form, secret=False, shown=False) == (
            "no answer shows it, so no resource could be found by its name"
        )
