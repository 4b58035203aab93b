"""Values as text: one safe line for users, exact JSON for machines, never a secret."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.core.normalize import ATOMS, instant
from reconciler.core.regex import regex
from reconciler.core.resources import SECRET_TEXT, Address, Origin, Sealed, Secret
from reconciler.core.text import count, harmless_json, printable, without_orders

NOT_SET = "not set"
_BARE = regex(r"#[0-9A-Fa-f]{6}|\d{4}-\d\d-\d\dT[\d:.]+Z")
_PLAIN_KEY = regex(r"[A-Za-z_][A-Za-z0-9_-]*")


def plain(text: str) -> str:
    """Return ``text`` on one line, safe for a terminal and for a CI runner that reads the log."""
    if text.isascii() and text.isprintable() and "::" not in text and "##" not in text:
        return text  # fast path: a large plan has a million of these
    return without_orders(printable(text))


def is_secret(value: Any) -> bool:
    """Whether ``value`` must not be shown."""
    return isinstance(value, Secret | Sealed)


def _is_nameless(value: Any) -> bool:
    return isinstance(value, Secret | Sealed) and value.shown == SECRET_TEXT


def holds_secret(value: Any) -> bool:
    """Whether ``value`` is an unnamed secret, or an object that directly contains one."""
    if type(value) in ATOMS:
        return False
    return _is_nameless(value) or (
        isinstance(value, Mapping) and any(_is_nameless(item) for item in value.values())
    )


def _quoted(text: str) -> str:
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, Secret | Sealed):
        yield SECRET_TEXT if _is_nameless(value) else _quoted(value.shown)
    elif isinstance(value, str):
        yield _quoted(value)
    elif isinstance(value, Mapping):
        inside = (
            f"{key if _PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)}: {''.join(_words(item))}"
            for key, item in value.items()
        )
        yield "{" + ", ".join(inside) + "}"
    elif isinstance(value, list | tuple):
        yield "[" + ", ".join("".join(_words(item)) for item in value) + "]"
    else:
        yield (
            json.dumps(value)
            if value is None or isinstance(value, bool | int | float)
            else str(value)
        )


def value_text(value: Any) -> str:
    """Format a value: ``"Town Hall"``, ``true``, ``{team: "x"}``, ``not set``, ``(secret)``."""
    return NOT_SET if value is None else plain("".join(_words(value)))


def masked_text(value: Any) -> str:
    """Format a value as ``value_text``; one that directly holds a secret is ``(secret)`` as a whole."""
    return SECRET_TEXT if holds_secret(value) else value_text(value)


def sides(one: Any, other: Any) -> tuple[str, str]:
    """Format two values of one field; if they print alike, differences are escaped."""
    from reconciler.core.lookalikes import distinguished  # noqa: PLC0415  # only in a report of changes

    here, there = (
        SECRET_TEXT if holds_secret(value) else value_text(value) for value in (one, other)
    )
    return distinguished(here, there)


def address_text(address: Address) -> str:
    """Format ``Room/lobby`` as safe text; a name that only looks like ASCII is spelled out."""
    text = str(address)
    if text.isascii():
        return plain(text)
    from reconciler.core.lookalikes import without_disguise  # noqa: PLC0415  # most names are ASCII

    return plain(without_disguise(text))


def origin_text(origin: Origin | None) -> str:
    """Format ``presets.yaml:8:11 (preset webinar)`` as safe text; '' for None."""
    if origin is None:
        return ""
    return plain(f"{origin.place} ({origin.via})" if origin.via else str(origin.place))


def _moment(text: Any, today: str) -> str:
    try:
        moment = instant(text) if isinstance(text, str) else ""
    except ValueError:
        return ""
    day = "" if moment[:10] == today[:10] else f"{moment[:10]} "
    return f" since {day}{moment[11:16]} UTC" if moment else ""


def session_text(session: Mapping[str, Any], *, today: str = "") -> str:
    """Format ``in session since 09:12 UTC, 14 members``; every key may be missing or invalid.

    ``today`` (RFC 3339) leaves out the date of a session that started today.
    """
    members = session.get("members")
    people = (
        f", {count(members, 'member')}"
        if isinstance(members, int) and not isinstance(members, bool)
        else ""
    )
    return f"in session{_moment(session.get('start_time') or session.get('started_at'), today)}{people}"


def json_value(value: Any) -> Any:
    """Return ``value`` as a JSON value; secrets as text."""
    if isinstance(value, Secret | Sealed):
        return value.shown
    if isinstance(value, Mapping):
        return {key: json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    return value


def json_text(document: Mapping[str, Any]) -> str:
    """Serialise a document, with everything that a terminal or CI runner could obey escaped."""
    return harmless_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"
