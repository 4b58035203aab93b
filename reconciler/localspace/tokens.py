"""Tokens: those that come with a conference and can be reset, and those that are made to join a room."""

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
    """Make the tokens that come with a resource of this kind, if any do. To be called while writing."""
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
    """What each token of the family allows: the first everything that a token may, the others what one may by default."""
    schemas = [
        kind.fields["permissions"]
        for kind in kinds.values()
        if kind.type == "token" and "permissions" in kind.fields
    ]
    everything = [word for schema in schemas for word in schema.get("items", {}).get("enum", ())]
    usual = [word for schema in schemas for word in schema.get("default", ())]
    return {name: usual if place else everything for place, name in enumerate(family.names)}


def _shown(scopes: Mapping[str, list[str]], record: Record) -> dict[str, Any]:
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
    return pagination.page(call, values, partial(_shown, scopes), kind=RECORD, owner=owner.id)


def _found(call: Call) -> Record:
    record = call.store.get(RECORD, call.ids["id"].lower())
    if record is None:
        raise Refusal(404)
    return record


def _read(scopes: Mapping[str, list[str]], call: Call) -> Answer:
    pagination.read_query(call, {})
    return Answer(200, _shown(scopes, _found(call)))


def _reset(scopes: Mapping[str, list[str]], call: Call) -> Answer:
    pagination.read_query(call, {})
    with call.store.writing() as mutations:
        record = _found(call)
        record = call.store.replace(
            record, {**record.attributes, "token": _secret(call)}, now=call.now
        )
        mutations.append(Mutation(call.method, call.path, RECORD, record.id, None))
    return Answer(200, _shown(scopes, record))


def _segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _jwt(claims: Mapping[str, Any]) -> str:
    """A token of a JWT's form. Its key is no secret: nothing but this Space would take it."""
    signed = f"{_segment(json.dumps({'typ': 'VRT', 'alg': 'HS512'}).encode())}.{_segment(json.dumps(claims).encode())}"
    return f"{signed}.{_segment(hmac.digest(b'the local Space', signed.encode(), 'sha512'))}"


def _mint(form: Form, call: Call) -> Answer:
    pagination.read_query(call, {})
    kept, complaints = read_body(form, "create", document(call), call.knobs)
    complaints += order_complaints(form.kind, kept)
    if complaints:
        raise Refusal(422, complaints)
    with call.store.writing():
        number = call.store.fresh(call.knobs.seed)
    granted = {field: kept.get(field, form.kind.initial(field, "")) for field in form.create}
    claims = {"iat": int(call.now.timestamp()), "jti": number, "sub": "VRT"}
    return Answer(
        200,
        {
            "token": _jwt(
                {
                    **claims,
                    **{field: value for field, value in granted.items() if value is not None},
                }
            )
        },
    )


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
    """The endpoints of the tokens of every kind that has some, and of every kind of token that is made on request."""
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
