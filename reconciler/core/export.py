"""Live resources to the manifests that would declare them: what differs from the defaults, in the kind's own order."""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.core.kinds import Kind, Kinds, resolve, types_of
from reconciler.core.normalize import canonical, same
from reconciler.core.resources import Address, Live, Secret
from reconciler.core.secret_names import is_secret_name
from reconciler.core.text import hidden_characters

MOST_LEVELS = 40
_NO_LETTER = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A manifest in the making.

    ``spec`` holds values as they are to be written, but for each secret, which is still a Secret. ``left_out`` maps a field
    that cannot be declared to why. ``metadata`` is what stands beside the name.
    """

    address: Address
    spec: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


def _parts(value: Any) -> Iterator[tuple[int, Any]]:
    """Every value and key inside ``value`` with how deep it stands; no depth is too much."""
    ahead: list[tuple[int, Any]] = [(1, value)]
    while ahead:
        depth, one = ahead.pop()
        yield depth, one
        if isinstance(one, Mapping):
            ahead += [(depth + 1, inner) for pair in one.items() for inner in pair]
        elif isinstance(one, list | tuple):
            ahead += [(depth + 1, inner) for inner in one]


def _unwritable(value: Any) -> str:
    """Why ``value`` cannot stand in a manifest; nothing where it can."""
    for depth, one in _parts(value):
        if depth > MOST_LEVELS:
            return "it is nested too deep"
        if isinstance(one, str) and hidden_characters(one):
            return "it holds a character that cannot be seen"
        if isinstance(one, float) and not math.isfinite(one):
            return "it holds a number that JSON cannot hold"
    return ""


def _literal(value: Any) -> Any:
    """``value`` with each text such that nothing is filled in where it is read."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, Mapping):
        return {key: _literal(item) for key, item in value.items()}
    return [_literal(item) for item in value] if isinstance(value, list | tuple) else value


def _exported_value(kind: Kind, attribute: str, value: Any, *, name: str) -> Any:
    """One spelling for texts, colours and moments; objects and lists as the Space has them."""
    return (
        value
        if isinstance(value, Mapping | list | tuple)
        else canonical(kind, attribute, value, name=name)
    )


def _attributes(kind: Kind, live: Live, *, name: str, full: bool) -> Iterator[tuple[str, Any, str]]:
    """Each attribute worth declaring: its name, its value, and why it cannot be declared all the same."""
    for attribute in kind.attributes:
        if attribute not in live.attributes:
            continue
        there = live.attributes[attribute]
        if isinstance(there, Secret):
            yield attribute, there, ""
            continue
        fault = _unwritable(there)
        if fault:
            yield attribute, None, fault
            continue
        value = _exported_value(kind, attribute, there, name=name)
        default = canonical(kind, attribute, kind.default(attribute, name), name=name)
        usual = same(canonical(kind, attribute, there, name=name), default)
        if (
            not full
            and attribute not in kind.required
            and usual
            and (there is None or kind.is_documented(attribute))
        ):
            continue  # of a default that is not documented, nobody knows that another Space has it too
        if value is None and "null" not in types_of(kind.fields[attribute]):
            if attribute in kind.required:
                yield attribute, None, "it is not set"
            continue
        yield attribute, _literal(value), ""


def _children(
    kinds: Kinds, kind: Kind, live: Live, *, full: bool
) -> Iterator[tuple[str, Any, str]]:
    """As ``_attributes``, for each list of sub-resources that was read, in the order of their ids."""
    for field_name, child_name in kind.children.items():
        ones = live.children.get(field_name)
        if ones or (full and ones is not None):
            found = [list(_attributes(kinds[child_name], one, name="", full=full)) for one in ones]
            fault = next((fault for one in found for _, _, fault in one if fault), "")
            yield (
                field_name,
                [{attribute: value for attribute, value, _ in one} for one in found],
                fault,
            )


def in_order(kind: Kind, spec: Mapping[str, Any]) -> dict[str, Any]:
    """``spec`` with its fields in the canonical order: fragments first, then as the schema has them, sub-resources last."""
    first = [kind.applies_to, *(part.field for part in kind.compose)]
    names = [
        *first,
        *(name for name in kind.fields if name not in first and name not in kind.children),
        *kind.children,
    ]
    return {name: spec[name] for name in names if name in spec}


def to_manifest(kinds: Kinds, live: Live, *, full: bool = False) -> Draft:
    """The manifest that declares ``live`` as it is. Defaults are left out unless ``full``; so is what only the Space sets."""
    kind, name = kinds[live.address.kind], live.address.name
    found = [
        *_attributes(kind, live, name=name, full=full),
        *_children(kinds, kind, live, full=full),
    ]
    spec = {attribute: value for attribute, value, fault in found if not fault}
    return Draft(
        live.address,
        in_order(kind, spec),
        {},
        {attribute: fault for attribute, _, fault in found if fault},
    )


def without(draft: Draft, faults: Mapping[str, str]) -> Draft:
    """``draft`` without the fields in ``faults``, which say why."""
    spec = {name: value for name, value in draft.spec.items() if name not in faults}
    return replace(draft, spec=spec, left_out={**draft.left_out, **faults})


def _secrets(kinds: Kinds, draft: Draft) -> Iterator[tuple[tuple[str | int, ...], Secret, str]]:
    """Each secret of a draft: the way to it, itself, and what its variable is called but for a number."""
    kind = kinds[draft.address.kind]
    for attribute, value in draft.spec.items():
        if isinstance(value, Secret):
            yield (attribute,), value, _variable(kind.name, draft.address.name, attribute)
        if attribute in kind.children:
            for index, item in enumerate(value):
                yield from (
                    (
                        (attribute, index, name),
                        one,
                        _variable(
                            kind.name, draft.address.name, f"{kind.children[attribute]}_{name}"
                        ),
                    )
                    for name, one in item.items()
                    if isinstance(one, Secret)
                )


def _variable(kind: str, resource: str, field: str) -> str:
    """A name that manifests may read: without that of the resource where it makes the whole look like a secret's (``KEYNOTE``)."""
    full, short = (
        _NO_LETTER.sub("_", words).upper()
        for words in (f"{kind}_{resource}_{field}", f"{kind}_{field}")
    )
    return short if is_secret_name(full) else full


def _unused_name(name: str, taken: Collection[str]) -> str:
    numbered = (f"{name}_{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(other for other in numbered if other not in taken)


def _with_child_fields(draft: Draft, way: tuple[str | int, ...], text: str) -> Draft:
    """``draft`` with ``text`` at the end of ``way``."""
    first, *rest = way
    assert isinstance(first, str)  # a way starts with a field
    if not rest:
        return replace(draft, spec={**draft.spec, first: text})
    index, name = rest
    items = [
        {**item, name: text} if spot == index else item
        for spot, item in enumerate(draft.spec[first])
    ]
    return replace(draft, spec={**draft.spec, first: items})


def with_references(
    kinds: Kinds, drafts: Sequence[Draft], *, taken: Collection[str] = ()
) -> tuple[tuple[Draft, ...], dict[str, Secret]]:
    """``drafts`` with ``${env:NAME}`` in the place of each secret, and what each NAME stands for.

    A name is made of kind, resource and field, the same in every run; it gets a number where it is ``taken``.
    """
    variables: dict[str, Secret] = {}
    finished = []
    for draft in drafts:
        done = draft
        for way, secret, wanted in _secrets(kinds, draft):
            name = _unused_name(wanted, {*taken, *variables})
            variables[name] = secret
            done = _with_child_fields(done, way, f"${{env:{name}}}")
        finished.append(done)
    return tuple(finished), variables


def document_of(kinds: Kinds, draft: Draft) -> dict[str, Any]:
    """The manifest of a draft without secrets, in canonical order."""
    schema = kinds[draft.address.kind].schema
    version = resolve(schema["properties"]["apiVersion"], schema)["const"]
    metadata = {"name": draft.address.name, **draft.metadata}
    return {
        "apiVersion": version,
        "kind": draft.address.kind,
        "metadata": metadata,
        "spec": dict(draft.spec),
    }
