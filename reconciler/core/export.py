"""Exports live resources as manifests: fields that differ from the defaults, in kind order."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, field, replace
from reconciler.core.kinds import Kind, Kinds, resolve, types_of
from reconciler.core.normalize import canonical, same
from reconciler.core.regex import regex
from reconciler.core.resources import Address, Live, Secret
from reconciler.core.secret_names import is_secret_name
from reconciler.core.secret_texts import SecretTexts
from reconciler.core.text import hidden_characters

_MOST_LEVELS = 40
_NO_LETTER = regex(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A manifest under construction.

    ``spec`` holds values as written in YAML; secrets are still Secret. ``left_out`` maps each field
    that cannot be declared to the reason. ``metadata`` holds entries beside the name.
    """

    address: Address
    spec: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


def _parts(value: Any) -> Iterator[tuple[int, Any]]:
    """Yield every nested value and key with its depth. Iterative, so any depth is safe."""
    ahead: list[tuple[int, Any]] = [(1, value)]
    while ahead:
        depth, one = ahead.pop()
        yield depth, one
        inner: list[Any] = []
        if isinstance(one, Mapping):
            for pair in one.items():
                inner += pair
        elif isinstance(one, list | tuple):
            inner += one
        ahead += [(depth + 1, part) for part in inner]


def _unwritable(value: Any) -> str:
    """Return why ``value`` cannot be written in a manifest; '' if it can."""
    for depth, one in _parts(value):
        if depth > _MOST_LEVELS:
            return "it is nested too deep"
        if isinstance(one, str) and hidden_characters(one):
            return "it holds an invisible character"
        if isinstance(one, float) and not math.isfinite(one):
            return "it holds a number that is not valid in JSON"
    return ""


def literal(value: Any) -> Any:
    """Return ``value`` with ``${`` escaped as ``$${``, so that nothing is read as a reference."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, Mapping):
        return {key: literal(item) for key, item in value.items()}
    return [literal(item) for item in value] if isinstance(value, list | tuple) else value


def _exported_value(kind: Kind, attribute: str, value: Any, *, name: str) -> Any:
    """Return texts, colours and timestamps in canonical form; objects and lists unchanged."""
    if isinstance(value, Mapping | list | tuple):
        return value
    return canonical(kind, attribute, value, name=name)


def _attributes(kind: Kind, live: Live, *, name: str, full: bool) -> Iterator[tuple[str, Any, str]]:
    """Yield each attribute to declare: name, value, and why it cannot be declared (or '')."""
    for attribute in kind.attributes:
        if attribute not in live.attributes:
            continue
        raw = live.attributes[attribute]
        if isinstance(raw, Secret):
            yield attribute, raw, ""
            continue
        fault = _unwritable(raw)
        if fault:
            yield attribute, None, fault
            continue
        value = _exported_value(kind, attribute, raw, name=name)
        default = canonical(kind, attribute, kind.default(attribute, name), name=name)
        is_default = same(canonical(kind, attribute, raw, name=name), default)
        is_known_default = is_default and (raw is None or kind.is_documented(attribute))
        if is_known_default and not full and attribute not in kind.required:
            continue  # only documented defaults hold in every Space
        if value is None and "null" not in types_of(kind.fields[attribute]):
            if attribute in kind.required:
                yield attribute, None, "it is not set"
            continue
        yield attribute, literal(value), ""


def _children(
    kinds: Kinds, kind: Kind, live: Live, *, full: bool
) -> Iterator[tuple[str, Any, str]]:
    """As ``_attributes``, for each list of sub-resources that was read, ordered by id."""
    for field_name, child_name in kind.children.items():
        children = live.children.get(field_name)
        if children is None or (not children and not full):
            continue
        specs, first_fault = [], ""
        for child in children:
            spec = {}
            for attribute, value, fault in _attributes(
                kinds[child_name], child, name="", full=full
            ):
                spec[attribute] = value
                first_fault = first_fault or fault
            specs.append(spec)
        yield field_name, specs, first_fault


def in_order(kind: Kind, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Sort ``spec`` canonically: fragments, then fields in schema order, then sub-resources."""
    first = [kind.applies_to, *(part.field for part in kind.compose)]
    names = dict.fromkeys([*first, *kind.fields])
    for child in kind.children:
        names.pop(child, None)
    return {name: spec[name] for name in (*names, *kind.children) if name in spec}


def to_manifest(kinds: Kinds, live: Live, *, full: bool = False) -> Draft:
    """Return the manifest that declares ``live`` as it is.

    Leaves out read-only fields and, unless ``full``, defaults.
    """
    kind, name = kinds[live.address.kind], live.address.name
    spec: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for attribute, value, fault in (
        *_attributes(kind, live, name=name, full=full),
        *_children(kinds, kind, live, full=full),
    ):
        if fault:
            left_out[attribute] = fault
        else:
            spec[attribute] = value
    return Draft(live.address, in_order(kind, spec), {}, left_out)


def without_secrets(draft: Draft, secrets: SecretTexts) -> Draft:
    """Return ``draft`` with each text that holds a secret as a Secret, and without such objects."""
    held = {name: value for name, value in draft.spec.items() if secrets.in_value(value)}
    texts = {name: Secret(value) for name, value in held.items() if isinstance(value, str)}
    faults = dict.fromkeys(held.keys() - texts.keys(), "it holds the value of a variable")
    return without(replace(draft, spec={**draft.spec, **texts}), faults)


def without(draft: Draft, faults: Mapping[str, str]) -> Draft:
    """Remove the fields in ``faults`` from ``draft``; the values are the reasons."""
    spec = {name: value for name, value in draft.spec.items() if name not in faults}
    return replace(draft, spec=spec, left_out={**draft.left_out, **faults})


def _secrets(kinds: Kinds, draft: Draft) -> Iterator[tuple[tuple[str | int, ...], Secret, str]]:
    """Yield each secret of a draft: its path, the Secret, its variable name without a number."""
    kind = kinds[draft.address.kind]
    for attribute, value in draft.spec.items():
        if isinstance(value, Secret):
            yield (attribute,), value, _variable(kind.name, draft.address.name, attribute)
        if attribute in kind.children:
            child = kind.children[attribute]
            for index, item in enumerate(value):
                for name, secret in item.items():
                    if isinstance(secret, Secret):
                        variable = _variable(kind.name, draft.address.name, f"{child}_{name}")
                        yield (attribute, index, name), secret, variable


def _variable(kind: str, resource: str, field: str) -> str:
    """Return the variable name for a secret.

    Leaves out the resource name if it makes the variable look like a credential (``KEYNOTE``).
    """
    full = _NO_LETTER.sub("_", f"{kind}_{resource}_{field}").upper()
    short = _NO_LETTER.sub("_", f"{kind}_{field}").upper()
    return short if is_secret_name(full) else full


def _unused_name(name: str, taken: Collection[str]) -> str:
    numbered = (f"{name}_{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(other for other in numbered if other not in taken)


def _with_text(draft: Draft, path: tuple[str | int, ...], text: str) -> Draft:
    """Set ``text`` at ``path`` in the spec of ``draft``."""
    first, *rest = path
    assert isinstance(first, str)  # a path starts with a field
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
    """Replace each secret by ``${env:NAME}``; also returns the Secret for each NAME.

    Names derive from kind, resource and field, so every run produces the same ones. A name in
    ``taken`` gets a number.
    """
    variables: dict[str, Secret] = {}
    finished = []
    for draft in drafts:
        result = draft
        for path, secret, variable in _secrets(kinds, draft):
            name = _unused_name(variable, {*taken, *variables})
            variables[name] = secret
            result = _with_text(result, path, f"${{env:{name}}}")
        finished.append(result)
    return tuple(finished), variables


def document_of(kinds: Kinds, draft: Draft) -> dict[str, Any]:
    """Return the manifest document of a draft without secrets, in canonical order."""
    schema = kinds[draft.address.kind].schema
    version = resolve(schema["properties"]["apiVersion"], schema)["const"]
    metadata = {"name": draft.address.name, **draft.metadata}
    return {
        "apiVersion": version,
        "kind": draft.address.kind,
        "metadata": metadata,
        "spec": dict(draft.spec),
    }
