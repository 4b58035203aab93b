"""Reads the answer to a question out of what a probe saw; text says why there is none."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.core.facts import ACCEPTED, KEPT, Exchange
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.normalize import canonical, same
from reconciler.core.regex import regex
from reconciler.engine.probe.bench import Bench, Seen

_RATE_HEADER = regex(r"rate-?limit", re.IGNORECASE)


class Finding(NamedTuple):
    """An answer, and the exchanges that show it."""

    answer: Any
    evidence: tuple[Exchange, ...] = ()


Judgement = Finding | str
_NOT_MADE = "the request that would show it was refused, or its answer was lost"
_UNCLEAR = "the answers do not agree"


def _differing(bench: Bench, one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the fields of ``one`` that have another value in ``other``, by meaning."""
    kind = bench.kind

    def meant(field: str, values: Mapping[str, Any]) -> Any:
        return canonical(kind, field, values.get(field), name="")

    return [field for field in one if not same(meant(field, one), meant(field, other))]


def status(bench: Bench) -> Judgement:
    """The HTTP status of a creation."""
    return Finding(bench.seen["create"].status, (bench.exchange("create"),))


def made_name(bench: Bench) -> Judgement:
    """Whether a new resource gets the name that was sent."""
    seen, key = bench.seen["create"], bench.kind.key
    if seen.content.get(key) == seen.sent[key]:
        return Finding("as_sent", (bench.exchange("create", key),))
    suffixed = str(seen.content.get(key)).startswith(str(seen.sent[key]))
    return Finding("suffixed" if suffixed else "another", (bench.exchange("create", key),))


def same_name(bench: Bench) -> Judgement:
    """What a creation with a taken name does."""
    seen, key = bench.seen["create_same_name"], bench.kind.key
    shown = (bench.exchange("create_same_name", key),)
    if seen.refused and key in seen.attributes:
        return Finding("refused", shown)
    if not seen.accepted:
        return _NOT_MADE
    if str(seen.content.get("id")).lower() == bench.made["plain"].id.lower():
        return Finding("answered", shown)
    if bench.seen["create"].content.get(key) != bench.seen["create"].sent[key]:
        return "every new name gets a suffix here"
    is_same = seen.content.get(key) == seen.sent[key]
    return Finding("made_again" if is_same else "suffixed", shown)


def reset_by_every_put(bench: Bench) -> Judgement:
    """Which fields a PUT sets to something else than it was sent."""
    seen = bench.seen["put_all"]
    if not seen.accepted:
        return _NOT_MADE
    moved = sorted(_differing(bench, seen.sent, seen.content))
    return Finding(moved, (bench.exchange("put_all", *moved),))


def omitted_fields(bench: Bench) -> Judgement:
    """Whether a PUT keeps or resets the fields that it does not mention."""
    before, put, after = (bench.seen[step] for step in ("put_all", "put_one", "read"))
    if not (before.accepted and put.accepted and after.accepted):
        return _NOT_MADE
    unsteady = {*_differing(bench, before.sent, before.content), *put.sent}
    kept = {name: value for name, value in before.sent.items() if name not in unsteady}
    moved = _differing(bench, kept, after.content)
    shown = (bench.exchange("put_one", *put.sent), bench.exchange("read", *sorted(kept)))
    if len(kept) < 2:
        return "too few fields are left to compare"
    if not moved:
        return Finding(KEPT, shown)
    return Finding("reset", shown) if len(moved) == len(kept) else _UNCLEAR


def null(bench: Bench) -> Judgement:
    """Whether null unsets a field that has no empty value."""
    seen, fields = bench.seen["put_null"], set(bench.clearable)
    shown = (bench.exchange("put_null", *sorted(fields)),)
    if not fields:
        return "no field shows it"
    if seen.refused and fields <= set(seen.attributes):
        return Finding("refused", shown)
    if not seen.accepted:
        return _NOT_MADE
    left = {name for name in fields if seen.content.get(name) is not None}
    if not left:
        return Finding(ACCEPTED, shown)
    return Finding("ignored", shown) if left == fields else _UNCLEAR


def put_name(bench: Bench) -> Judgement:
    """What ``name`` in a PUT does."""
    seen, key = bench.seen["put_name"], bench.kind.key
    shown = (bench.exchange("put_name", key),)
    if seen.refused and key in seen.attributes:
        return Finding("refused", shown)
    if not seen.accepted:
        return _NOT_MADE
    name = seen.content.get(key)
    if name == seen.sent[key]:
        return Finding("taken", shown)
    return Finding("ignored", shown) if name == bench.made["full"].name else _UNCLEAR


def defaults(bench: Bench) -> Judgement:
    """What a field has that was never set, where the document names no default."""
    seen, kind = bench.seen["create"], bench.kind
    fields = [
        name
        for name in kind.attributes
        if not kind.is_documented(name) and name in seen.content and name not in seen.sent
    ]
    found = {name: seen.content[name] for name in fields}
    plain = {
        name: value for name, value in found.items() if value is None or isinstance(value, bool)
    }
    return Finding(plain, (bench.exchange("create", *sorted(plain)),))


def _values(bench: Bench, seen: Seen, spelling: str) -> dict[str, str]:
    return {
        name: str(seen.content.get(name))
        for name in seen.sent
        if bench.kind.spellings.get(name) == spelling
    }


def _one_form(bench: Bench, forms: Iterable[str], fields: Iterable[str]) -> Judgement:
    found = set(forms)
    if len(found) != 1:
        return _UNCLEAR if found else "no field shows it"
    return Finding(found.pop(), (bench.exchange("create_full", *fields),))


def colours(bench: Bench) -> Judgement:
    """How a colour comes back that was sent in mixed case."""
    seen = bench.seen["create_full"]
    values = _values(bench, seen, "colour")
    forms = [
        next(
            (
                form
                for form, text in (
                    ("as_sent", sent),
                    ("upper", sent.upper()),
                    ("lower", sent.lower()),
                )
                if text == value
            ),
            "another",
        )
        for value, sent in ((value, str(seen.sent[name])) for name, value in values.items())
    ]
    return _one_form(bench, forms, values)


_INSTANTS = (
    ("fraction", re.compile(r".*\.\d+Z")),
    ("Z", re.compile(r"[^.]*Z")),
    ("offset", re.compile(r".*[+-]\d\d:\d\d")),
)


def instants(bench: Bench) -> Judgement:
    """How the Space returns a time that was sent without a fraction, with Z."""
    values = _values(bench, bench.seen["create_full"], "instant")
    forms = [
        next((form for form, pattern in _INSTANTS if pattern.fullmatch(value)), "another")
        for value in values.values()
    ]
    return _one_form(bench, forms, values)


def child_url(bench: Bench) -> Judgement:
    """Whether the key of a sub-resource comes back as it was sent."""
    seen = bench.seen["create_child"]
    if not seen.accepted:
        return _NOT_MADE
    as_sent = all(seen.content.get(name) == value for name, value in seen.sent.items())
    return Finding("as_sent" if as_sent else "changed", (bench.exchange("create_child"),))


def child_status(bench: Bench) -> Judgement:
    """The HTTP status of the creation of a sub-resource."""
    seen = bench.seen["create_child"]
    return Finding(seen.status, (bench.exchange("create_child"),)) if seen.accepted else _NOT_MADE


def child_limit(bench: Bench) -> Judgement:
    """How many sub-resources there may be, where it is none or one."""
    for number, step in enumerate(("create_child", "create_second_child")):
        seen = bench.seen.get(step)
        if seen and seen.refused and any("limit" in code for code in seen.codes):
            return Finding(number, (bench.exchange(step),))
    return "two were accepted, and no more were tried"


def _noticed(bench: Bench, what: str, why: str) -> Judgement:
    if what not in bench.noticed:
        return why
    answer, exchange = bench.noticed[what]
    return Finding(answer, (exchange,))


def list_lag(bench: Bench) -> Judgement:
    """How long a list takes to show a new resource."""
    return _noticed(bench, "list_lag", "no list showed it in time")


def links(bench: Bench) -> Judgement:
    """Whether the link to the next page has a host."""
    return _noticed(bench, "links", "the list has one page")


def empty_page(bench: Bench) -> Judgement:
    """The number of a page that is empty and has a next one."""
    return _noticed(bench, "empty_page", "no page was empty")


def active_session(bench: Bench) -> Judgement:
    """Whether a resource's own answer shows its live session."""
    return _noticed(bench, "active_session", bench.silent)


def session_room_id(bench: Bench) -> Judgement:
    """Whether a session names its resource by id."""
    return _noticed(bench, "session_room_id", bench.silent)


def rate_headers(bench: Bench) -> Judgement:
    """The names of the headers with the limit of writes, and the limit."""
    headers = bench.seen["create"].headers
    names = sorted(name.lower() for name in headers if _RATE_HEADER.search(name))
    if not names:
        return "no answer had such a header"
    limit = next((headers[name] for name in headers if name.lower().endswith("limit")), "")
    whole = limit.isascii() and limit.isdigit()
    answer = {"names": names, **({"limit": int(limit[:9])} if whole else {})}
    seen = bench.exchange("create")._replace(answered=answer)
    return Finding(answer, (seen,))


def idle_session(bench: Bench) -> Judgement:
    """What stands for the session in the answer about a resource without one."""
    return _noticed(bench, "idle_session", "it was not asked")
