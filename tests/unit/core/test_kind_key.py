import re

import pytest

from reconciler.core.kind_key import too_wide_a_name

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
