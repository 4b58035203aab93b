"""Checks documents of an unknown kind as far as possible, so that one run shows all problems."""

from typing import Any

from reconciler.core.text import nearest
from reconciler.manifest.document import Findings
from reconciler.manifest.validate.envelope import Checkers, known_kinds, no_manifest
from reconciler.manifest.validate.schema import Checker, check, check_schema
from reconciler.manifest.validate.semantics import LiteralSecrets, check_document
from reconciler.manifest.validate.violation import Subject


def _similar_kind(name: Any, checkers: Checkers, known: list[str]) -> str | None:
    """The kind that a misspelled ``name`` must mean: the only similar one."""
    if not isinstance(name, str) or name in checkers or len(name) >= 100:
        return None
    near = nearest(name, known)
    is_sure = near and (
        near.lower() == name.lower()
        or not nearest(name, (other for other in known if other != near))
    )
    return near if is_sure else None


def _envelope(checkers: Checkers, known: list[str]) -> Checker:
    """The checker of any resource kind; the envelope is the same for all."""
    return next(checkers[name] for name in known if checkers[name].kind.type == "resource")


def check_stranger(
    findings: Findings, checkers: Checkers, *, literal_secrets: LiteralSecrets
) -> None:
    """Add further problems of a document whose kind was refused.

    It is checked as the similar kind if there is one, otherwise only its envelope. A mapping that
    is no manifest at all gets no further problems.
    """
    value, known = findings.document.value, known_kinds(checkers)
    if not isinstance(value, dict) or no_manifest(value):
        return
    similar = _similar_kind(value.get("kind"), checkers, known)
    if similar:
        findings.secrets = checkers[similar].secrets
        check_document(findings, checkers[similar], literal_secrets=literal_secrets)
        check(findings, checkers[similar])
        return
    envelope = _envelope(checkers, known)
    envelope_keys = {key.lower() for key in envelope.kind.schema["properties"]} - {"spec"}
    if any(key.lower() in envelope_keys for key in value):
        check_schema(findings, envelope.envelope, Subject(kinds=envelope.kinds))
