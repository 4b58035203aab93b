"""Finds fields shared by drafts and suggests presets or themes."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, replace
from reconciler.core.export import Draft, in_order
from reconciler.core.kinds import Compose, Kind, Kinds, resolve, resources
from reconciler.core.resources import Address, Secret

# A preset costs a file and a reference in each user: for less it saves no lines.
_FEWEST_USERS = 3
_FEWEST_FIELDS = 2
_FEWEST_PALETTES = 2
# Each pair of candidates is tried, so the work grows with the square.
_MOST_CANDIDATES = 40
_MOST_OFFERS = 3
_MOST_NAMED = 12
_SEPARATORS = "-_"

# A field with its value as JSON text, so that values of any type can be compared and counted.
_Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Fields with equal values in several resources. ``kind`` is the fragment for all ``users``."""

    kind: str
    fields: Mapping[str, Any]
    users: tuple[Address, ...]


def _is_palette(fragment: Kind) -> bool:
    return bool(fragment.flatten)


def _flat_names(fragment: Kind) -> frozenset[str]:
    """Return the field names that a fragment gives to its users."""
    if not fragment.flatten:
        return frozenset(fragment.fields) - {fragment.applies_to}
    names = set()
    for outer, schema in fragment.fields.items():
        for inner in schema.get("properties", {}):
            names.add(f"{outer}{fragment.flatten}{inner}")
    return frozenset(names)


def fragments_of(kinds: Kinds, *, palettes: bool) -> tuple[str, ...]:
    """Return the fragment kinds that resources use: palettes (flattened) or field bundles."""
    used: set[str] = set()
    for kind in resources(kinds):
        used.update(part.kind for part in kind.compose)
    known = sorted(used & kinds.keys())
    return tuple(name for name in known if _is_palette(kinds[name]) == palettes)


def _compose(kind: Kind, fragment: str) -> Compose | None:
    return next((part for part in kind.compose if part.kind == fragment), None)


def _shareable(kinds: Kinds, kind: Kind, fragment: str) -> frozenset[str]:
    """Return the fields of ``kind`` that ``fragment`` may set; bundles exclude palette fields."""
    if _compose(kind, fragment) is None:
        return frozenset()
    palettes = [
        kinds[part.kind]
        for part in kind.compose
        if part.kind != fragment and _is_palette(kinds[part.kind])
    ]
    theirs = frozenset[str]().union(*(_flat_names(palette) for palette in palettes))
    return (_flat_names(kinds[fragment]) & frozenset(kind.attributes)) - theirs


def _may_use(kind: Kind, draft: Draft, fragment: str) -> bool:
    """Whether a draft can name such a fragment and names none yet."""
    compose = _compose(kind, fragment)
    return compose is not None and compose.field not in draft.spec


def _pairs(kinds: Kinds, draft: Draft, fragment: str) -> frozenset[_Pair]:
    """Return the fields of a draft that ``fragment`` could set."""
    kind = kinds[draft.address.kind]
    if not _may_use(kind, draft, fragment):
        return frozenset()
    allowed = _shareable(kinds, kind, fragment)
    return frozenset(
        (name, json.dumps(value, sort_keys=True))
        for name, value in draft.spec.items()
        if name in allowed and not isinstance(value, Secret)
    )


def _chosen(kind: Kind, pairs: frozenset[_Pair]) -> frozenset[_Pair]:
    """Leave out fields that are exported only because their default is undocumented."""
    usual = {
        (name, json.dumps(kind.assumed.get(name, False)))
        for name in kind.attributes
        if not kind.is_documented(name)
    }
    return pairs - usual


def _suggestion(fragment: Kind, pairs: Iterable[_Pair], drafts: Sequence[Draft]) -> Suggestion:
    values = {name: json.loads(text) for name, text in pairs}
    fields = {name: values[name] for name in _ordered_names(fragment) if name in values}
    users = sorted(draft.address for draft in drafts)
    return Suggestion(fragment.name, fields, tuple(users))


def _ordered_names(fragment: Kind) -> Iterator[str]:
    for outer, schema in fragment.fields.items():
        if not fragment.flatten:
            yield outer
        yield from (
            f"{outer}{fragment.flatten}{inner}"
            for inner in schema.get("properties", {})
            if fragment.flatten
        )


def common(kinds: Kinds, drafts: Sequence[Draft], *, fragment: str) -> Suggestion:
    """Return the fields common to all drafts that can use ``fragment``; may be empty."""
    able = [draft for draft in drafts if _may_use(kinds[draft.address.kind], draft, fragment)]
    sets = [_pairs(kinds, draft, fragment) for draft in able]
    return _suggestion(kinds[fragment], frozenset.intersection(*sets) if sets else (), able)


def _candidates(sets: Counter[frozenset[_Pair]]) -> set[frozenset[_Pair]]:
    """Return sets worth trying: the most frequent ones and their pairwise intersections."""
    frequent = sorted(sets, key=lambda one: (-sets[one] * len(one), sorted(one)))[:_MOST_CANDIDATES]
    return {*frequent, *(one & other for one, other in combinations(frequent, 2))}


def _best(sets: Counter[frozenset[_Pair]]) -> frozenset[_Pair]:
    """Return the set that saves most lines; empty if none saves any."""
    scored = []
    for candidate in _candidates(sets):
        users = sum(number for one, number in sets.items() if candidate <= one)
        if users >= _FEWEST_USERS and len(candidate) >= _FEWEST_FIELDS:
            scored.append((-(users - 1) * len(candidate), sorted(candidate)))
    return frozenset(min(scored)[1]) if scored else frozenset()


def _bundles(kinds: Kinds, drafts: Sequence[Draft], fragment: str) -> Iterator[Suggestion]:
    open_pairs = {}
    for draft in drafts:
        pairs = _pairs(kinds, draft, fragment)
        open_pairs[draft.address] = _chosen(kinds[draft.address.kind], pairs)
    while best := _best(_frequent_groups(open_pairs.values())):
        users = [draft for draft in drafts if best <= open_pairs.get(draft.address, frozenset())]
        yield _suggestion(kinds[fragment], best, users)
        for draft in users:
            del open_pairs[draft.address]


def _frequent_groups(resources_pairs: Collection[frozenset[_Pair]]) -> Counter[frozenset[_Pair]]:
    """Count the groups of pairs that resources have, of pairs that enough resources have."""
    times: Counter[_Pair] = Counter()
    for pairs in resources_pairs:
        times.update(pairs)
    often = {pair for pair, number in times.items() if number >= _FEWEST_USERS}
    groups = Counter(pairs & often for pairs in resources_pairs)
    del groups[frozenset()]
    return groups


def _palettes(kinds: Kinds, drafts: Sequence[Draft], fragment: str) -> Iterator[Suggestion]:
    alike: dict[frozenset[_Pair], list[Draft]] = {}
    for draft in drafts:
        alike.setdefault(_pairs(kinds, draft, fragment), []).append(draft)
    for pairs, users in sorted(alike.items(), key=lambda one: (-len(one[1]), sorted(one[0]))):
        if pairs and len(users) >= _FEWEST_PALETTES:
            yield _suggestion(kinds[fragment], pairs, users)


def suggestions(kinds: Kinds, drafts: Sequence[Draft], *, palettes: bool) -> tuple[Suggestion, ...]:
    """Return suggestions, the most useful first; a resource is in one at most.

    Palettes need two users; bundles need two fields and three users.
    """
    find = _palettes if palettes else _bundles
    offers: list[Suggestion] = []
    for fragment in fragments_of(kinds, palettes=palettes):
        offers += islice(find(kinds, drafts, fragment), _MOST_OFFERS)
    return tuple(offers)


def _nested(fragment: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Nest the fields as a fragment writes them: ``dark_primary`` becomes ``dark: {primary}``."""
    if not fragment.flatten:
        return dict(fields)
    found: dict[str, Any] = {}
    for outer, schema in fragment.fields.items():
        names = {
            f"{outer}{fragment.flatten}{inner}": inner for inner in schema.get("properties", {})
        }
        inside = {inner: fields[name] for name, inner in names.items() if name in fields}
        found |= {outer: inside} if inside else {}
    return found


def _for_kinds(fragment: Kind, offer: Suggestion) -> dict[str, Any]:
    """Return the kinds that the fragment applies to, if it can say so."""
    if not fragment.applies_to:
        return {}
    allowed = resolve(fragment.fields[fragment.applies_to].get("items", {}), fragment.schema).get(
        "enum", ()
    )
    users = {address.kind for address in offer.users}
    return (
        {fragment.applies_to: [name for name in allowed if name in users]}
        if users <= set(allowed)
        else {}
    )


def _using(kind: Kind, draft: Draft, offer: Suggestion, name: str) -> Draft:
    compose = _compose(kind, offer.kind)
    assert compose is not None  # an offer's users can use it
    is_list = kind.fields[compose.field].get("type") == "array"
    spec = {field: value for field, value in draft.spec.items() if field not in offer.fields}
    return replace(draft, spec=in_order(kind, {**spec, compose.field: [name] if is_list else name}))


def shared(
    kinds: Kinds, drafts: Sequence[Draft], offer: Suggestion, *, name: str
) -> tuple[Draft, tuple[Draft, ...]]:
    """Turn a suggestion into a fragment called ``name``; its users refer to it."""
    fragment = kinds[offer.kind]
    spec = {**_for_kinds(fragment, offer), **_nested(fragment, offer.fields)}
    users = frozenset(offer.users)
    rest = tuple(
        _using(kinds[draft.address.kind], draft, offer, name) if draft.address in users else draft
        for draft in drafts
    )
    return Draft(Address(offer.kind, name), spec), rest


def _pattern(kinds: Kinds, offer: Suggestion, drafts: Sequence[Draft]) -> str:
    """Return a name pattern that fits exactly the users among all candidates; '' if none."""
    shared = _shared_start([address.name for address in offer.users])
    # Cut at a separator: "web1" and "web15" share "web1", which is no group of names.
    start = shared.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    if len(start.strip(_SEPARATORS)) < 2:
        return ""
    fits = set()
    for draft in drafts:
        kind = kinds[draft.address.kind]
        if draft.address.name.startswith(start) and _may_use(kind, draft, offer.kind):
            fits.add(draft.address)
    return f"{start}*" if fits == set(offer.users) else ""


def _shared_start(names: Sequence[str]) -> str:
    # What the first and the last name in order share, all between them share.
    first, last = min(names), max(names)
    length = 0
    while first[length : length + 1] == last[length : length + 1] != "":
        length += 1
    return first[:length]


def suggested(
    kinds: Kinds, found: Sequence[Suggestion], drafts: Sequence[Draft], *, name: str
) -> Iterator[tuple[Suggestion, str]]:
    """Return each suggestion with the flag value that requests it.

    Examples: ``web=web-*``, ``common=Room/a,Room/b``, or a name alone for the next one.
    """
    names: set[str] = set()
    for number, offer in enumerate(found):
        pattern = _pattern(kinds, offer, drafts)
        stem = pattern.rstrip("*").strip(_SEPARATORS) or name
        chosen, suffix = stem, 2
        while chosen in names:
            chosen, suffix = f"{stem}-{suffix}", suffix + 1
        names.add(chosen)
        listed = (
            ",".join(map(str, offer.users)) if number and len(offer.users) <= _MOST_NAMED else ""
        )
        words = pattern or listed
        yield offer, f"{chosen}={words}" if words else chosen
