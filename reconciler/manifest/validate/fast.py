"""Schema compiled to predicates. False means "not sure": run jsonschema."""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from reconciler.core.kinds import types_of

Test = Callable[[Any], bool]
_Schema = Mapping[str, Any]

# Longer texts count as no match: a pattern may backtrack.
LONGEST_MATCHED = 10_000

_TYPES = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
_SCALARS = frozenset((str, int, float, bool, type(None)))
# Annotations: they do not constrain values.
_SILENT = frozenset(
    (
        "$schema",
        "$id",
        "$defs",
        "title",
        "description",
        "default",
        "examples",
        "format",
        "x-reconciler",
    )
)


class _Unknown(Exception):
    """A schema keyword without a predicate."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile ``pattern`` with ``$`` as the end of the text, not before a final newline."""
    whole = (
        f"{pattern[:-1]}\\Z" if pattern.endswith("$") and not pattern.endswith("\\$") else pattern
    )
    return re.compile(whole)


def _type(schema: _Schema, _: _Schema) -> Test:
    types = frozenset(one for name in types_of(schema) for one in _TYPES[name])
    return lambda value: type(value) in types


def _one_of(values: list[Any]) -> Test:
    if not all(type(value) in _SCALARS for value in values):
        raise _Unknown
    allowed = frozenset((type(value), value) for value in values)
    return lambda value: type(value) in _SCALARS and (type(value), value) in allowed


def _pattern(schema: _Schema, _: _Schema) -> Test:
    search = compiled(schema["pattern"]).search
    return lambda value: (
        type(value) is not str or (len(value) <= LONGEST_MATCHED and search(value) is not None)
    )


def _size(word: str, *types: type, most: bool) -> Callable[[_Schema, _Schema], Test]:
    def made(schema: _Schema, _: _Schema) -> Test:
        limit = schema[word]
        if most:
            return lambda value: type(value) not in types or len(value) <= limit
        return lambda value: type(value) not in types or len(value) >= limit

    return made


def _minimum(schema: _Schema, _: _Schema) -> Test:
    limit = schema["minimum"]
    return lambda value: type(value) not in (int, float) or value >= limit


def _maximum(schema: _Schema, _: _Schema) -> Test:
    limit = schema["maximum"]
    return lambda value: type(value) not in (int, float) or value <= limit


def _unique_items(schema: _Schema, _: _Schema) -> Test:
    wanted = schema["uniqueItems"]

    def test(value: Any) -> bool:
        if not wanted or type(value) is not list:
            return True
        return len({json.dumps(item, sort_keys=True) for item in value}) == len(value)

    return test


def _items(schema: _Schema, root: _Schema) -> Test:
    inner = _test(schema["items"], root)
    return lambda value: type(value) is not list or all(map(inner, value))


def _any_of(schema: _Schema, root: _Schema) -> Test:
    tests = [_test(option, root) for option in schema["anyOf"]]
    return lambda value: any(test(value) for test in tests)


def _property_names(schema: _Schema, root: _Schema) -> Test:
    inner = _test(schema["propertyNames"], root)
    return lambda value: type(value) is not dict or all(map(inner, value))


def _required(schema: _Schema, _: _Schema) -> Test:
    names = frozenset(schema["required"])
    return lambda value: type(value) is not dict or names <= value.keys()


def _properties(schema: _Schema, root: _Schema) -> Test:
    """``properties`` and ``additionalProperties`` together."""
    tests = {name: _test(inner, root) for name, inner in schema.get("properties", {}).items()}
    rest = _test(schema.get("additionalProperties", True), root)
    found = tests.get

    def test(value: Any) -> bool:
        if type(value) is dict:
            for name, inner in value.items():
                if not found(name, rest)(inner):
                    return False
        return True

    return test


_WORDS: Mapping[str, Callable[[_Schema, _Schema], Test]] = {
    "type": _type,
    "const": lambda schema, _: _one_of([schema["const"]]),
    "enum": lambda schema, _: _one_of(schema["enum"]),
    "pattern": _pattern,
    "minLength": _size("minLength", str, most=False),
    "maxLength": _size("maxLength", str, most=True),
    "minItems": _size("minItems", list, most=False),
    "maxItems": _size("maxItems", list, most=True),
    "minProperties": _size("minProperties", dict, most=False),
    "maxProperties": _size("maxProperties", dict, most=True),
    "minimum": _minimum,
    "maximum": _maximum,
    "uniqueItems": _unique_items,
    "items": _items,
    "anyOf": _any_of,
    "propertyNames": _property_names,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _properties,
    "$ref": lambda schema, root: _test(_target(schema["$ref"], root), root),
}


def _target(reference: str, root: _Schema) -> Any:
    if not reference.startswith("#/"):
        raise _Unknown
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _all(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda value: first(value) and second(value)

    def test(value: Any) -> bool:
        for one in tests:  # noqa: SIM110  # all() would create a generator for each value
            if not one(value):
                return False
        return True

    return test


def _test(schema: Any, root: _Schema) -> Test:
    if isinstance(schema, bool):
        return lambda _: schema
    words = schema.keys() - _SILENT
    if not words <= _WORDS.keys():
        raise _Unknown
    # The type comes first: it fails fastest.
    makers = dict.fromkeys(
        _WORDS[word] for word in sorted(words, key=lambda word: (word != "type", word))
    )
    tests = tuple(make(schema, root) for make in makers)
    return _all(tests)


def quick_check(schema: _Schema) -> Test:
    """A predicate for ``schema``; always False if a keyword is unknown."""
    try:
        return _test(schema, schema)
    except (_Unknown, RecursionError, KeyError):
        return lambda _: False
