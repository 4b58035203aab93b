"""Manifests as written, not composed: variables filled in, environment variables kept as references."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.core.kinds import Kind, Kinds
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import Place
from reconciler.manifest.compose.variables import (
    EVERY,
    FromEnvironment,
    Variables,
    fill,
    keep_references,
)
from reconciler.manifest.document import Document, Findings, Source, place_of
from reconciler.manifest.parse.decoding import decode


class Declared(NamedTuple):
    """One manifest: its kind, metadata and spec, and a place for each path within the spec.

    A text that refers to the environment is a FromEnvironment, whose value means nothing.
    """

    kind: Kind
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    document: Document

    @property
    def name(self) -> str:
        """The name of the resource."""
        return str(self.metadata["name"])

    def place(self, *path: str | int) -> Place:
        """The position of a value, such as ``place("spec", "layout")``."""
        return place_of(self.document, path)


class _Anything(Mapping[str, str]):
    """An environment in which every variable has a value."""

    def __getitem__(self, _: str) -> str:
        return "-"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __contains__(self, _: object) -> bool:
        return True


def reference_in(value: Any) -> str:
    """The text with its ``${env:NAME}`` as written; '' for a value without one."""
    return value.shown if isinstance(value, FromEnvironment) else ""


def _filled(document: Document, variables: Variables) -> Document:
    if document.templated:
        fill(Findings(document), variables)
        keep_references(document)
    return document


def declared(
    sources: Iterable[Source], *, kinds: Kinds, variables: Mapping[str, str]
) -> tuple[Declared, ...]:
    """The manifests in ``sources``, which are valid, in their order."""
    from reconciler.manifest.parse.documents import read_documents  # noqa: PLC0415  # yaml takes as long to import as click

    known = Variables(_Anything(), variables, None, EVERY)
    found = []
    for source in sources:
        text, _ = decode(source)
        documents, _, _ = read_documents(text)
        for document in documents:
            value = document.value
            kind = kinds.get(str(value.get("kind"))) if isinstance(value, dict) else None
            if kind is not None:
                value = _filled(document, known).value
                found.append(Declared(kind, value["metadata"], value.get("spec") or {}, document))
    return tuple(found)
