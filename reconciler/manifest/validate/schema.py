"""Documents against the schemas of their kinds: a quick yes for nearly every one, and the whole of JSON Schema for the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from reconciler.core.kinds import Kind, Kinds
from reconciler.manifest.document import MAX_PROBLEMS, Findings, Path
from reconciler.manifest.validate.fast import Test, quick_check

if TYPE_CHECKING:
    from reconciler.manifest.validate.messages import Subject


def validator_for(schema: Mapping[str, Any]) -> Any:
    """A validator of ``schema``; 20.0 is no whole number to it."""
    from reconciler.manifest.validate import json_schema  # noqa: PLC0415  # jsonschema is slow to import, and only what is wrong needs it

    return json_schema.validator_for(schema)


@dataclass(frozen=True)
class Checker:
    """A kind, ready to check documents: what it makes of its schema, and the beginnings of paths that lead to secrets."""

    kind: Kind
    kinds: Kinds
    secrets: frozenset[Path]

    @cached_property
    def quick(self) -> Test:
        """Says of nearly every document in a few microseconds that nothing is wrong with it."""
        return quick_check(self.kind.schema)

    @cached_property
    def quick_fields(self) -> Test:
        """The same of the fields of a spec, given by name."""
        spec = self.kind.schema["properties"]["spec"]
        return quick_check(
            {"$defs": self.kind.schema.get("$defs", {}), "properties": spec.get("properties", {})}
        )

    @cached_property
    def validator(self) -> Any:
        """Finds everything that is wrong with a document."""
        return validator_for(self.kind.schema)

    @cached_property
    def envelope(self) -> Any:
        """Finds what is wrong around a spec, whatever the kind."""
        schema = self.kind.schema
        around = {**schema["properties"], "kind": True, "spec": {"type": ["object", "null"]}}
        required = [name for name in schema["required"] if name not in ("kind", "spec")]
        return validator_for({**schema, "properties": around, "required": required})


def checker_for(kind: Kind, kinds: Kinds) -> Checker:
    """What checks documents of ``kind``."""
    secret_lists = [
        field for field, child in kind.children.items() if child in kinds and kinds[child].secret
    ]
    secrets = frozenset(("spec", field) for field in (*kind.secret, *secret_lists))
    return Checker(kind, kinds, secrets)


def check(findings: Findings, checker: Checker) -> None:
    """Adds what the schema of the document's kind finds wrong with it."""
    if not checker.quick(findings.document.value):
        from reconciler.manifest.validate.messages import Subject  # noqa: PLC0415  # where something is wrong

        check_schema(findings, checker.validator, Subject(checker.kind, checker.kinds))


def check_schema(findings: Findings, validator: Any, subject: "Subject") -> None:
    """Adds what ``validator`` finds wrong with the document, as far as nobody said it better before."""
    from reconciler.manifest.validate.messages import message_for  # noqa: PLC0415  # where something is wrong

    for error in islice(validator.iter_errors(findings.document.value), MAX_PROBLEMS):
        message_for(error, findings, subject)
