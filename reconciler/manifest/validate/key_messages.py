"""Messages about keys: unknown, missing and misplaced ones."""

from collections.abc import Collection

from reconciler.core.text import did_you_mean, nearest
from reconciler.manifest.document import Findings, Path, key_place
from reconciler.manifest.validate.misplaced import follows_misplaced, misplaced_key
from reconciler.manifest.validate.type_messages import dash_hint
from reconciler.manifest.validate.value_messages import example_hint
from reconciler.manifest.validate.violation import Subject, Violation


def missing_key(violation: Violation, path: Path, findings: Findings, _: Subject) -> None:
    """Report a required key that is missing."""
    missing = violation.word
    description = violation.schema.get("properties", {}).get(missing, {}).get("description", "")
    findings.add(
        (*path, missing),
        "this is required and missing",
        hint=f"add {missing!r}{': ' if description else ''}{description}",
    )


def invalid_key(violation: Violation, path: Path, findings: Findings, _: Subject) -> None:
    """Report a key with characters that are not allowed."""
    key = (*path, violation.word)
    hint = "use letters, digits, '_', '-' and '.', and start with a letter or digit"
    findings.add(
        key, "this name is not allowed", hint=hint, place=key_place(findings.document, key)
    )


def no_alternative(violation: Violation, path: Path, findings: Findings, subject: Subject) -> None:
    """Report a mapping that has none of several required sets of keys."""
    choices = [option["required"] for option in violation.wanted if set(option) == {"required"}]
    if len(choices) != len(violation.wanted):
        findings.add(
            path, "this matches none of the allowed forms", hint=example_hint(violation.schema)
        )
        return
    if subject.kind and path == ("spec",):
        required = set(subject.kind.required)
        # A fragment may give the field, so composition checks it.
        if not all(required.isdisjoint(names) for names in choices):
            return
    findings.add(
        path, f"{' or '.join(' and '.join(names) for names in choices)} is required", hint="add it"
    )


def _users(key: str, subject: Subject) -> str:
    users: list[str] = []
    fragments: list[str] = []
    for kind in subject.kinds.values():
        if key in kind.fields and kind is not subject.kind:
            (fragments if kind.type == "fragment" else users).append(kind.name)
    own = users or fragments
    return f"{', '.join(own[:-1])} and {own[-1]}" if len(own) > 1 else "".join(own)


def _unknown_key_message(
    path: Path, key: str, subject: Subject, *, violation: Violation, findings: Findings
) -> tuple[str, str]:
    """Message and hint for an unknown key."""
    known = list(violation.schema.get("properties", {}))
    kind = subject.kind
    if dash_hint(key):
        return "this is not a field", dash_hint(key)
    if kind and key == kind.key and key not in kind.fields and key != "name":
        return (
            f"this is the name of a {kind.name}, which is written in metadata.name",
            "remove the line, and give its value to metadata.name",
        )
    if kind and path == ("spec",) and key in kind.answers:
        users = _users(key, subject)
        return (
            f"this is read-only on a {kind.name}",
            f"remove the line{f'; it is a field of {users}' if users else ''}",
        )
    if kind and (found := misplaced_key(findings, path, key, kind=kind)):
        return found
    if kind and path == ("spec",) and (users := _users(key, subject)):
        head, _, tail = key.partition(kind.flatten) if kind.flatten else ("", "", "")
        nested = f"; write {head}: {{{tail}: …}}" if head in known else ""
        return f"this is a field of {users}, not of {kind.name}", f"remove the line{nested}"
    return _misspelled(key, known, violation.value)


def _misspelled(key: str, known: Collection[str], present: Collection[str]) -> tuple[str, str]:
    meant = nearest(key, known) if len(key) <= 100 else None
    if meant:
        twice = f"{meant!r} is there already: keep one of the two" if meant in present else ""
        return f"unknown field{did_you_mean(key, known)}", twice
    return "unknown field", f"the fields here are {', '.join(known)}"


def unknown_keys(violation: Violation, path: Path, findings: Findings, subject: Subject) -> None:
    """Report each key that the schema does not know."""
    known = list(violation.schema.get("properties", {}))
    for key in violation.value:
        if key in known or follows_misplaced(findings, path, key, subject.kind):
            continue
        message, hint = _unknown_key_message(
            path, key, subject, violation=violation, findings=findings
        )
        inner = (*path, key)
        findings.add(inner, message, hint=hint, place=key_place(findings.document, inner))
