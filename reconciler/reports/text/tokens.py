"""Tokens as text and JSON: what they allow and for how long. Values only with ``reveal``."""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import SECRET_TEXT, Address, Attributes, Secret
from reconciler.core.text import count
from reconciler.core.value_text import address_text, json_text, json_value, plain
from reconciler.engine.saved_plan.document import FORMAT_VERSION
from reconciler.reports.text.style import RenderStyle, Span, cell, finish, grid, paint

_UNSEEN = "--reveal shows it"
_LIFETIME = ("join_from", "join_until", "remove_at", "remove_after_seconds_elapsed")


class ShownToken(NamedTuple):
    """A token of a resource, and what it allows."""

    owner: Address
    id: str
    name: str
    token: Secret
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TokensReport(RenderStyle):
    """Tokens of a Space. ``reveal`` shows their values."""

    space: str
    tokens: Sequence[ShownToken]
    reveal: bool = False


@dataclass(frozen=True, slots=True)
class MintedReport(RenderStyle):
    """A minted token: ``user`` joins ``room`` with ``role``.

    ``grants`` are the API fields of the role.
    """

    space: str
    room: Address
    user: str
    role: str
    grants: Attributes
    token: Secret
    reveal: bool = False


def _value(token: Secret, *, reveal: bool) -> str:
    return token.value if reveal else SECRET_TEXT


def _tokens_text(report: TokensReport) -> str:
    """One line for each token: name, value or ``(secret)``, permissions.

    Permissions are counted; ``verbose`` lists them.
    """
    lines = []
    for one in report.tokens:
        allows = (
            ", ".join(map(plain, one.scopes))
            if report.verbose
            else count(len(one.scopes), "permission")
        )
        named = Span(f"{address_text(one.owner)}/{plain(one.name)}", "bold")
        lines.append(
            [
                (named,),
                cell(plain(_value(one.token, reveal=report.reveal))),
                cell(allows, "dim"),
                cell(plain(one.id), "dim"),
            ]
        )
    hint = (
        [] if report.reveal or not report.tokens else [paint(cell(f"= {_UNSEEN}", "dim"), report)]
    )
    return finish([*grid(lines, report, indent=0), *hint] if lines else ["No tokens."], report)


def _tokens_json(report: TokensReport) -> str:
    """The tokens as JSON text."""
    tokens = [
        {
            "kind": one.owner.kind,
            "owner": one.owner.name,
            "name": one.name,
            "id": one.id,
            "token": _value(one.token, reveal=report.reveal),
            "scopes": list(one.scopes),
        }
        for one in report.tokens
    ]
    return json_text({"format_version": FORMAT_VERSION, "space": report.space, "tokens": tokens})


def _claims(token: Secret) -> Mapping[str, Any]:
    """The claims of a JWT, not verified; empty if it is not a JWT."""
    parts = token.value.split(".")
    try:
        claims = (
            json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
            if len(parts) == 3
            else {}
        )
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _expiry(token: Secret) -> str | None:
    """The expiry (RFC 3339, UTC) that the token states."""
    seconds = _claims(token).get("exp")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return None


def _joining(grants: Attributes) -> str:
    parts = [
        f"{word} {plain(str(grants[field]))}"
        for word, field in (("from", "join_from"), ("until", "join_until"))
        if field in grants
    ]
    return " ".join(parts) or "at any time: the role sets neither join_from nor join_until"


def _staying(grants: Attributes) -> str:
    parts = [f"until {plain(str(grants['remove_at']))}"] if "remove_at" in grants else []
    seconds = grants.get("remove_after_seconds_elapsed")
    parts += (
        [f"{count(int(seconds), 'second')} after joining at most"] if seconds is not None else []
    )
    return ", ".join(parts) or "as long as the session lasts"


def _allowed(grants: Attributes) -> str:
    if grants.get("join_as") == "audience":
        return "watch and listen only: an audience has no permissions"
    if "permissions" not in grants:
        return "what the API grants by default: the role names no permissions"
    return ", ".join(map(plain, grants["permissions"])) or "nothing: the role's list is empty"


def _rows(report: MintedReport) -> Iterator[tuple[str, str]]:
    yield (
        "token",
        plain(_value(report.token, reveal=report.reveal))
        + ("" if report.reveal else f"  {_UNSEEN}"),
    )
    yield "join", _joining(report.grants)
    yield "stay", _staying(report.grants)
    expiry = _expiry(report.token)
    yield (
        "expires",
        f"{expiry}, as the token itself says" if expiry else "the token itself does not say",
    )
    yield "may", _allowed(report.grants)
    shown_above = {"permissions", *_LIFETIME}
    for field, value in report.grants.items():
        if field not in shown_above:
            yield plain(field), plain(json.dumps(json_value(value), ensure_ascii=False))


def _minted_text(report: MintedReport) -> str:
    """User, room, role, time limits and permissions of a minted token."""
    head = (
        Span(address_text(report.room), "bold"),
        Span(f"  {plain(report.user)} as {plain(report.role)}"),
    )
    rows = [[cell(name, "dim"), cell(text)] for name, text in _rows(report)]
    return finish([paint(head, report), *grid(rows, report, indent=2)], report)


def _minted_json(report: MintedReport) -> str:
    """The token as JSON text."""
    document = {
        "format_version": FORMAT_VERSION,
        "space": report.space,
        "kind": report.room.kind,
        "room": report.room.name,
        "user": report.user,
        "role": report.role,
        "token": _value(report.token, reveal=report.reveal),
        "expires_at": _expiry(report.token),
        "grants": json_value(report.grants),
    }
    return json_text(document)


# The keys are the choices of --format.
TOKENS_FORMATS: Mapping[str, Callable[[TokensReport], str]] = {
    "text": _tokens_text,
    "json": _tokens_json,
}
MINTED_FORMATS: Mapping[str, Callable[[MintedReport], str]] = {
    "text": _minted_text,
    "json": _minted_json,
}
