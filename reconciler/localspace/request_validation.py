"""Validates request bodies by the schema of their kind, and collects all errors."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

import jsonschema
from jsonschema.validators import extend

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.kinds import Kind, Schema, resolve, spelling_of
from reconciler.localspace import api_tables
from reconciler.localspace.http import FieldError
from reconciler.localspace.settings import Settings
from reconciler.localspace.timestamps import parse_instant, stored

_Verb = Literal["create", "update"]

_SAID = {
    "type": "has the wrong type",
    "enum": "is not one of the values allowed",
    "pattern": "does not have the required form",
    "minimum": "is too small",
    "exclusiveMinimum": "is too small",
    "maximum": "is too large",
    "maxLength": "is too long",
    "minLength": "is too short",
}


def _pattern(
    _validator: Any, pattern: str, instance: Any, _schema: Any
) -> Iterator[jsonschema.ValidationError]:
    """A pattern as the API reads it: ``$`` is the end, not the position before a last newline."""
    ended = pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern
    if isinstance(instance, str) and not re.search(ended, instance):
        yield jsonschema.ValidationError("does not match")


_Validator = extend(jsonschema.Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Form:
    """Allowed and required fields of create and update for one kind."""

    kind: Kind
    create: Mapping[str, Schema]
    update: Mapping[str, Schema]
    required: Mapping[_Verb, tuple[str, ...]]
    validators: Mapping[str, Any]


def _name_schema(kind: Kind) -> Schema:
    """The schema of the kind's key: a field, or ``metadata.name`` of manifests."""
    if kind.key in kind.fields:
        return kind.fields[kind.key]
    metadata = resolve(kind.schema["properties"]["metadata"], kind.schema)
    return resolve(metadata["properties"]["name"], kind.schema)


def _bare(name: str, schema: Schema, kind: Kind) -> Schema:
    """A field's schema without the parts for manifests, such as ``${env:NAME}`` in a URL."""
    return {
        word: value
        for word, value in schema.items()
        if not (word == "pattern" and name in kind.url_schemes)
    }


def form_of(kind: Kind) -> Form:
    """The form of a kind."""
    own = {name: kind.fields[name] for name in kind.attributes}
    key = {kind.key: _name_schema(kind)} if kind.key else {}
    fields: dict[str, Schema] = {**key, **own, **api_tables.TOKEN_SUBJECTS.get(kind.collection, {})}
    must = (*kind.required, *api_tables.TOKEN_REQUIRED.get(kind.collection, ()))
    on_create = (*must, *kind.required_on_create)
    on_update = tuple(dict.fromkeys((*must, *kind.required_on_update)))
    named = () if kind.collection in api_tables.NAMED_AFTER else tuple(key)
    return Form(
        kind=kind,
        create={name: schema for name, schema in fields.items() if name not in kind.update_only},
        update={
            name: schema
            for name, schema in fields.items()
            if name not in kind.create_only and (name not in key or name in own or kind.renamable)
        },
        required={"create": tuple(dict.fromkeys((*named, *on_create))), "update": on_update},
        validators={name: _Validator(_bare(name, schema, kind)) for name, schema in fields.items()},
    )


def _instant(name: str, text: Any) -> tuple[Any, list[FieldError]]:
    try:
        return stored(parse_instant(text)), []
    except (ValueError, TypeError):
        return None, [
            FieldError(
                "not_a_datetime", name, f"{name} is neither an RFC 3339 date-time nor a date"
            )
        ]


def _url_fits(text: Any, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        return False


def _serialized_length(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _faults_of(form: Form, name: str, value: Any) -> list[FieldError]:
    """Errors of a value by its schema, URL schemes and limits, one for each code."""
    by_code: dict[str, FieldError] = {}
    for error in form.validators[name].iter_errors(value):
        code = "character_limit_exceeded" if error.validator == "maxLength" else "invalid_parameter"
        by_code.setdefault(
            code,
            FieldError(code, name, f"{name} {_SAID.get(str(error.validator), 'is not valid')}"),
        )
    errors, kind = list(by_code.values()), form.kind
    if not errors and name in kind.url_schemes and not _url_fits(value, kind.url_schemes[name]):
        errors.append(
            FieldError(
                "invalid_parameter",
                name,
                f"{name} is not a URL of {' or '.join(kind.url_schemes[name])}",
            )
        )
    if (
        not errors
        and name in kind.serialized_max
        and _serialized_length(value) > kind.serialized_max[name]
    ):
        errors.append(
            FieldError(
                "character_limit_exceeded",
                name,
                f"{name} is longer than {kind.serialized_max[name]} characters when serialised",
            )
        )
    return errors


def _judge(
    form: Form, name: str, value: Any, knobs: Settings, schema: Schema
) -> tuple[Any, list[FieldError]]:
    """The value as stored, and its errors."""
    kind = form.kind
    if value is None:
        may = knobs.clear == "accepted" and kind.may_be_null(name)
        return None, [] if may else [
            FieldError("invalid_parameter", name, f"{name} may not be null")
        ]
    spelling = spelling_of(schema)
    if spelling == "instant":
        return _instant(name, value)
    errors = _faults_of(form, name, value)
    if not errors and spelling == "integer":
        value = int(value)
    return value, errors


def _misplaced(form: Form, verb: _Verb, name: str) -> FieldError:
    other = form.update if verb == "create" else form.create
    message = (
        f"can be set by {'an update' if verb == 'create' else 'a create'} only"
        if name in other
        else "is not a parameter of this request"
    )
    return FieldError("invalid_parameter", name, f"{name} {message}")


def _renames(form: Form, verb: _Verb, name: str) -> bool:
    return verb == "update" and name == form.kind.key and name not in form.update


def read_body(
    form: Form, verb: _Verb, body: Mapping[str, Any], knobs: Settings
) -> tuple[dict[str, Any], list[FieldError]]:
    """The fields of ``body`` as stored, and all errors.

    ``name`` in an update is not a published field; the setting ``put_name`` decides.
    """
    allowed = form.create if verb == "create" else form.update
    values: dict[str, Any] = {}
    complaints = [
        FieldError("missing_required_parameter", name, f"{name} must be present")
        for name in form.required[verb]
        if name not in body
    ]
    for name, value in body.items():
        schema = allowed.get(name)
        if schema is None and _renames(form, verb, name):
            if knobs.put_name == "ignored":
                continue
            schema = form.create[name] if knobs.put_name == "taken" else None
        if schema is None:
            complaints.append(_misplaced(form, verb, name))
            continue
        values[name], errors = _judge(form, name, value, knobs, schema)
        complaints += errors
    return values, complaints


def order_complaints(kind: Kind, attributes: Mapping[str, Any]) -> list[FieldError]:
    """Errors of pairs of times in the wrong order (``join_until`` before ``join_from``)."""
    return [
        FieldError(f"invalid_{second}_date", second, f"{second} is before {first}")
        for first, second in kind.ordered
        if attributes.get(first)
        and attributes.get(second)
        and attributes[second] < attributes[first]
    ]
