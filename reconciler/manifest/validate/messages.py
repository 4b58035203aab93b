"""Messages for JSON Schema violations: the value, what is expected, and a hint."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from reconciler.manifest.document import Findings, Path
from reconciler.manifest.validate.key_messages import (
    invalid_key,
    missing_key,
    no_alternative,
    unknown_keys,
)
from reconciler.manifest.validate.value_messages import (
    example_hint,
    out_of_range,
    repeated_item,
    wrong_choice,
    wrong_constant,
    wrong_form,
    wrong_length,
    wrong_size,
    wrong_type,
)
from reconciler.manifest.validate.violation import Subject, Violation

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_Reporter = Callable[[Violation, Path, Findings, Subject], None]


_REPORTERS: dict[str, _Reporter] = {
    "additionalProperties": unknown_keys,
    "anyOf": no_alternative,
    "const": wrong_constant,
    "enum": wrong_choice,
    "maxItems": wrong_size,
    "maxLength": wrong_length,
    "maxProperties": wrong_size,
    "maximum": out_of_range,
    "minItems": wrong_size,
    "minLength": wrong_length,
    "minProperties": wrong_size,
    "minimum": out_of_range,
    "pattern": wrong_form,
    "propertyNames": invalid_key,
    "required": missing_key,
    "type": wrong_type,
    "uniqueItems": repeated_item,
}

_ABOUT_KEYS = ("additionalProperties", "propertyNames", "required")


def message_for(error: "ValidationError", findings: Findings, subject: Subject) -> None:
    """Add a problem for ``error`` unless its position already has one."""
    path: Path = tuple(error.absolute_path)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    violation = Violation(
        str(error.validator), error.validator_value, error.instance, schema, error.message
    )
    if violation.rule not in _ABOUT_KEYS and findings.is_reported(path):
        return
    report = _REPORTERS.get(violation.rule)
    if report:
        report(violation, path, findings, subject)
    else:
        findings.add(
            path,
            f"this breaks the rule {violation.rule!r} of its schema",
            hint=example_hint(schema),
        )
