"""Turns manifests into resources of a cluster, and says what cannot go and what is left to do."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.kinds import Kinds
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.core.resources import Problem, has_errors
from reconciler.kubernetes.definitions import GROUP, VERSION, secret_source
from reconciler.manifest.declared import Declared, reference_in
from reconciler.manifest.document import Path

_DNS_NAME = regex(r"[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?")
_NOT_DNS = regex(r"[^a-z0-9]+")
_LABEL_VALUE = regex(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_LABEL_KEY = regex(r"(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")  # fmt: skip
_WHOLE_REFERENCE = regex(r"\$\{env:([A-Za-z_][A-Za-z0-9_.-]*)\}")


@dataclass(frozen=True, slots=True)
class Names:
    """Where resources go: namespace (or '' for none), Space, and the Secret with stream URLs."""

    space: str
    namespace: str = ""
    secret: str = "reconciler-env"  # noqa: S105  # a name
    adopt: bool = False


class Exported(NamedTuple):
    """Resources; ``problems`` with what cannot go (errors) and what goes differently (warnings).

    ``keys`` maps each key that the Secret must have to what its value is.
    """

    resources: tuple[dict[str, Any], ...]
    problems: tuple[Problem, ...]
    keys: Mapping[str, str]


def _cluster_name(name: str) -> str:
    """A name that a cluster takes; the same one where it takes it."""
    if _DNS_NAME.fullmatch(name):
        return name
    return _NOT_DNS.sub("-", name.lower()).strip("-")[:100].strip("-")


class _Notes:
    """Problems and keys of Secrets, as they are found in one manifest."""

    def __init__(self, written: Declared, names: Names) -> None:
        self.written, self.names = written, names
        self.problems: list[Problem] = []
        self.keys: dict[str, str] = {}

    def add(self, path: Path, message: str, hint: str, *, error: bool) -> None:
        """Add a problem at ``path``: an error if the manifest cannot go."""
        self.problems.append(
            Problem(
                self.written.place(*path),
                message,
                pointer=".".join(str(part) for part in path),
                hint=hint,
                severity="error" if error else "warning",
            )
        )


def _labels(notes: _Notes) -> dict[str, str]:
    """The labels that a cluster takes; each other one is a warning."""
    kept = {}
    for key, value in (notes.written.metadata.get("labels") or {}).items():
        if _LABEL_KEY.fullmatch(key) and _LABEL_VALUE.fullmatch(value):
            kept[key] = value
        else:
            notes.add(
                ("metadata", "labels", key),
                f"the label {key!r} is left out: a cluster takes at most 63 letters, digits, '-', '_' and '.'",
                "shorten it, or make it an annotation",
                error=False,
            )
    return kept


def _check_references(notes: _Notes, path: Path, value: Any) -> None:
    """A value from the environment means nothing in a cluster."""
    reference = reference_in(value)
    if reference:
        notes.add(
            path,
            f"{reference} means nothing in a cluster",
            "write the value, or declare it under 'vars' in reconciler.yaml and write ${var:NAME}",
            error=True,
        )
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _check_references(notes, (*path, key), inner)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            _check_references(notes, (*path, index), inner)


def _secret_key(notes: _Notes, value: Any, path: Path) -> dict[str, Any]:
    """Where the Secret has a value: under the variable's name, or a name made from the path."""
    reference = reference_in(value)
    whole = _WHOLE_REFERENCE.fullmatch(reference)
    made = "-".join(str(part) for part in (notes.written.name, *path[1:]))
    key = whole[1] if whole else f"{notes.written.kind.name.lower()}-{made}"
    place = notes.written.place(*path)
    notes.keys[key] = reference or f"the text at {place}"
    return {"secretKeyRef": {"name": notes.names.secret, "key": key}}


def _without_secrets(
    notes: _Notes, path: Path, fields: Mapping[str, Any], secret: Iterable[str]
) -> dict[str, Any]:
    """``fields`` with each secret replaced by the place of its value in a Secret."""
    made: dict[str, Any] = {}
    for field, value in fields.items():
        if field in secret:
            made[secret_source(field)] = _secret_key(notes, value, (*path, field))
        else:
            _check_references(notes, (*path, field), value)
            made[field] = value
    return made


def _spec(notes: _Notes, kinds: Kinds) -> dict[str, Any]:
    """The fields of a manifest, with references to other manifests by their names in the cluster."""
    kind = notes.written.kind
    plain = {name: value for name, value in notes.written.spec.items() if name not in kind.children}
    made = _without_secrets(notes, ("spec",), plain, kind.secret)
    for compose in kind.compose:
        named = made.get(compose.field)
        if isinstance(named, str):
            made[compose.field] = _cluster_name(named)
        elif named:
            made[compose.field] = [_cluster_name(one) for one in named]
    for field, child in kind.children.items():
        items = notes.written.spec.get(field)
        if items is not None:
            made[field] = [
                _without_secrets(notes, ("spec", field, index), item, kinds[child].secret)
                for index, item in enumerate(items)
            ]
    return made


def _control_words(notes: _Notes) -> dict[str, Any]:
    written, names = notes.written, notes.names
    words: dict[str, Any] = {"spaceRef": {"name": names.space}}
    if _cluster_name(written.name) != written.name:
        words["roomName"] = written.name
    if written.metadata.get("protect"):
        words["protect"] = True
    if names.adopt:
        words["adoptionPolicy"] = "IfExists"
    if written.metadata.get("renamedFrom"):
        notes.add(
            ("metadata", "renamedFrom"),
            "renamedFrom is left out: a resource knows what it manages by its id",
            "apply the rename before the export",
            error=False,
        )
    return words


def _resource(notes: _Notes, kinds: Kinds) -> dict[str, Any]:
    written, names = notes.written, notes.names
    labels = _labels(notes)
    control = _control_words(notes) if written.kind.type == "resource" else {}
    metadata = {
        "name": _cluster_name(written.name),
        **({"namespace": names.namespace} if names.namespace else {}),
        **({"labels": labels} if labels else {}),
    }
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": written.kind.name,
        "metadata": metadata,
        "spec": {**control, **_spec(notes, kinds)},
    }


def _check_name(notes: _Notes, taken: Mapping[tuple[str, str], str]) -> None:
    """Two names that differ only in case or punctuation are one name in a cluster."""
    written = notes.written
    name = _cluster_name(written.name)
    other = taken.get((written.kind.name, name))
    if not name:
        notes.add(
            ("metadata", "name"),
            f"{written.name!r} has no letter or digit that a name in a cluster could keep",
            "rename it before the export",
            error=True,
        )
    elif other is not None:
        notes.add(
            ("metadata", "name"),
            f"{written.kind.name}/{written.name} and {written.kind.name}/{other} both become {name!r}",
            "rename one of them before the export",
            error=True,
        )


def _each(
    manifests: Iterable[Declared], kinds: Kinds, names: Names
) -> Iterator[tuple[_Notes, dict[str, Any]]]:
    taken: dict[tuple[str, str], str] = {}
    for written in manifests:
        notes = _Notes(written, names)
        _check_name(notes, taken)
        taken.setdefault((written.kind.name, _cluster_name(written.name)), written.name)
        yield notes, _resource(notes, kinds)


def space_resource(names: Names, *, host: str, credentials: str) -> dict[str, Any]:
    """The Space that exported resources refer to."""
    metadata = {
        "name": names.space,
        **({"namespace": names.namespace} if names.namespace else {}),
    }
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "Space",
        "metadata": metadata,
        "spec": {"host": host, "credentialsSecretRef": {"name": credentials}},
    }


def export(manifests: Iterable[Declared], kinds: Kinds, names: Names) -> Exported:
    """Turn valid manifests into resources. One with an error is left out."""
    resources: list[dict[str, Any]] = []
    problems: list[Problem] = []
    keys: dict[str, str] = {}
    for notes, resource in _each(manifests, kinds, names):
        problems += notes.problems
        if not has_errors(notes.problems):
            resources.append(resource)
            keys.update(notes.keys)
    return Exported(tuple(resources), tuple(problems), keys)
