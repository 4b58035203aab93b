"""Manifest envelope: kind, name, metadata."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.deferred_dataclass import built_often, dataclass
from reconciler.core.kinds import Kind
from reconciler.core.resources import Address, Place
from reconciler.core.text import did_you_mean
from reconciler.manifest.document import Findings, place_of
from reconciler.manifest.validate.schema import Checker

Checkers = Mapping[str, Checker]

_MANIFEST = ("apiVersion", "kind", "metadata", "spec")
# Files written by this tool that may lie among manifests, recognised by their keys.
_OURS = (
    ({"format_version", "actions", "summary"}, "a saved plan"),
    ({"format_version", "drift", "summary"}, "a drift report"),
    ({"outcomes", "summary"}, "the result of an apply"),
    ({"lineage", "serial"}, "a state"),
    ({"$schema"}, "a JSON Schema"),
)


@built_often
@dataclass(frozen=True, slots=True)
class Manifest:
    """A document of a known kind; ``name`` is empty if it has no usable one."""

    checker: Checker
    findings: Findings
    name: str

    @property
    def kind(self) -> Kind:
        """The document's kind."""
        return self.checker.kind

    @property
    def address(self) -> Address:
        """Kind and name."""
        return Address(self.kind.name, self.name)

    @property
    def spec(self) -> Any:
        """The spec with variables substituted; None if missing or not a mapping."""
        return self.findings.document.value.get("spec")

    @property
    def place(self) -> Place:
        """Position of the name."""
        return place_of(self.findings.document, ("metadata", "name"))

    def metadata(self, key: str) -> Any:
        """Value of ``metadata.<key>``, or None."""
        metadata = self.findings.document.value.get("metadata")
        return metadata.get(key) if isinstance(metadata, dict) else None


def _joined(names: list[str], word: str) -> str:
    return f"{', '.join(names[:-1])} {word} {names[-1]}" if len(names) > 1 else "".join(names)


def _homes(kind: Kind, checkers: Checkers) -> tuple[str, str]:
    """The field that holds children of ``kind``, and the kinds that have it."""
    fields: list[str] = []
    parents: list[str] = []
    for name in sorted(checkers):
        for field, child in checkers[name].kind.children.items():
            if child == kind.name:
                fields.append(field)
                parents.append(name)
    return fields[0] if fields else "spec", _joined(parents, "or")


def no_manifest(value: object) -> str:
    """What another file of this tool is ("a saved plan"); empty for anything else."""
    if not isinstance(value, dict) or not value.keys().isdisjoint(
        _MANIFEST
    ):  # a broken manifest must be reported, never ignored
        return ""
    return next((what for keys, what in _OURS if value.keys() >= keys), "")


def known_kinds(checkers: Checkers) -> list[str]:
    """Kinds of manifests, in name order."""
    return [name for name in sorted(checkers) if checkers[name].kind.type != "child"]


def checker_of(findings: Findings, checkers: Checkers) -> Checker | None:
    """The checker for the document's kind; None, with a problem added, if unknown."""
    value = findings.document.value
    name = value.get("kind") if isinstance(value, dict) else None
    checker = checkers.get(name) if isinstance(name, str) else None
    if checker and checker.kind.type != "child":
        return checker
    _add_unknown_kind(findings, checkers, checker)
    return None


def _add_unknown_kind(findings: Findings, checkers: Checkers, checker: Checker | None) -> None:
    """Add the problem of a document without a kind of manifests; ``checker`` is of a sub-resource."""
    value = findings.document.value
    if not isinstance(value, dict):
        if findings.is_reported(()):
            return
        what = "a list" if isinstance(value, list) else "not a mapping"
        findings.add(
            (),
            f"document {findings.document.number} is {what}, and a manifest is a mapping",
            hint="write each resource as a document of its own, with apiVersion, kind, metadata and spec",
        )
        return
    if other := no_manifest(value):
        findings.add(
            (),
            f"this is {other}, not a manifest, and is skipped",
            hint="move the plan to a folder that is not searched, or name it under 'exclude' in"
            " reconciler.yaml",
            severity="warning",
        )
        return
    known = known_kinds(checkers)
    name = value.get("kind")
    if checker:
        field, parents = _homes(checker.kind, checkers)
        findings.add(
            ("kind",),
            f"a {name} is not a separate manifest",
            hint=f"write it in the '{field}' of a {parents}",
        )
    elif "kind" not in value:
        findings.add(("kind",), "this is required and missing", hint=f"one of {', '.join(known)}")
    elif not findings.is_reported(("kind",)):
        from reconciler.manifest.validate.type_messages import shown  # noqa: PLC0415  # for a problem

        near = did_you_mean(name, known) if isinstance(name, str) and len(name) < 100 else ""
        findings.add(
            ("kind",),
            f"{shown(findings, ('kind',), name)} is not a kind{near}",
            hint=f"one of {', '.join(known)}",
        )


def manifest_of(findings: Findings, checker: Checker) -> Manifest:
    """The Manifest of a validated document."""
    metadata = findings.document.value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    usable = isinstance(name, str) and not findings.is_reported(("metadata", "name"))
    return Manifest(checker, findings, str(name) if usable else "")
