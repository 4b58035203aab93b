"""Documents of no kind that is known: what can be said of them all the same, so that mending them takes one round."""

from typing import Any

from reconciler.core.text import nearest
from reconciler.manifest.document import Findings
from reconciler.manifest.validate.envelope import Checkers, known_kinds, no_manifest
from reconciler.manifest.validate.messages import Subject
from reconciler.manifest.validate.schema import Checker, check, check_schema
from reconciler.manifest.validate.semantics import LiteralSecrets, check_document


def _meant(name: Any, checkers: Checkers, known: list[str]) -> str | None:
    """The kind that a misspelled ``name`` was surely meant to be: the only one that is near."""
    if not isinstance(name, str) or name in checkers or len(name) >= 100:
        return None
    near = nearest(name, known)
    is_sure = near and (
        near.lower() == name.lower()
        or not nearest(name, (other for other in known if other != near))
    )
    return near if is_sure else None


def _envelope(checkers: Checkers, known: list[str]) -> Checker:
    """Any resource's kind: what is around its spec holds for all."""
    return next(checkers[name] for name in known if checkers[name].kind.type == "resource")


def check_stranger(
    findings: Findings, checkers: Checkers, *, literal_secrets: LiteralSecrets
) -> None:
    """Adds what else is wrong with a document whose kind was complained about.

    It is checked as the kind that was surely meant; otherwise what is around its spec is. Of a mapping that is plainly none of
    ours, the missing kind says enough.
    """
    value, known = findings.document.value, known_kinds(checkers)
    if not isinstance(value, dict) or no_manifest(value):
        return
    meant = _meant(value.get("kind"), checkers, known)
    if meant:
        findings.secrets = checkers[meant].secrets
        check_document(findings, checkers[meant], literal_secrets=literal_secrets)
        check(findings, checkers[meant])
        return
    around = _envelope(checkers, known)
    ours = {key.lower() for key in around.kind.schema["properties"]} - {"spec"}
    if any(key.lower() in ours for key in value):
        check_schema(findings, around.envelope, Subject(kinds=around.kinds))
