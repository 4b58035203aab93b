"""Tokens: those of a conference, which can be reset, and minted ones to join a room."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from reconciler.core.kinds import Kind, Kinds
from reconciler.localspace import api_tables, pagination
from reconciler.localspace.http import Answer, Call, Refusal, Route, document
from reconciler.localspace.jwt import write_token
from reconciler.localspace.request_validation import Form, form_of, order_complaints, read_body
from reconciler.localspace.store import Filter, Mutation, Record
from reconciler.space.target import is_loopback

_RECORD, _KEY = "conference_token", "signing_key"
PREFIX = "vpt_"
# Not in the published document: the vendor's ready-made page for conferences asks here.
READY_ROOM = "/ready_room"


def _secret(call: Call) -> str:
    return PREFIX + hashlib.sha256(call.store.fresh(call.knobs.seed).encode()).hexdigest()[:32]


def mint_companions(kind: Kind, record: Record, call: Call) -> None:
    """Create the tokens that belong to a new resource. Call it while writing."""
    family = api_tables.TOKENS.get(kind.collection)
    for name in family.names if family else ():
        call.store.insert(
            _RECORD,
            call.store.fresh(call.knobs.seed),
            {"name": name, "token": _secret(call)},
            now=call.now,
            owner=record.id,
        )


def _scopes(kinds: Kinds, family: api_tables.TokenFamily) -> dict[str, list[str]]:
    """Permissions by token name: all for the first, the default ones for the others."""
    everything: list[str] = []
    usual: list[str] = []
    for kind in kinds.values():
        if kind.type == "token" and "permissions" in kind.fields:
            schema, unknown = kind.fields["permissions"], kind.undocumented.get("permissions", ())
            words = schema.get("items", {}).get("enum", ())
            everything += [word for word in words if word not in unknown]
            usual += schema.get("default", ())
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
    return pagination.page(call, values, partial(_token_json, scopes), kind=_RECORD, owner=owner.id)


def _token_at(call: Call) -> Record:
    record = call.store.get(_RECORD, call.ids["id"].lower())
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
        mutations.append(Mutation(call.method, call.path, _RECORD, record.id, None))
    return Answer(200, _token_json(scopes, record))


def signing_key(call: Call) -> bytes:
    """The key that signs room tokens, created with the first token. Call it while writing."""
    kept = call.store.page(_KEY, limit=1)
    record = kept[0] if kept else None
    if record is None:
        secret = (
            secrets.token_hex(64)
            if call.knobs.seed is None
            else call.store.fresh(call.knobs.seed) * 4
        )
        record = call.store.insert(
            _KEY, call.store.fresh(call.knobs.seed), {"key": secret}, now=call.now
        )
    return str(record.attributes["key"]).encode()


def _claim(field: str, value: Any) -> tuple[str, Any]:
    """A request field as a claim: its short name, times in Unix seconds."""
    name = api_tables.CLAIMS.get(field, field)
    return name, int(
        datetime.fromisoformat(value).timestamp()
    ) if field in api_tables.INSTANTS else value


def _host(call: Call) -> str | None:
    """WebSocket address of this server's calls; None for the embedded Space."""
    parts = urlsplit(call.root)
    return f"ws://{parts.netloc}" if parts.port and is_loopback(parts.hostname or "") else None


def _written(call: Call, granted: Mapping[str, Any], *, project: str, **more: Any) -> str:
    """A room token with the ``granted`` fields. Call it while writing."""
    begun = int(call.now.timestamp())
    ends = {} if call.knobs.token_seconds is None else {"exp": begun + call.knobs.token_seconds}
    claims = {
        "iat": begun,
        "jti": call.store.fresh(call.knobs.seed),
        "sub": project,
        **ends,
        **more,
    }
    claims |= dict(_claim(field, value) for field, value in granted.items() if value is not None)
    return write_token(claims, signing_key(call), host=_host(call))


def _mint(form: Form, call: Call) -> Answer:
    pagination.read_query(call, {})
    values, complaints = read_body(form, "create", document(call), call.knobs)
    complaints += order_complaints(form.kind, values)
    if complaints:
        raise Refusal(422, complaints)
    granted = {field: values.get(field, form.kind.initial(field, "")) for field in form.create}
    if granted.get("join_as") == "audience":
        granted["permissions"] = []
    with call.store.writing():
        return Answer(200, {"token": _written(call, granted, project=call.project)})


def _of_secret(kinds: Kinds, call: Call, secret: str) -> tuple[Kind, Record, Record] | None:
    """The kind and resource that a token belongs to, and the token's record."""
    found = call.store.page(_RECORD, filters=[Filter("token", "=", secret)], limit=1)
    for kind in kinds.values() if found else ():
        owner = (
            call.store.get(kind.name, found[0].owner or "")
            if kind.collection in api_tables.TOKENS
            else None
        )
        if owner is not None:
            return kind, owner, found[0]
    return None


def conference_claims(kinds: Kinds, call: Call, secret: str, user: str | None) -> dict[str, Any]:
    """Claims of a conference's token (``vpt_…``). ValueError for an unknown token."""
    found = _of_secret(kinds, call, secret)
    if found is None:
        raise ValueError("there is no such token")
    kind, owner, record = found
    scopes = _scopes(kinds, api_tables.TOKENS[kind.collection])[record.attributes["name"]]
    return {
        "r": owner.name,
        "u": user or record.attributes["name"],
        "s": scopes,
        "room_id": owner.id,
        "jti": f"{record.id}/{user}",
    }


def _ready_room(kinds: Kinds, call: Call) -> Answer:
    """Answer a conference's token with a room token and the fields that the vendor's page reads."""
    values = pagination.read_query(call, {"t": str, "u": str})
    found = _of_secret(kinds, call, values.get("t", ""))
    if found is None:
        raise Refusal(404)
    kind, owner, record = found
    claims = conference_claims(kinds, call, record.attributes["token"], values.get("u"))
    granted = {"user_name": claims["u"], "room_name": claims["r"], "permissions": claims["s"]}
    colours = [field for field in kind.attributes if kind.spellings.get(field) == "colour"]
    with call.store.writing():
        token = _written(call, granted, project=call.project or "local", room_id=owner.id)
    shown = {
        "token": token,
        "permissions": claims["s"],
        "room_display_name": owner.attributes.get("display_name") or owner.name,
    }
    return Answer(
        200, {**shown, "theme": {field: owner.attributes.get(field) for field in colours}}
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
    """Routes of tokens that belong to resources, and of tokens minted on request."""
    minted = [
        Route("POST", kind.collection, partial(_mint, form_of(kind)))
        for kind in kinds.values()
        if kind.type == "token" and kind.collection
    ]
    ready = [Route("GET", READY_ROOM, partial(_ready_room, kinds))]
    return (
        [
            route
            for kind in kinds.values()
            if kind.type == "resource"
            for route in _routes_of(kinds, kind)
        ]
        + minted
        + ready
    )
