"""Rules of one document beyond its schema: empty values, timestamps, URLs, secrets, names."""

import re
import uuid
from collections.abc import Mapping
from typing import Any, Literal

from reconciler.core.kinds import Kind
from reconciler.core.regex import regex
from reconciler.core.resources import Place, Severity
from reconciler.manifest.compose.variables import ENVIRONMENT, walk
from reconciler.manifest.document import Findings, Path, Span, mark_at, source_line
from reconciler.manifest.validate.schema import Checker

LiteralSecrets = Literal["warn", "allow", "refuse"]

_ID_LENGTH = 36  # of a UUID
_MISPLACED = ("metadata", "spec")  # reported as misplaced, whatever is in it
_EATEN = regex(r"\s*(#\S.*)")
_HEX_COLOUR = regex(r"#[0-9a-fA-F]{3,8}")
_HOST = regex(r"(?:[^\s/?#@]*@)?(?:\[[0-9a-fA-F:.]+\]|[^\s/?#@:\[\]]+)(?::[0-9]+)?(?=[/?#]|\Z)")


def _gap(findings: Findings, path: Path, mark: Span) -> None:
    rest = source_line(findings.document.file, mark.line)[mark.column - 1 :]
    eaten = _EATEN.match(rest)
    if eaten is None or findings.masked(path):
        unset = " write null to unset it," if path[0] == "spec" else ""
        findings.add(path, "this has no value", hint=f"write a value,{unset} or remove the line")
        return
    findings.mark_reported(path)
    colour = _HEX_COLOUR.match(eaten[1])
    example = f": '{colour.group()}'" if colour else ""
    place = Place(findings.document.file.name, mark.line, mark.column + eaten.start(1))
    findings.add(
        path,
        "'#' starts a comment, so the value is empty",
        hint=f"quote the value{example}",
        place=place,
    )


def check_gaps(findings: Findings) -> None:
    """Add a problem for each empty value below the first level."""

    def visit(path: Path, value: Any, mark: Span) -> Any:
        if (
            mark.text == ""
            and not mark.style
            and len(path) > 1
            and value is None
            and path != _MISPLACED
        ):
            _gap(findings, path, mark)
        return value

    walk(findings.document, visit)


def _check_instant(findings: Findings, path: Path, text: str) -> None:
    from reconciler.manifest.validate.timestamps import (  # noqa: PLC0415  # few resources have one
        NO_MOMENT,
        instant_doubt,
        instant_fault,
    )
    from reconciler.manifest.validate.type_messages import shown  # noqa: PLC0415  # so too

    fault = instant_fault(text)
    if fault:
        reason, hint = fault
        because = "" if reason == NO_MOMENT else f": {reason}"
        findings.add(
            path, f"{shown(findings, path, text)} is not a date and time{because}", hint=hint
        )
        return
    doubt = instant_doubt(text)
    if doubt:
        reason, hint = doubt
        findings.add(
            path, f"{shown(findings, path, text)}: {reason}", hint=hint, severity="warning"
        )


def _check_address(
    findings: Findings, path: Path, address: str, *, schemes: tuple[str, ...]
) -> None:
    scheme, _, rest = address.partition("://")
    if scheme in schemes and _HOST.match(rest) and not re.search(r"[\s\x00-\x1f\x7f]", address):
        return
    forms = " or ".join(f"{scheme}://" for scheme in schemes)
    findings.add(
        path,
        f"the value (not shown) does not start with {forms} and a host, or contains spaces",
        hint=f"write {forms}, a host and the rest",
    )


def _check_literal(findings: Findings, path: Path, literal_secrets: LiteralSecrets) -> None:
    text = mark_at(findings.document, path).text or ""
    if ENVIRONMENT in text or literal_secrets == "allow":
        return
    severity: Severity = "error" if literal_secrets == "refuse" else "warning"
    findings.add(
        path,
        "a secret is written here in clear",
        hint="put it into the environment and write ${env:NAME} here",
        severity=severity,
    )


def _check_attributes(
    findings: Findings,
    kind: Kind,
    path: Path,
    *,
    attributes: Mapping[str, Any],
    literal_secrets: LiteralSecrets,
) -> None:
    for name, value in attributes.items():
        # Most fields have none of these rules.
        is_instant = kind.spellings.get(name) == "instant"
        if not (is_instant or name in kind.secret or name in kind.url_schemes):
            continue
        if not isinstance(value, str) or findings.is_reported((*path, name)):
            continue
        if is_instant:
            _check_instant(findings, (*path, name), value)
        if name in kind.url_schemes:
            _check_address(findings, (*path, name), value, schemes=kind.url_schemes[name])
        if name in kind.secret:
            _check_literal(findings, (*path, name), literal_secrets)


def _check_undocumented(findings: Findings, kind: Kind, spec: Mapping[str, Any]) -> None:
    """Add a warning for each value that only some of the vendor's pages have: the Space may refuse it."""
    for name, doubtful in kind.undocumented.items():
        value = spec.get(name)
        items = value if isinstance(value, list) else []
        for index, item in enumerate(items):
            path = ("spec", name, index)
            if item in doubtful and not findings.is_reported(path):
                hint = "the vendor's permissions page has it: keep it where your Space takes it"
                findings.add(
                    path, f"'{item}' is not in the API's document", hint=hint, severity="warning"
                )


def _check_emptied(findings: Findings, kind: Kind, spec: Mapping[str, Any]) -> None:
    """Add a warning for each field that the Space empties for any value written here."""
    for name, wanted in kind.emptied.items():
        path = ("spec", name)
        if spec.get(name) and kind.is_emptied(name, spec) and not findings.is_reported(path):
            because = ", ".join(f"{field}: {value}" for field, value in wanted.items())
            hint = f"remove {name}, or change {next(iter(wanted))}"
            message = f"with {because} the Space has no {name}, even if one is written here"
            findings.add(path, message, hint=hint, severity="warning")


def _check_repeated(findings: Findings, child: Kind, path: Path, items: list[Any]) -> None:
    first: dict[Any, int] = {}
    for index, item in enumerate(items):
        key = item.get(child.key) if isinstance(item, dict) else None
        if not isinstance(key, str) or findings.is_reported((*path, index, child.key)):
            continue
        if key in first:
            message = (
                f"this is the same {child.key} as in {path[-1]}[{first[key]}]; each needs its own"
            )
            findings.add((*path, index, child.key), message, hint="remove one of them")
        first.setdefault(key, index)


def _check_name(findings: Findings, kind: Kind) -> None:
    metadata = findings.document.value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not kind.lookup or not isinstance(name, str) or len(name) != _ID_LENGTH:
        return
    try:
        uuid.UUID(name)
    except ValueError:
        return
    findings.add(
        ("metadata", "name"),
        "this name has the form of an id (a UUID), and the Space would take it for one",
        hint="choose a name that is not a UUID",
    )


def check_document(
    findings: Findings, checker: Checker, *, literal_secrets: LiteralSecrets
) -> None:
    """Add the problems of one document beyond its schema."""
    document, kind = findings.document, checker.kind
    if document.gaps:
        check_gaps(findings)
    _check_name(findings, kind)
    spec = document.value.get("spec")
    if not isinstance(spec, dict):
        return
    _check_attributes(findings, kind, ("spec",), attributes=spec, literal_secrets=literal_secrets)
    _check_undocumented(findings, kind, spec)
    _check_emptied(findings, kind, spec)
    for field, child_name in kind.children.items():
        items, child = spec.get(field), checker.kinds.get(child_name)
        if not isinstance(items, list) or child is None:
            continue
        _check_repeated(findings, child, ("spec", field), items)
        for index, item in enumerate(items):
            if isinstance(item, dict):
                _check_attributes(
                    findings,
                    child,
                    ("spec", field, index),
                    attributes=item,
                    literal_secrets=literal_secrets,
                )
