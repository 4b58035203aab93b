"""Loads manifests from values in memory. Each stands alone: the wrong ones stop no other."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.core.kinds import Kinds
from reconciler.core.resources import Address, Problem
from reconciler.manifest.compose.fragments import Library, fragments_in
from reconciler.manifest.compose.variables import Variables
from reconciler.manifest.document import Document, Findings, Source
from reconciler.manifest.load import Loaded, Settings, check_manifest, compose_all, in_order
from reconciler.manifest.validate.envelope import Manifest
from reconciler.manifest.validate.schema import checker_for
from reconciler.manifest.validate.uniqueness import check_names
from reconciler.manifest.values import document_of, named_in
from reconciler.timing import stage


def _checked(documents: Iterable[Document], kinds: Kinds) -> tuple[list[Findings], list[Manifest]]:
    # Texts of values are meant as they are, and no file can leak a secret that is in memory.
    settings = Settings(
        {name: checker_for(kind, kinds) for name, kind in kinds.items()},
        Variables({}, {}),
        "allow",
    )
    findings: list[Findings] = []
    manifests: list[Manifest] = []
    for document in documents:
        found, manifest = check_manifest(document, settings, frozenset())
        findings.append(found)
        manifests += [manifest] if manifest else []
    return findings, manifests


def _fragments_first(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Sort so that every fragment is known to be right or wrong before it is used."""
    return sorted(manifests, key=lambda one: (one.kind.type == "resource", one.kind.type))


def _sources_with_errors(values: Mapping[str, Any], problems: Iterable[Problem]) -> list[str]:
    sources = {problem.place.file for problem in problems if problem.severity == "error"}
    return [source for source in values if source in sources]


def _wrong(values: Mapping[str, Any], sources: Iterable[str], kinds: Kinds) -> frozenset[Address]:
    addresses: set[Address] = set()
    for source in sources:
        for kind, name in named_in(values[source]):
            if kind in kinds and kinds[kind].type == "resource":
                addresses.add(Address(kind, name))
    return frozenset(addresses)


def _is_named(value: Any, kinds: Kinds) -> bool:
    """Whether a wrong value says which resource it declares, or that it declares none."""
    kind = value.get("kind") if isinstance(value, Mapping) else None
    if not isinstance(kind, str) or kind not in kinds:
        return False
    return kinds[kind].type != "resource" or bool(named_in(value))


def load_values(values: Mapping[str, Any], *, kinds: Kinds) -> Loaded:
    """Load the manifests in ``values``, by the name of their source; there may be none.

    A value is what a manifest file holds: a mapping with apiVersion, kind, metadata and spec. Its
    texts stand for themselves. ``desired`` holds the valid resources, ``problems`` those of all
    others, each with its source as ``place.file``; ``wrong`` names them. One that uses a fragment
    with errors has an error too.
    """
    problems: list[Problem] = []
    documents: list[Document] = []
    with stage("load"):
        for source, value in values.items():
            document, unusable = document_of(source, value)
            documents += [document] if document else []
            problems += unusable
    with stage("validate"):
        findings, manifests = _checked(documents, kinds)
        check_names(manifests)
    with stage("compose"):
        library = Library(fragments_in(manifests), complete=True, also_search=dict, standalone=True)
        desired, fragments = compose_all(_fragments_first(manifests), library)
    problems += (problem for found in findings for problem in found.problems)
    found = in_order(problems)
    with_errors = _sources_with_errors(values, found)
    return Loaded(
        tuple(sorted(desired, key=lambda one: one.address)),
        dict(sorted(fragments.items())),
        found,
        tuple(_source(document) for document in documents),
        wrong=_wrong(values, with_errors, kinds),
        all_named=all(_is_named(values[source], kinds) for source in with_errors),
    )


def _source(document: Document) -> Source:
    content = json.dumps(document.value, sort_keys=True, separators=(",", ":"))
    return Source(document.file.name, content.encode())
