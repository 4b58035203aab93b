"""Checks that names are unique across manifests and renames are consistent."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from reconciler.manifest.document import place_of
from reconciler.manifest.validate.envelope import Manifest

_NAME = ("metadata", "name")
_OLD = ("metadata", "renamedFrom")


def _check_unique(namesakes: Sequence[Manifest]) -> None:
    """``namesakes`` have one kind and names that differ at most by case."""
    for manifest in namesakes:
        other = next(
            (one for one in namesakes if one is not manifest and one.name == manifest.name), None
        )
        if other:
            message = (
                f"{manifest.address} is declared twice; the other declaration is at {other.place}"
            )
            manifest.findings.add(_NAME, message, hint="rename or remove one of them")
            continue
        other = next(one for one in namesakes if one is not manifest)
        message = f"'{manifest.name}' differs only by case from '{other.name}' at {other.place}"
        manifest.findings.add(
            _NAME,
            message,
            hint="if you want both, change nothing; otherwise remove one",
            severity="warning",
        )


def _old_name(manifest: Manifest) -> str:
    old = manifest.metadata("renamedFrom")
    return old if isinstance(old, str) and not manifest.findings.is_reported(_OLD) else ""


def _check_rename(
    manifest: Manifest, old: str, *, declared: dict[tuple[str, str], Manifest]
) -> None:
    if old == manifest.name:
        manifest.findings.add(
            _OLD,
            f"'{old}' is this {manifest.kind.name}'s own name",
            hint="remove the line, or write the name that the resource had before",
        )
        return
    other = declared.get((manifest.kind.name, old))
    if other and not _old_name(other):
        message = f"{other.address} is still declared, at {other.place}, so it cannot be renamed to {manifest.address}"
        manifest.findings.add(
            _OLD, message, hint="remove the manifest of the old name, or remove this line"
        )


def _check_claims(claims: Sequence[Manifest]) -> None:
    for manifest in claims:
        other = next(one for one in claims if one is not manifest)
        place = place_of(other.findings.document, _OLD)
        manifest.findings.add(
            _OLD,
            f"{other.address} has the same renamedFrom, at {place}; only one can take over the resource",
            hint="remove one of the two lines",
        )


def check_names(manifests: Iterable[Manifest]) -> None:
    """Add problems of duplicate names and conflicting renames to the manifests concerned."""
    alike: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
    claims: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
    declared: dict[tuple[str, str], Manifest] = {}
    for manifest in manifests:
        if manifest.name:
            alike[manifest.kind.name, manifest.name.casefold()].append(manifest)
            declared.setdefault((manifest.kind.name, manifest.name), manifest)
        if old := _old_name(manifest):
            claims[manifest.kind.name, old].append(manifest)
    for namesakes in alike.values():
        if len(namesakes) > 1:
            _check_unique(namesakes)
    for (_, old), claimants in claims.items():
        if len(claimants) > 1:
            _check_claims(claimants)
        for manifest in claimants:
            _check_rename(manifest, old, declared=declared)
