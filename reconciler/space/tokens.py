"""Tokens: those of a resource, which can be reset, and minted ones to join a room."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.errors import ProtocolError, ReconcilerError, ServerError, Unreachable
from reconciler.core.kinds import Kind
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import Secret
from reconciler.space.client import Reader, Writer
from reconciler.space.paths import expand
from reconciler.space.response_json import Document
from reconciler.space.transport_errors import NotSent


class Token(NamedTuple):
    """A resource's token: a fixed id, a value changed by a reset, and permissions (``scopes``)."""

    id: str
    name: str
    token: Secret
    scopes: tuple[str, ...]


class _Family(NamedTuple):
    listed: str
    item: str
    reset: str


# From the document's paths, not the kinds' schemas: collections whose resources have tokens.
_FAMILIES: Mapping[str, _Family] = {
    "/conferences": _Family(
        "/conferences/{id}/conference_tokens",
        "/conference_tokens/{id}",
        "/conference_tokens/{id}/reset",
    )
}


def comes_with_tokens(kind: Kind) -> bool:
    """Whether resources of this kind have tokens."""
    return kind.collection in _FAMILIES


def _secret(answer: Document | None, request: str) -> Secret:
    value = answer.get("token") if answer else None
    if not isinstance(value, str) or not value:
        raise ProtocolError(
            f"{request}: the answer has no token in it",
            hint="run the command again; if it happens again, report it to SignalWire's support",
            request=request,
        )
    return Secret(value)


def _token(reader: Reader, answer: Document, request: str) -> Token:
    scopes, shown = answer.get("scopes"), reader.hidden.text
    named = tuple(shown(str(scope)) for scope in scopes) if isinstance(scopes, list) else ()
    name = shown(str(answer.get("name") or ""))
    return Token(str(answer.get("id", "")), name, _secret(answer, request), named)


def tokens_of(reader: Reader, kind: Kind, resource_id: str) -> tuple[Token, ...]:
    """Tokens of one resource in the Space's order. Raises ApiError; NotFound if it is missing."""
    path = expand(_FAMILIES[kind.collection].listed, id=resource_id)
    return tuple(
        _token(reader, answer, f"GET {path}") for page in reader.pages(path) for answer in page
    )


def _now(reader: Reader, family: _Family, token_id: str) -> Token:
    path = expand(family.item, id=token_id)
    return _token(reader, reader.get(path), f"GET {path}")


def _asked_to_reset(writer: Writer, path: str, before: Token, family: _Family) -> Token:
    """The token after one reset request; after a lost answer the token is read."""
    try:
        answer = writer.post(path, {})
    except NotSent:
        raise
    except (Unreachable, ServerError, ProtocolError) as lost:
        try:
            after = _now(writer, family, before.id)
        except ReconcilerError:
            lost.hint = (
                "whether the token was reset is unknown; run it again once the Space answers"
            )
            raise lost from None
        if after.token == before.token:
            raise
        return after
    return _token(writer, answer, f"POST {path}") if answer else _now(writer, family, before.id)


def reset_token(writer: Writer, kind: Kind, before: Token) -> Token:
    """Reset the token, which invalidates the old value. Raises ApiError.

    ProtocolError if the value did not change.
    """
    family = _FAMILIES[kind.collection]
    path = expand(family.reset, id=before.id)
    after = _asked_to_reset(writer, path, before, family)
    if after.id.lower() != before.id.lower() or after.token == before.token:
        raise ProtocolError(
            f"POST {path}: the Space answers, and the token is not a new one",
            request=f"POST {path}",
        )
    return after


def mint_token(writer: Writer, kind: Kind, claims: Mapping[str, Any]) -> Secret:
    """Mint a new token. Raises ApiError; after a lost answer it is safe to mint another."""
    return _secret(writer.post(kind.collection, claims), f"POST {kind.collection}")
