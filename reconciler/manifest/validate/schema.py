"""Validates documents by their kind's schema: predicates first, jsonschema if unsure."""

from collections.abc import Mapping
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from reconciler.core.kinds import Kind, Kinds
from reconciler.manifest.document import MAX_PROBLEMS, Findings, Path
from reconciler.manifest.validate.fast import Test, quick_check

if TYPE_CHECKING:
    from reconciler.manifest.validate.violation import Subject


def validator_for(schema: Mapping[str, Any]) -> Any:
    """A validator of ``schema``; 20.0 is not an integer."""
    from reconciler.manifest.validate import json_schema  # noqa: PLC0415  # slow to import, and needed only for files with problems

    return json_schema.validator_for(schema)


class Checker:
    """A kind with its compiled checks and the path prefixes of its secrets."""

    def __init__(self, kind: Kind, kinds: Kinds, secrets: frozenset[Path]) -> None:
        self.kind, self.kinds, self.secrets = kind, kinds, secrets

    @cached_property
    def quick(self) -> Test:
        """Predicate for whole documents; False means unsure."""
        return quick_check(self.kind.schema)

    @cached_property
    def quick_fields(self) -> Test:
        """Predicate for the fields of a spec, given by name."""
        spec = self.kind.schema["properties"]["spec"]
        return quick_check(
            {"$defs": self.kind.schema.get("$defs", {}), "properties": spec.get("properties", {})}
        )

    @cached_property
    def validator(self) -> Any:
        """Validator of whole documents."""
        return validator_for(self.kind.schema)

    @cached_property
    def envelope(self) -> Any:
        """Validator of everything outside the spec, for any kind."""
        schema = self.kind.schema
        around = {**schema["properties"], "kind": True, "spec": {"type": ["object", "null"]}}
        required = [name for name in schema["required"] if name not in ("kind", "spec")]
        return validator_for({**schema, "properties": around, "required": required})


def checker_for(kind: Kind, kinds: Kinds) -> Checker:
    """The checker of ``kind``."""
    secret_lists = [
        field for field, child in kind.children.items() if child in kinds and kinds[child].secret
    ]
    secrets = frozenset(("spec", field) for field in (*kind.secret, *secret_lists))
    return Checker(kind, kinds, secrets)


def check(findings: Findings, checker: Checker) -> None:
    """Add the document's schema problems."""
    if not checker.quick(findings.document.value):
        from reconciler.manifest.validate.violation import Subject  # noqa: PLC0415  # needed only for files with problems

        check_schema(findings, checker.validator, Subject(checker.kind, checker.kinds))


def check_schema(findings: Findings, validator: Any, subject: "Subject") -> None:
    """Add problems found by ``validator`` where none was reported before."""
    from reconciler.manifest.validate.messages import message_for  # noqa: PLC0415  # needed only for files with problems

    for error in islice(validator.iter_errors(findings.document.value), MAX_PROBLEMS):
        message_for(error, findings, subject)
