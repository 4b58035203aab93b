"""JSON Schema 2020-12, made stricter in places. The only importer of jsonschema: it is slow."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, TypeChecker, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from reconciler.manifest.validate.fast import LONGEST_MATCHED, compiled


def _pattern(_: Validator, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """As the standard keyword, but ``$`` never matches before a final newline."""
    if isinstance(instance, str) and (
        len(instance) > LONGEST_MATCHED or not compiled(pattern).search(instance)
    ):
        yield ValidationError("pattern")


def _required(_: Validator, names: list[str], instance: Any, __: Any) -> Iterator[ValidationError]:
    """As the standard keyword; the error's message is the missing name."""
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield ValidationError(name)


def _unique_items(_: Validator, wanted: bool, instance: Any, __: Any) -> Iterator[ValidationError]:  # noqa: FBT001  # signature of a jsonschema keyword
    """As the standard keyword, in linear time, with an error for each repeated item."""
    if not wanted or not isinstance(instance, list):
        return
    seen: set[str] = set()
    for index, item in enumerate(instance):
        spelled = json.dumps(item, sort_keys=True)
        if spelled in seen:
            yield ValidationError("uniqueItems", path=[index], instance=item)
        seen.add(spelled)


def _property_names(validator: Any, names: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    """As the standard keyword; the error's message is the refused key."""
    if isinstance(instance, dict):
        for key in instance:
            if not validator.evolve(schema=names).is_valid(key):
                yield ValidationError(key)


def _is_whole(_: TypeChecker, instance: Any) -> bool:
    return isinstance(instance, int) and not isinstance(instance, bool)


_Strict: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators={
        "pattern": _pattern,
        "propertyNames": _property_names,
        "required": _required,
        "uniqueItems": _unique_items,
    },
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole),
)


def validator_for(schema: Mapping[str, Any]) -> Any:
    """A validator of ``schema``; 20.0 is not an integer."""
    return _Strict(schema)
