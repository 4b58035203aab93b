"""Documents against the schemas of their kinds, by JSON Schema 2020-12 and with the few places where that is too lenient made strict."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, TypeChecker, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from reconciler.core.kinds import Kind, Kinds
from reconciler.manifest.documents import MAX_PROBLEMS, Findings, Path
from reconciler.manifest.sentences import Subject, tell

# Longer texts are no match, rather than work for a pattern that may backtrack.
_LONGEST_MATCHED = 10_000


@dataclass(frozen=True, slots=True)
class Checker:
    """A kind, ready to check documents: its compiled schema, and the beginnings of paths that lead to secrets.

    ``quick``, where it is installed, says in a microsecond of nearly every document that nothing is wrong with it.
    """

    kind: Kind
    kinds: Kinds
    validator: Any
    secrets: frozenset[Path]
    quick: Callable[[Any], bool] | None = None

    @property
    def subject(self) -> Subject:
        """What is being checked, as sentences need to know it."""
        return Subject(self.kind, self.kinds)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    whole = f"{pattern[:-1]}\\Z" if pattern.endswith("$") and not pattern.endswith("\\$") else pattern
    return re.compile(whole)


def _pattern(_: Validator, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """As the standard keyword, but ``$`` is the end of the text and not also the place before a last newline."""
    if isinstance(instance, str) and (len(instance) > _LONGEST_MATCHED or not _compiled(pattern).search(instance)):
        yield ValidationError("pattern")


def _required(_: Validator, names: list[str], instance: Any, __: Any) -> Iterator[ValidationError]:
    """As the standard keyword; the message of an error is the name that is missing."""
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield ValidationError(name)


def _unique_items(_: Validator, wanted: bool, instance: Any, __: Any) -> Iterator[ValidationError]:  # noqa: FBT001 - the keyword's own form
    """As the standard keyword, in linear time, with an error for each item that is a repetition."""
    if not wanted or not isinstance(instance, list):
        return
    seen: set[str] = set()
    for index, item in enumerate(instance):
        spelled = json.dumps(item, sort_keys=True)
        if spelled in seen:
            yield ValidationError("uniqueItems", path=[index], instance=item)
        seen.add(spelled)


def _property_names(validator: Any, names: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    """As the standard keyword; the message of an error is the key that is not allowed."""
    if isinstance(instance, dict):
        for key in instance:
            if not validator.evolve(schema=names).is_valid(key):
                yield ValidationError(key)


def _is_whole(_: TypeChecker, instance: Any) -> bool:
    return isinstance(instance, int) and not isinstance(instance, bool)


_Strict: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators={"pattern": _pattern, "propertyNames": _property_names, "required": _required, "uniqueItems": _unique_items},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole),
)


def validator_for(schema: Mapping[str, Any]) -> Any:
    """A validator of ``schema``; 20.0 is no whole number to it."""
    return _Strict(schema)


def checker_for(kind: Kind, kinds: Kinds) -> Checker:
    """What checks documents of ``kind``."""
    secret_lists = [field for field, child in kind.children.items() if child in kinds and kinds[child].secret]
    secrets = frozenset(("spec", field) for field in (*kind.secret, *secret_lists))
    return Checker(kind, kinds, validator_for(kind.schema), secrets, _quick(kind.schema))


def _quick(schema: Mapping[str, Any]) -> Callable[[Any], bool] | None:
    """The extra [fast]: the same check, compiled; None where it is not installed, or does not take ``schema``."""
    try:
        import jsonschema_rs  # noqa: PLC0415  # an extra
    except ImportError:
        return None
    try:
        found: Callable[[Any], bool] = jsonschema_rs.Draft202012Validator(dict(schema)).is_valid
    except ValueError:
        return None
    return found


def check(findings: Findings, checker: Checker) -> None:
    """Adds what the schema of the document's kind finds wrong with it.

    What the quick check takes is right: it differs in 20.0, which it takes for a whole number, so that a document with
    such numbers is not asked of it. It has no words for what is wrong, so the other one speaks then.
    """
    if checker.quick is None or findings.document.floats or not checker.quick(findings.document.value):
        check_schema(findings, checker.validator, checker.subject)


def check_schema(findings: Findings, validator: Any, subject: Subject) -> None:
    """Adds what ``validator`` finds wrong with the document, as far as nobody said it better before."""
    for error in islice(validator.iter_errors(findings.document.value), MAX_PROBLEMS):
        tell(error, findings, subject)
