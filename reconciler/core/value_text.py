"""How values are spelled: for people on one harmless line, for machines as exact JSON; a secret never."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.core.lookalikes import told_apart
from reconciler.core.normalize import instant
from reconciler.core.resources import SECRET_TEXT, Address, Origin, Sealed, Secret
from reconciler.core.text import count, hidden_characters, printable

NOT_SET = "not set"
_BARE = re.compile(r"#[0-9A-Fa-f]{6}|\d{4}-\d\d-\d\dT[\d:.]+Z")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# CI runners take a line that starts with '::', or '##[' and '##vso[' anywhere, as an order.
_LEADING_ORDER = re.compile(r"^(\s*):(?=:)")
CI_ORDER = re.compile(r"#(?=#(?:vso)?\[)")


def plain(text: str) -> str:
    """``text`` on one line, harmless for a terminal and for a CI runner that reads the log."""
    if text.isascii() and text.isprintable() and "::" not in text and "##" not in text:
        return text  # as nearly all is: a plan of ten thousand rooms has a million of them
    return CI_ORDER.sub(r"\\x23", _LEADING_ORDER.sub(r"\1\\x3a", printable(text)))


def is_secret(value: Any) -> bool:
    """Whether ``value`` must not be shown."""
    return isinstance(value, Secret | Sealed)


def _is_nameless(value: Any) -> bool:
    return isinstance(value, Secret | Sealed) and value.shown == SECRET_TEXT


def holds_secret(value: Any) -> bool:
    """Whether ``value`` is a secret that has nothing to be shown by, or is an object with one directly in it."""
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
    """``value`` for people: ``"Town Hall"``, ``true``, ``#044EF4``, ``{team: "growth"}``, ``not set``, ``(secret)``."""
    return NOT_SET if value is None else plain("".join(_words(value)))


def sides(one: Any, other: Any) -> tuple[str, str]:
    """Two values of one thing as texts: secrets as ``(secret)``, and where they print alike what differs spelled out."""
    here, there = (
        SECRET_TEXT if holds_secret(value) else value_text(value) for value in (one, other)
    )
    return told_apart(here, there)


def address_text(address: Address) -> str:
    """``Room/lobby``, harmless."""
    return plain(str(address))


def origin_text(origin: Origin | None) -> str:
    """``presets.yaml:8:11 (preset webinar)``, harmless; nothing where there is no origin."""
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
    """``in session since 09:12 UTC, 14 members``; any key may be missing or be nonsense. ``today`` is RFC 3339 and saves the date."""
    members = session.get("members")
    people = (
        f", {count(members, 'member')}"
        if isinstance(members, int) and not isinstance(members, bool)
        else ""
    )
    return f"in session{_moment(session.get('start_time') or session.get('started_at'), today)}{people}"


def json_value(value: Any) -> Any:
    """``value`` as JSON knows it, exact but for secrets."""
    if isinstance(value, Secret | Sealed):
        return value.shown
    if isinstance(value, Mapping):
        return {key: json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    return value


def json_text(document: Mapping[str, Any]) -> str:
    """The document as JSON text in its own key order; whatever a terminal or a CI runner could obey is a JSON escape."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    for char in sorted(set(hidden_characters(text))):
        text = text.replace(char, json.dumps(char)[1:-1])
    return CI_ORDER.sub(r"\\u0023", text) + "\n"
