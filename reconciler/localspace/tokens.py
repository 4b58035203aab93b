"""Tokens: those of a conference, which can be reset, and minted ones to join a room."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from reconciler.core.kinds import Kind, Kinds
from reconciler.localspace import api_tables, pagination
from reconciler.localspace.http import Answer, Call, Refusal, Route, document
from reconciler.localspace.request_validation import Form, form_of, order_complaints, read_body
from reconciler.localspace.store import Mutation, Record

RECORD = "conference_token"


def _secret(call: Call) -> str:
    return "vpt_" + hashlib.sha256(call.store.fresh(call.knobs.seed).encode()).hexdigest()[:32]


def mint_companions(kind: Kind, record: Record, call: Call) -> None:
    """Create the tokens that belong to a new resource. Call it while writing."""
    family = api_tables.TOKENS.get(kind.collection)
    for name in family.names if family else ():
        call.store.insert(
            RECORD,
            call.store.fresh(call.knobs.seed),
            {"name": name, "token": _secret(call)},
            now=call.now,
            owner=record.id,
        )


def _scopes(kinds: Kinds, family: api_tables.TokenFamily) -> dict[str, list[str]]:
    """Permissions by token name: all for the first, the default ones for the others."""
    schemas = [
        kind.fields["permissions"]
        for kind in kinds.values()
        if kind.type == "token" and "permissions" in kind.fields
    ]
    everything = [word for schema in schemas for word in schema.get("items", {}).get("enum", ())]
    usual = [word for schema in schemas for word in schema.get("default", ())]
    return {name: usual if place else everything for place, name in enumerate(family.names)}


def _token_json(scopes: Mapping[str, list[str]], record: Record) -> dict[str, Any]:
    attributes = record.attributes
    return {
        "id": record.id,
        "name": attributes["name"],
        "token": attributes["token"],
        "scopes": scopes.get(attributes["name"], []),
    }


def _list(kind: Kind, scopes: Mapping[str, list[str]], call: Call) -> Answer:
    values = pagination.read_query(call, pagination.PAGING)
    owner = call.store.get(kind.name, call.ids["id"].lower())
    if owner is None:
        raise Refusal(404)
    return pagination.page(call, values, partial(_token_json, scopes), kind=RECORD, owner=owner.id)


def _token_at(call: Call) -> Record:
    record = call.store.get(RECORD, call.ids["id"].lower())
    if record is None:
        raise Refusal(404)
    return record


def _read(scopes: Mapping[str, list[str]], call: Call) -> Answer:
    pagination.read_query(call, {})
    return Answer(200, _token_json(scopes, _token_at(call)))


def _reset(scopes: Mapping[str, list[str]], call: Call) -> Answer:
    pagination.read_query(call, {})
    with call.store.writing() as mutations:
        record = _token_at(call)
        record = call.store.replace(
            record, {**record.attributes, "token": _secret(call)}, now=call.now
        )
        mutations.append(Mutation(call.method, call.path, RECORD, record.id, None))
    return Answer(200, _token_json(scopes, record))


def _segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _jwt(claims: Mapping[str, Any]) -> str:
    """A token in the form of a JWT. Its key is public: no other Space accepts it."""
    header = {"typ": "VRT", "alg": "HS512"}
    signed = f"{_segment(json.dumps(header).encode())}.{_segment(json.dumps(claims).encode())}"
    return f"{signed}.{_segment(hmac.digest(b'the local Space', signed.encode(), 'sha512'))}"


def _mint(form: Form, call: Call) -> Answer:
    pagination.read_query(call, {})
    values, complaints = read_body(form, "create", document(call), call.knobs)
    complaints += order_complaints(form.kind, values)
    if complaints:
        raise Refusal(422, complaints)
    with call.store.writing():
        number = call.store.fresh(call.knobs.seed)
    claims: dict[str, Any] = {"iat": int(call.now.timestamp()), "jti": number, "sub": "VRT"}
    for field in form.create:
        value = values.get(field, form.kind.initial(field, ""))
        if value is not None:
            claims[field] = value
    return Answer(200, {"token": _jwt(claims)})


def _routes_of(kinds: Kinds, kind: Kind) -> list[Route]:
    family = api_tables.TOKENS.get(kind.collection)
    if family is None:
        return []
    scopes = _scopes(kinds, family)
    return [
        Route("GET", family.list, partial(_list, kind, scopes)),
        Route("GET", family.item, partial(_read, scopes)),
        Route("POST", family.reset, partial(_reset, scopes)),
    ]


def routes(kinds: Kinds) -> list[Route]:
    """Routes of tokens that belong to resources, and of tokens minted on request."""
    minted = [
        Route("POST", kind.collection, partial(_mint, form_of(kind)))
        for kind in kinds.values()
        if kind.type == "token" and kind.collection
    ]
    return [
        route
        for kind in kinds.values()
        if kind.type == "resource"
        for route in _routes_of(kinds, kind)
    ] + minted
