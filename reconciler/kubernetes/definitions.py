"""CustomResourceDefinitions of the kinds, and of the Space that they belong to."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reconciler.core.errors import ReconcilerError
from reconciler.core.kinds import Kind, Kinds, Schema
from reconciler.kubernetes.structural import Structural, structural

GROUP = "reconciler.dev"
VERSION = "v1"
_CATEGORY = "reconciler"
_SCHEMAS = Path(__file__).parent / "schemas"
_NAME = "^[A-Za-z0-9_-]+$"
_LONGEST_NAME = 100
_DECLARABLE = ("resource", "fragment", "token")


def own_schema(name: str) -> Schema:
    """A schema of this package: ``resource`` (control words), ``status`` or ``space``."""
    schema: Schema = json.loads((_SCHEMAS / f"{name}.schema.json").read_bytes())
    return schema


def declarable(kinds: Kinds) -> tuple[Kind, ...]:
    """The kinds that are resources of the cluster: all but those inside a parent."""
    return tuple(kinds[name] for name in sorted(kinds) if kinds[name].type in _DECLARABLE)


def plural_of(kind: str) -> str:
    """The name of a kind in paths of the API: ``rooms``."""
    return f"{kind.lower()}s"


def operator_needs(own: Iterable[str]) -> str:
    """Say what the operator needs to manage the ``own`` kinds of a project."""
    names = list(own)
    plurals = ", ".join(plural_of(name) for name in names)
    return (
        f"The operator manages {', '.join(names)} only if it is started with --kinds, and its"
        f" ClusterRole names {plurals}."
    )


def _condition(name: str, part: str = "status") -> str:
    return f'.status.conditions[?(@.type=="{name}")].{part}'


def _column(name: str, path: str, *, kind: str = "string", wide: bool = False) -> dict[str, Any]:
    return {"name": name, "type": kind, "jsonPath": path} | ({"priority": 1} if wide else {})


_AGE = _column("Age", ".metadata.creationTimestamp", kind="date")
_RESOURCE_COLUMNS = (
    _column("Space", ".spec.spaceRef.name"),
    *(_column(name, _condition(name)) for name in ("Ready", "Synced", "Drifted")),
    _AGE,
    _column("Reason", _condition("Synced", "reason"), wide=True),
    _column("ID", ".status.id", wide=True),
)
_SPACE_COLUMNS = (
    _column("Host", ".spec.host"),
    *(_column(name, _condition(name)) for name in ("Reachable", "Ready")),
    *(
        _column(name, f".status.{name.lower()}", kind="integer")
        for name in ("Managed", "Drifted", "Unmanaged")
    ),
    _AGE,
    _column("Seen", ".status.lastSeenTime", kind="date", wide=True),
    _column("Reason", _condition("Ready", "reason"), wide=True),
)


def _moment(field: str) -> str:
    """A field as a CEL timestamp; a bare date, which CEL does not parse, is midnight UTC."""
    return (
        f"(size(self.{field}) == 10 ? timestamp(self.{field} + 'T00:00:00Z') "
        f": timestamp(self.{field}))"
    )


def _order_rules(kind: Kind) -> list[dict[str, Any]]:
    return [
        {
            "rule": f"!has(self.{first}) || !has(self.{last}) || {_moment(first)} < {_moment(last)}",
            "message": f"{last} must be later than {first}",
            "fieldPath": f".{last}",
        }
        for first, last in kind.ordered
    ]


def secret_source(field: str) -> str:
    """The field that names the Secret with the value of ``field``: ``urlFrom`` for ``url``."""
    return f"{field}From"


def _secret_reference(field: str) -> Structural:
    text = {"type": "string", "minLength": 1, "maxLength": 253}
    return {
        "type": "object",
        "description": f"Where the secret {field} is.",
        "required": ["secretKeyRef"],
        "properties": {
            "secretKeyRef": {
                "type": "object",
                "description": "A value of a Secret in the same namespace.",
                "required": ["name", "key"],
                "properties": {
                    "name": text | {"description": "The name of the Secret."},
                    "key": text | {"description": "The key within the Secret."},
                },
            }
        },
    }


def _with_secret_references(node: Structural, secret: Iterable[str]) -> Structural:
    """``node`` with each secret field replaced by the name of a Secret: no value is in clear text."""
    properties = dict(node["properties"])
    required = list(node.get("required", ()))
    for field in secret:
        del properties[field]
        properties[secret_source(field)] = _secret_reference(field)
        required = [secret_source(field) if name == field else name for name in required]
    made = node | {"properties": properties}
    return made | ({"required": required} if required else {})


def _spec(kind: Kind, kinds: Kinds) -> Structural:
    """The fields of a kind as a structural schema, without control words."""
    where = f"{kind.name}.spec"
    node = structural(kind.schema["properties"]["spec"], kind.schema, where=where)
    node.pop("nullable", None)
    node = _with_secret_references(node, sorted(kind.secret & kind.fields.keys()))
    for field, child in kind.children.items():
        items = node["properties"][field]["items"]
        secret = sorted(kinds[child].secret)
        node["properties"][field] |= {"items": _with_secret_references(items, secret)}
    rules = [*node.pop("x-kubernetes-validations", []), *_order_rules(kind)]
    return node | ({"x-kubernetes-validations": rules} if rules else {})


def _with_control_words(kind: Kind, spec: Structural) -> Structural:
    """``spec`` with the operator's settings of a resource, beside the API's fields."""
    schema = own_schema("resource")
    control = structural(schema, schema, where="control words")
    both = control["properties"].keys() & spec["properties"].keys()
    if both:
        raise ReconcilerError(
            f"{kind.name}.spec.{min(both)} is a control word of Kubernetes resources too",
            hint="name the control word otherwise in reconciler/kubernetes/schemas",
        )
    return spec | {
        "required": [*control["required"], *spec.get("required", ())],
        "properties": control["properties"] | spec["properties"],
    }


def _name_rules(kind: Kind) -> list[dict[str, Any]]:
    """Rules at the root, where a rule sees metadata.name."""
    valid = f"self.metadata.name.matches('{_NAME}') && size(self.metadata.name) <= {_LONGEST_NAME}"
    if kind.type != "resource":
        return [
            {
                "rule": valid,
                "message": "metadata.name is how others refer to it: at most "
                f"{_LONGEST_NAME} letters, digits and '-', without '.'",
            }
        ]
    name = "(has({0}.spec.roomName) ? {0}.spec.roomName : {0}.metadata.name)"
    unchanged = f"{name.format('self')} == {name.format('oldSelf')}"
    return [
        {
            "rule": f"has(self.spec.roomName) || ({valid})",
            "message": f"metadata.name is no name in a Space, which has at most {_LONGEST_NAME} "
            "letters, digits, '_' and '-': set spec.roomName",
        },
        {
            "rule": f"!has(oldSelf.spec.protect) || !oldSelf.spec.protect || {unchanged}",
            "message": "it is protected, and a rename is refused: set spec.protect to false first",
        },
    ]


def _definition(kind: str, root: Structural, columns: Iterable[Mapping[str, Any]]) -> Structural:
    plural = plural_of(kind)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{GROUP}",
            "labels": {"app.kubernetes.io/part-of": "reconciler"},
        },
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": kind.lower(),
                "categories": [_CATEGORY],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": root},
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [dict(column) for column in columns],
                }
            ],
        },
    }


def _root(description: str, spec: Structural, status: Structural) -> Structural:
    return {
        "type": "object",
        "description": description,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": status,
        },
    }


def _status() -> Structural:
    schema = own_schema("status")
    return structural(schema, schema, where="status")


def definition_of(kind: Kind, kinds: Kinds) -> Structural:
    """The CustomResourceDefinition of one kind. NoCounterpart for what it cannot express."""
    spec = _spec(kind, kinds)
    is_resource = kind.type == "resource"
    if is_resource:
        spec = _with_control_words(kind, spec)
    root = _root(kind.description, spec, _status())
    root["x-kubernetes-validations"] = _name_rules(kind)
    return _definition(kind.name, root, _RESOURCE_COLUMNS if is_resource else (_AGE,))


def _space_definition() -> Structural:
    """The CustomResourceDefinition of the Space."""
    schema = own_schema("space")
    node = structural(schema, schema, where="Space")
    own, status = node["properties"]["status"], _status()
    shared = {name: status["properties"][name] for name in ("observedGeneration", "conditions")}
    own["properties"] = shared | own["properties"]
    return _definition(
        "Space", _root(node["description"], node["properties"]["spec"], own), _SPACE_COLUMNS
    )


def definitions(kinds: Kinds) -> tuple[Structural, ...]:
    """All CustomResourceDefinitions: the Space first, then the kinds by name."""
    if "Space" in kinds:
        raise ReconcilerError(
            "a kind is named Space, which is the resource that others belong to",
            hint="give the kind another title",
        )
    return (_space_definition(), *(definition_of(kind, kinds) for kind in declarable(kinds)))
