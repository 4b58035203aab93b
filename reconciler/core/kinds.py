"""Reads a Kind from its schema file: everything the tool knows about a kind of resource."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.kind_requests import (
    Envelope,
    ReadOnlyList,
    envelope_in,
    lists_in,
    paths_in,
)

_KindType = Literal["resource", "child", "fragment", "token"]
_Spelling = Literal["instant", "colour", "integer", "boolean", "object", "array", "text"]
Schema = Mapping[str, Any]

# The ``$comment`` of a schema that was written for editors, from the file of the same name.
DERIVED = "Written by 'reconciler schema' for editors: it describes what is written in a file."
_LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Compose:
    """A field that names fragments to build on (``presets``: Presets, ``theme``: a Theme)."""

    field: str
    kind: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of manifest, as its schema describes it.

    ``fields`` maps each writable field to its schema, references resolved. ``answers`` holds the
    read-only fields. Paths are relative to the Video API's base (``/rooms/{id}``) or, if the kind
    has a base of its own, whole (``/api/…``). ``attributes`` are the fields sent to the Space: all
    but composition and sub-resources. ``deletion`` is the path of a DELETE. ``page_size`` is the
    number of elements to request per page, None if the list documents no such parameter.
    ``required`` fields are in every request. ``required_on_create`` and ``required_on_update`` are
    fields that such a request must have, each with the value to send if the field is neither
    declared nor set. ``update`` is the method of an update, ``renamable`` whether its documented
    fields include the name.
    ``unset`` holds the value that resets a field without a default; a field in neither keeps its
    live value. ``null_means`` says what a null in an answer stands for. ``assumed`` holds what the
    local Space has in a field that was never set. ``volatile`` fields change with every write.
    ``undocumented`` holds values that the vendor's pages name and the API's document lacks.
    ``emptied`` names the fields that the Space empties if the other fields have the given values.
    A kind with ``list_if_used`` is listed only where it is declared, managed or requested. Without
    ``session_told`` its answers never name the live session, and the list of sessions is read;
    ``session_ids`` are the fields whose values a session may have as its room's id.
    ``lists`` are read-only lists of a resource. ``scopes`` are scopes of an API token, of which one
    is needed.
    ``same_as`` maps another kind to the field with the id that a resource has there, if both kinds
    may show one room. Of a token, ``joins`` names the kinds that it admits to.
    ``interrupts`` names the fields whose change disturbs a live session, each with its rule.
    """

    name: str
    type: _KindType
    description: str
    schema: Schema
    fields: Mapping[str, Schema]
    spellings: Mapping[str, _Spelling]
    defaults: Mapping[str, Any]
    collection: str = ""
    item: str = ""
    lookup: str = ""
    deletion: str = ""
    key: str = ""
    envelope: Envelope | None = None
    page_size: int | None = _LARGEST_PAGE
    parents: Mapping[str, str] = field(default_factory=dict)
    create_only: frozenset[str] = frozenset()
    update_only: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()
    required_on_create: Mapping[str, Any] = field(default_factory=dict)
    required_on_update: Mapping[str, Any] = field(default_factory=dict)
    update: Literal["PUT", "PATCH"] = "PUT"
    renamable: bool = False
    secret: frozenset[str] = frozenset()
    unset: Mapping[str, Any] = field(default_factory=dict)
    null_means: Mapping[str, Any] = field(default_factory=dict)
    assumed: Mapping[str, Any] = field(default_factory=dict)
    children: Mapping[str, str] = field(default_factory=dict)
    compose: tuple[Compose, ...] = ()
    ordered: tuple[tuple[str, str], ...] = ()
    serialized_max: Mapping[str, int] = field(default_factory=dict)
    url_schemes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    undocumented: Mapping[str, Sequence[str]] = field(default_factory=dict)
    emptied: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    flatten: str = ""
    applies_to: str = ""
    session: str = ""
    session_told: bool = True
    session_ids: tuple[str, ...] = ("id",)
    list_if_used: bool = False
    lists: Mapping[str, ReadOnlyList] = field(default_factory=dict)
    scopes: tuple[str, ...] = ("video",)
    same_as: Mapping[str, str] = field(default_factory=dict)
    joins: tuple[str, ...] = ()
    interrupts: Mapping[str, str] = field(default_factory=dict)
    volatile: frozenset[str] = frozenset({"updated_at"})
    answers: Mapping[str, Schema] = field(default_factory=dict)
    attributes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        apart = {compose.field for compose in self.compose} | set(self.children)
        object.__setattr__(
            self, "attributes", tuple(name for name in self.fields if name not in apart)
        )

    def default(self, attribute: str, name: str) -> Any:
        """Return the value of an undeclared ``attribute`` of a resource called ``name``."""
        if attribute in self.defaults:
            return self.defaults[attribute]
        value = self.unset.get(attribute)
        return value.replace("{name}", name) if isinstance(value, str) else value

    def is_documented(self, attribute: str) -> bool:
        """Whether the value after a release of ``attribute`` is known."""
        return attribute in self.defaults or attribute in self.unset

    def is_emptied(self, attribute: str, values: Mapping[str, Any]) -> bool:
        """Whether the Space empties ``attribute`` of a resource with ``values``."""
        wanted = self.emptied.get(attribute)
        return wanted is not None and all(
            values.get(name) == value for name, value in wanted.items()
        )

    def initial(self, attribute: str, name: str) -> Any:
        """Return what the local Space has in a never set ``attribute`` of ``name``."""
        value = self.unset.get(attribute)
        if attribute in self.defaults or (isinstance(value, str) and value):
            return self.default(attribute, name)
        return self.assumed.get(attribute)

    def may_be_null(self, attribute: str) -> bool:
        """Whether the local Space may store null in ``attribute``: it is null where never set."""
        return (
            attribute in self.attributes
            and attribute not in self.required
            and self.initial(attribute, "name") is None
        )


Kinds = Mapping[str, Kind]


def resolve(schema: Schema, root: Schema) -> Schema:
    """Return ``schema`` with its in-file ``$ref`` resolved; keywords beside the ``$ref`` win."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target: Any = root
    for part in reference.removeprefix("#/").split("/"):
        target = target[part]
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**resolve(target, root), **beside}


def types_of(schema: Schema) -> frozenset[str]:
    """Return the JSON types that ``schema`` names."""
    named = schema.get("type", ())
    return frozenset([named] if isinstance(named, str) else named)


def spelling_of(schema: Schema) -> _Spelling:
    """Return how values of a field are spelled, which decides how they are compared."""
    formats = {schema.get("format"), *(option.get("format") for option in schema.get("anyOf", ()))}
    if "date-time" in formats:
        return "instant"
    if "color-hex" in formats:
        return "colour"
    types = types_of(schema)
    for spelling in ("integer", "boolean", "object", "array"):
        if spelling in types:
            return spelling
    return "text"


_AS_WRITTEN = (
    "key",
    "page_size",
    "required_on_create",
    "required_on_update",
    "update",
    "renamable",
    "unset",
    "null_means",
    "assumed",
    "children",
    "serialized_max",
    "undocumented",
    "emptied",
    "flatten",
    "applies_to",
    "session",
    "session_told",
    "same_as",
    "list_if_used",
    "interrupts",
    "answers",
)


def _fields(document: Schema) -> dict[str, Schema]:
    properties = document.get("properties", {})
    spec = properties["spec"]["properties"] if "spec" in properties else properties
    return {name: resolve(schema, document) for name, schema in spec.items()}


def kind_from(document: Schema) -> Kind:
    """Return the Kind of one schema file. KeyError names a missing ``x-reconciler`` word."""
    block = document["x-reconciler"]
    fields = _fields(document)
    return Kind(
        name=document["title"],
        type=block["type"],
        description=document.get("description", ""),
        schema=document,
        fields=fields,
        spellings={
            name: spelling_of(schema)
            for name, schema in (fields | block.get("answers", {})).items()
        },
        defaults={
            name: schema["default"] for name, schema in fields.items() if "default" in schema
        },
        create_only=frozenset(block.get("create_only", ())),
        update_only=frozenset(block.get("update_only", ())),
        required=tuple(block.get("required", ())),
        secret=frozenset(block.get("secret", ())),
        volatile=frozenset(block.get("volatile", ("updated_at",))),
        compose=tuple(Compose(part["field"], part["kind"]) for part in block.get("compose", ())),
        ordered=tuple((first, second) for first, second in block.get("ordered", ())),
        url_schemes={
            name: tuple(schemes) for name, schemes in block.get("url_schemes", {}).items()
        },
        session_ids=tuple(block.get("session_ids", ("id",))),
        lists=lists_in(block),
        scopes=tuple(block.get("scopes", ("video",))),
        joins=tuple(block.get("joins", ())),
        envelope=envelope_in(block),
        **paths_in(block),
        **{word: block[word] for word in _AS_WRITTEN if word in block},
    )


def kinds_from(documents: Mapping[str, Schema]) -> dict[str, Kind]:
    """Return all kinds among the schema ``documents``, by name.

    A document without ``x-reconciler`` describes no kind.
    """
    found = (
        kind_from(documents[name])
        for name in sorted(documents)
        if "x-reconciler" in documents[name]
    )
    return {kind.name: kind for kind in found}


def listed_kinds(kinds: Kinds, needed: Collection[str]) -> list[str]:
    """Return the kinds to list in a run that needs the ``needed`` ones, in name order."""
    return [kind.name for kind in resources(kinds) if not kind.list_if_used or kind.name in needed]


def resources(kinds: Kinds) -> tuple[Kind, ...]:
    """Return the kinds that exist in the Space by themselves, in name order."""
    return tuple(kinds[name] for name in sorted(kinds) if kinds[name].type == "resource")
