"""Turns live resources into valid manifest drafts; reports fields no manifest can hold."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.errors import UsageError
from reconciler.core.export import (
    Draft,
    document_of,
    to_manifest,
    with_references,
    without,
    without_secrets,
)
from reconciler.core.kinds import Kinds
from reconciler.core.regex import regex
from reconciler.core.resources import Address, Live, Problem, Secret
from reconciler.core.secret_texts import NO_SECRETS, SecretTexts
from reconciler.core.text import printable
from reconciler.engine.importer.common_fragments import common, fragments_of, shared, suggestions
from reconciler.manifest.formatting.emitter import manifest_text
from reconciler.manifest.load import Loaded, load
from reconciler.space.paths import is_name

# Drafts are validated together; where one is wrong, only its group is validated again.
_AT_ONCE = 200
_FIELD = regex(r"spec\.([^.\[]+)")


@dataclass(frozen=True, slots=True)
class CheckedDrafts:
    """Drafts that load without an error, and why the others do not."""

    drafts: tuple[Draft, ...]
    refused: Mapping[Address, str]


def text_of(kinds: Kinds, drafts: Sequence[Draft], *, heading: str = "") -> str:
    """Return the text of a file with ``drafts``, whose secrets are references already.

    Each document begins with ``heading``.
    """
    return manifest_text(*(document_of(kinds, draft) for draft in drafts), heading=heading)


def _loaded(kinds: Kinds, drafts: Sequence[Draft]) -> Loaded:
    written, variables = with_references(kinds, drafts)
    content = text_of(kinds, written).encode()
    return load(
        ["-"], kinds=kinds, variables={}, environment=values_of(variables), stdin=lambda: content
    )


def values_of(variables: Mapping[str, Secret]) -> dict[str, str]:
    """Return the plain value of each variable, for the loader and the requested env file."""
    return {name: secret.value for name, secret in variables.items()}


def env_text(variables: Mapping[str, Secret]) -> str:
    """Return the text of a file that sets ``variables`` in a shell."""
    return "".join(
        f"export {name}={shlex.quote(value)}\n" for name, value in values_of(variables).items()
    )


def _at_fault(draft: Draft, problems: Sequence[Problem]) -> dict[str, str]:
    """Return the fields of ``draft`` that the loader rejects, each with its first message."""
    found: dict[str, str] = {}
    for problem in problems:
        match = _FIELD.match(problem.pointer)
        if match and match[1] in draft.spec and problem.severity == "error":
            found.setdefault(match[1], problem.message)
    return found


def _without_faults(kinds: Kinds, draft: Draft) -> Draft | str:
    """Remove rejected fields from ``draft``; returns the reason if that does not help."""
    required = kinds[draft.address.kind].required
    while True:
        loaded = _loaded(kinds, [draft])
        if loaded.desired:
            return draft
        faults = _at_fault(draft, loaded.problems)
        needed = next((name for name in required if name in {**draft.left_out, **faults}), None)
        if needed:
            return f"its {needed} cannot be declared, and is required: {({**draft.left_out, **faults})[needed]}"
        if not faults:
            return next(
                (problem.message for problem in loaded.problems if problem.severity == "error"),
                "it cannot be declared",
            )
        draft = without(draft, faults)


def check_drafts(
    kinds: Kinds, lives: Sequence[Live], *, full: bool, secrets: SecretTexts = NO_SECRETS
) -> CheckedDrafts:
    """Return a draft for each live resource, without fields that no manifest accepts.

    A text that holds one of ``secrets`` becomes a reference.
    """
    drafts = [without_secrets(to_manifest(kinds, live, full=full), secrets) for live in lives]
    kept: list[Draft] = []
    refused: dict[Address, str] = {}
    for start in range(0, len(drafts), _AT_ONCE):
        some = drafts[start : start + _AT_ONCE]
        fine = {one.address for one in _loaded(kinds, some).desired}
        for draft in some:
            result = draft if draft.address in fine else _without_faults(kinds, draft)
            if isinstance(result, Draft):
                kept.append(result)
            else:
                refused[draft.address] = result
    return CheckedDrafts(tuple(kept), refused)


def matches(address: Address, patterns: str) -> bool:
    """Whether one of the shell patterns (``web*``, ``Room/*``, ``a,b``) fits the address."""
    return any(
        fnmatchcase(str(address) if "/" in pattern else address.name, pattern)
        for pattern in patterns.split(",")
    )


def _one_fragment(
    kinds: Kinds, drafts: Sequence[Draft], wanted: str, *, palettes: bool
) -> tuple[Draft, tuple[Draft, ...]]:
    """Create the fragment requested by ``NAME`` or ``NAME=PATTERN``; returns the changed drafts."""
    name, _, pattern = wanted.partition("=")
    flag = f"{'--theme' if palettes else '--preset'} {printable(wanted)}"
    if not is_name(name):
        raise UsageError(
            f"{flag}: {printable(repr(name))} is not a valid name",
            hint="letters, digits, '_' and '-'; then, if wanted, =PATTERN",
        )
    if not pattern:
        found = suggestions(kinds, drafts, palettes=palettes)
        if not found:
            raise UsageError(
                f"{flag}: no other values are shared by several resources",
                hint="name the resources with NAME=PATTERN",
            )
        return shared(kinds, drafts, found[0], name=name)
    members = [draft for draft in drafts if matches(draft.address, pattern)]
    for fragment in fragments_of(kinds, palettes=palettes):
        offer = common(kinds, members, fragment=fragment)
        if offer.fields:
            return shared(kinds, drafts, offer, name=name)
    what = (
        "have nothing in common that differs from the defaults"
        if members
        else "are not among those that are imported"
    )
    raise UsageError(f"{flag}: the resources that match {what}", hint="choose another pattern")


def with_fragments(
    kinds: Kinds, drafts: Sequence[Draft], *, presets: Sequence[str], themes: Sequence[str]
) -> Iterator[Draft]:
    """Return drafts and requested fragments, each with its users. UsageError for a useless one."""
    rest = tuple(drafts)
    made: dict[Address, Draft] = {}
    for wanted, palettes in (
        *((text, False) for text in presets),
        *((text, True) for text in themes),
    ):
        fragment, rest = _one_fragment(kinds, rest, wanted, palettes=palettes)
        if fragment.address in made:
            raise UsageError(
                f"{fragment.address} is given twice", hint="give each a name of its own"
            )
        made[fragment.address] = fragment
    yield from made.values()
    yield from rest
