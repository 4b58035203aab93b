"""Fragments (presets, themes) as seen by a kind that uses them: flattened and checked."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.kinds import Kind
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.text import did_you_mean
from reconciler.manifest.compose.fields import Field, fields_of
from reconciler.manifest.document import Path, place_of
from reconciler.manifest.validate.envelope import Manifest
from reconciler.manifest.validate.schema import Checker

Fragments = Mapping[str, Mapping[str, Manifest]]

# A near name costs a comparison with all names: thousands of typing errors have one cause.
_MOST_SUGGESTIONS = 200


class _Misfit(NamedTuple):
    """Why a kind cannot use a fragment, and a hint."""

    message: str
    hint: str


class Layer(NamedTuple):
    """Fields a fragment gives to one kind, and its misfits."""

    fields: Mapping[str, Field]
    misfits: tuple[_Misfit, ...]


@dataclass(slots=True)
class Library:
    """All fragments by kind and name. ``complete`` is False if some files could not be read.

    ``also_search`` finds fragments in files that were not passed to this run. With ``standalone``
    each manifest is used or refused by itself, so that one that uses a wrong fragment is wrong too.
    """

    manifests: Fragments
    complete: bool
    also_search: Callable[[], Fragments]
    standalone: bool = False
    _layers: dict[tuple[str, str, str], Layer] = field(default_factory=dict)
    _near: dict[tuple[str, str], str] = field(default_factory=dict)
    _found: Fragments | None = None
    _names: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    _sent: dict[tuple[str, tuple[str, ...]], tuple[tuple[str, ...], Mapping[str, str]]] = field(
        default_factory=dict
    )
    _labels: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = field(default_factory=dict)

    def shared_labels(self, labels: Mapping[str, str]) -> Mapping[str, str]:
        """``labels``, kept once for all resources that have the same ones."""
        return self._labels.setdefault(tuple(labels.items()), labels)

    def shared(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """``names``, kept once for all resources that declare the same fields."""
        return self._names.setdefault(names, names)

    def fields_in(
        self, kind: Kind, names: tuple[str, ...]
    ) -> tuple[tuple[str, ...], Mapping[str, str]]:
        """Of ``names``, the fields that ``kind`` sends, in its order, and its lists with their kind."""
        key = (kind.name, names)
        if key not in self._sent:
            children = {name: child for name, child in kind.children.items() if name in names}
            self._sent[key] = tuple(name for name in kind.attributes if name in names), children
        return self._sent[key]

    def layer(self, checker: Checker, kind: str, name: str) -> Layer | None:
        """The layer of fragment ``kind``/``name`` for ``checker``'s kind; None if undeclared."""
        fragment = self.manifests.get(kind, {}).get(name)
        if fragment is None:
            return None
        key = (checker.kind.name, kind, name)
        if key not in self._layers:
            self._layers[key] = _layer(fragment, checker)
        return self._layers[key]

    def wrong(self, kind: str, name: str) -> bool:
        """Whether fragment ``kind``/``name`` has errors that its users have to share."""
        fragment = self.manifests.get(kind, {}).get(name)
        return self.standalone and fragment is not None and fragment.findings.failed

    def _further(self) -> Fragments:
        if self._found is None:
            self._found = self.also_search()
        return self._found

    def missing(self, kind: str, name: str) -> tuple[str, str]:
        """Message and hint for an undeclared fragment."""
        others = [other for other, named in sorted(self.manifests.items()) if name in named]
        if others:
            return f"'{name}' is a {others[0]}, not a {kind}", f"name a {kind} here"
        unnamed = self._further().get(kind, {}).get(name)
        if unnamed:
            file = unnamed.place.file
            return (
                f"there is no {kind} '{name}' in these manifests",
                f"it is declared in {file}, which was not named: name that too",
            )
        if (
            (kind, name) not in self._near
            and len(self._near) < _MOST_SUGGESTIONS
            and len(name) <= 100
        ):
            self._near[kind, name] = did_you_mean(name, self.manifests.get(kind, {}))
        near = self._near.get((kind, name), "")
        return (
            f"there is no {kind} '{name}' in these manifests{near}",
            "" if near else f"declare it: kind: {kind}, metadata: {{name: {name}}}",
        )


def fragments_in(manifests: Iterable[Manifest]) -> Fragments:
    """Fragments among ``manifests`` by kind and name; the first of duplicates."""
    by_kind: dict[str, dict[str, Manifest]] = {}
    for manifest in manifests:
        if manifest.kind.type == "fragment" and manifest.name:
            by_kind.setdefault(manifest.kind.name, {}).setdefault(manifest.name, manifest)
    return by_kind


def _flat(fragment: Manifest) -> dict[str, Field]:
    """The fragment's fields by the names its users have: ``dark: {primary}`` is ``dark_primary``."""
    kind = fragment.kind
    via = f"{kind.name.lower()} {fragment.name}"
    flat: dict[str, Field] = {}
    for name, outer in fields_of(fragment.findings.document, via=via).items():
        if name == kind.applies_to:
            continue
        if not kind.flatten or not isinstance(outer.value, dict):
            flat[name] = outer
            continue
        for inner, value in outer.value.items():
            flat[f"{name}{kind.flatten}{inner}"] = Field(
                value, outer.document, (*outer.path, inner), via
            )
    return flat


def _excluded(fragment: Manifest, user: Kind, title: str) -> _Misfit | None:
    listed = (
        fragment.spec.get(fragment.kind.applies_to)
        if fragment.kind.applies_to and isinstance(fragment.spec, dict)
        else None
    )
    if not isinstance(listed, list) or user.name in listed:
        return None
    path: Path = ("spec", fragment.kind.applies_to)
    at = place_of(fragment.findings.document, path)
    names = ", ".join(name for name in fragment.checker.kinds if name in listed) or "others"
    return _Misfit(
        f"{title} is for {names} only ({at}), and this is a {user.name}",
        f"use another {title.split(maxsplit=1)[0]} here, or add {user.name} to {fragment.kind.applies_to} of this one",
    )


def _misfit(name: str, value: Field, user: Kind, title: str) -> _Misfit:
    if name not in user.fields:
        return _Misfit(
            f"{title} sets {name} ({value.place}), which a {user.name} does not have",
            f"use another {title.split(maxsplit=1)[0]} here, or remove {name} from this one",
        )
    return _Misfit(
        f"{title} sets {name} ({value.place}) to a value that a {user.name} does not take",
        f"use another {title.split(maxsplit=1)[0]} here, or correct {name} in this one",
    )


def _spec_schema(kind: Kind) -> Mapping[str, Any]:
    spec: Mapping[str, Any] = kind.schema["properties"]["spec"]
    return {"properties": spec.get("properties", {})}


def _layer(fragment: Manifest, checker: Checker) -> Layer:
    user = checker.kind
    title = f"{fragment.kind.name.lower()} '{fragment.name}'"
    fields = _flat(fragment)
    excluded = _excluded(fragment, user, title)
    if excluded:
        return Layer(fields, (excluded,))
    told = fragment.findings.told
    wrong: list[str] = []
    values: dict[str, Any] = {}
    for name, one in fields.items():
        if name not in user.fields:
            wrong.append(name)
        elif one.place not in told:
            values[name] = one.value
    # The full check is slow, and explains: it is for values that fail the quick one.
    if not checker.quick_fields(values):
        errors = checker.validator.descend(values, _spec_schema(user))
        wrong += sorted({str(error.path[0]) for error in errors if error.path})
    return Layer(fields, tuple(_misfit(name, fields[name], user, title) for name in wrong))
