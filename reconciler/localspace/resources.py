"""The endpoints that every kind has by its schema: list, create, read by id or name, update, delete; and those of its children."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from reconciler.core.kinds import Kind, Kinds
from reconciler.localspace import api_tables, pagination, sessions, tokens
from reconciler.localspace.http import Answer, Call, FieldError, Refusal, Route, document
from reconciler.localspace.request_validation import Form, form_of, order_complaints, read_body
from reconciler.localspace.serializers import resource_answer
from reconciler.localspace.store import Filter, Mutation, Record

_LONGEST_STEM = 90


def _shown(kind: Kind, call: Call, values: Mapping[str, Any]) -> Callable[[Record], dict[str, Any]]:
    """How a record of this kind is shown: with its live session where the query asks for it."""
    asked, told = bool(values.get("include_active_session")), call.knobs.active_session
    live = sessions.live_by_room(call) if asked and told == "told" else {}
    instead: dict[str, dict[str, Any]] = {
        "null": {kind.session: None},
        "odd": {kind.session: "in-progress"},
    }

    def shown(record: Record) -> dict[str, Any]:
        session = (
            {kind.session: sessions.active_session(call, live[record.id])}
            if record.id in live
            else {}
        )
        return {
            **resource_answer(kind, record, call.knobs),
            **(instead.get(told, session) if asked else {}),
        }

    return shown


def _filters(kind: Kind, values: Mapping[str, Any]) -> list[Filter]:
    wanted = []
    for first, second in kind.ordered[:1]:
        wanted += [Filter(first, ">=", values["starts_after"])] if "starts_after" in values else []
        wanted += [Filter(second, "<=", values["ends_before"])] if "ends_before" in values else []
    return wanted


def _one_readers(kind: Kind) -> dict[str, pagination.Reader]:
    return {"include_active_session": pagination.boolean} if kind.session else {}


def _list_readers(kind: Kind) -> dict[str, pagination.Reader]:
    between: dict[str, pagination.Reader] = (
        {"starts_after": pagination.instant, "ends_before": pagination.instant}
        if kind.ordered
        else {}
    )
    return {**pagination.PAGING, **_one_readers(kind), **between}


def _owner(kinds: Kinds, parent: str, call: Call) -> Record:
    found = call.store.get(kinds[parent].name, call.ids["id"].lower())
    if found is None:
        raise Refusal(404)
    return found


def _list(kind: Kind, call: Call, *, owner: str | None = None) -> Answer:
    values = pagination.read_query(call, _list_readers(kind))
    return pagination.page(
        call,
        values,
        _shown(kind, call, values),
        kind=kind.name,
        owner=owner,
        filters=_filters(kind, values),
    )


def _shares_path(kind: Kind) -> bool:
    """Whether ids and names stand in the same place of the same path."""
    return kind.lookup.replace("{name}", "{id}") == kind.item


def _found(kind: Kind, call: Call) -> Record:
    """The record that the path names: by id, or by name where the kind is looked up so and the word is no id."""
    word = call.ids["id"]
    record = None
    if pagination.is_identifier(word):
        record = call.store.get(kind.name, word.lower())
    elif _shares_path(kind) and call.method in ("GET", "HEAD"):
        record = call.store.named(kind.name, word)
    if record is None:
        raise Refusal(404)
    return record


def _read(kind: Kind, call: Call) -> Answer:
    values = pagination.read_query(call, _one_readers(kind))
    return Answer(200, _shown(kind, call, values)(_found(kind, call)))


def _read_named(kind: Kind, call: Call) -> Answer:
    values = pagination.read_query(call, _one_readers(kind))
    record = call.store.named(kind.name, call.ids["name"])
    if record is None:
        raise Refusal(404)
    return Answer(200, _shown(kind, call, values)(record))


def _made_name(kind: Kind, call: Call, kept: Mapping[str, Any]) -> str:
    """A name for a resource whose create left it out: its title in the form of a name, with a tail where that is taken."""
    title = str(kept.get(api_tables.NAMED_AFTER.get(kind.collection, "")) or kind.name)
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", title).strip("-")[:80] or kind.name.lower()
    return (
        stem
        if call.store.named(kind.name, stem) is None
        else f"{stem}-{call.store.fresh(call.knobs.seed)[:8]}"
    )


def _taken(kind: Kind, call: Call, name: str | None, own: str | None = None) -> list[FieldError]:
    other = call.store.named(kind.name, name) if isinstance(name, str) else None
    if other is None or other.id == own:
        return []
    return [FieldError("not_unique_within_project", kind.key, f"{kind.key} has already been taken")]


def _suffixed(call: Call, name: str) -> str:
    """``name`` with a tail that nobody else has, no longer than a name may be."""
    return f"{name[:_LONGEST_STEM]}_{call.store.fresh(call.knobs.seed)[:6]}"


def _named(kind: Kind, call: Call, name: Any, *, own_name: bool) -> tuple[Any, Record | None]:
    """The name that a POST makes it under, and the resource that it is answered with in place of a new one, by the knobs."""
    there = call.store.named(kind.name, name) if own_name and isinstance(name, str) else None
    if there is not None and call.knobs.taken == "answered":
        return name, there
    tail = call.knobs.made_name == "suffixed" or (
        there is not None and call.knobs.taken == "suffixed"
    )
    return (_suffixed(call, name) if own_name and isinstance(name, str) and tail else name), None


def _limit(kind: Kind, call: Call, owner: str | None) -> list[FieldError]:
    limit = call.knobs.stream_limit
    if owner is None or limit is None or len(call.store.page(kind.name, owner=owner)) < limit:
        return []
    return [FieldError("exceeds_platform_stream_limit", kind.key, f"there may be {limit} at most")]


def _complete(kind: Kind, kept: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The attributes with every field that the body left out at its default."""
    return {
        field: kept[field] if field in kept else kind.initial(field, name)
        for field in kind.attributes
    }


def _create(form: Form, status: int, call: Call, *, owner: str | None = None) -> Answer:
    kind, store = form.kind, call.store
    pagination.read_query(call, {})
    body = document(call)
    kept, complaints = read_body(form, "create", body, call.knobs)
    named = kind.key not in kind.fields
    with store.writing() as mutations:
        wanted = kept.get(kind.key) if named else None
        name, there = _named(kind, call, wanted, own_name=named)
        if there is not None and not complaints:
            return Answer(200, resource_answer(kind, there, call.knobs))
        if name != wanted and api_tables.TITLE in kind.fields:
            kept.setdefault(api_tables.TITLE, wanted)
        complaints += [
            *order_complaints(kind, kept),
            *_taken(kind, call, name),
            *_limit(kind, call, owner),
        ]
        if complaints:
            raise Refusal(422, complaints)
        if named and name is None:
            name = _made_name(kind, call, kept)
        record = store.insert(
            kind.name,
            store.fresh(call.knobs.seed),
            _complete(kind, kept, name or ""),
            now=call.now,
            owner=owner,
            name=name,
        )
        tokens.mint_companions(kind, record, call)
        mutations.append(Mutation(call.method, call.path, kind.name, record.id, body))
    call.lag.changed(record, call.knobs, call.now)
    chosen = call.knobs.created
    return Answer(
        status if chosen == "documented" else chosen, resource_answer(kind, record, call.knobs)
    )


def _merged(form: Form, record: Record, kept: Mapping[str, Any], call: Call) -> dict[str, Any]:
    """The attributes after an update: what is not mentioned stays, or goes back to its default, by the knob ``put``."""
    kind = form.kind
    before = _complete(kind, record.attributes, record.name or "")
    if call.knobs.put == "replace":
        name = str(kept.get(kind.key) or record.name or "")
        before |= {
            field: kind.initial(field, name)
            for field in form.update
            if field not in form.required["update"]
        }
    after = {**record.attributes, **before} | {
        field: value for field, value in kept.items() if field in before
    }
    for field in call.knobs.put_resets:
        after.pop(field, None)
    return after


def _update(form: Form, call: Call) -> Answer:
    kind, store = form.kind, call.store
    pagination.read_query(call, {})
    with store.writing() as mutations:
        record = _found(kind, call)
        body = document(call)
        kept, complaints = read_body(form, "update", body, call.knobs)
        name = kept.get(kind.key) if kind.key not in kind.fields else None
        attributes = _merged(form, record, kept, call)
        complaints += [*order_complaints(kind, attributes), *_taken(kind, call, name, record.id)]
        if complaints:
            raise Refusal(422, complaints)
        record = store.replace(record, attributes, now=call.now, name=name)
        mutations.append(Mutation(call.method, call.path, kind.name, record.id, body))
    return Answer(200, resource_answer(kind, record, call.knobs))


def _delete(kind: Kind, call: Call) -> Answer:
    pagination.read_query(call, {})
    with call.store.writing() as mutations:
        record = _found(kind, call)
        sessions.end_of_room(call, record.id)
        call.store.remove(record.id)
        mutations.append(Mutation(call.method, call.path, kind.name, record.id, None))
    call.lag.changed(record, call.knobs, call.now, deleted=True)
    return Answer(204)


def _child_list(kinds: Kinds, kind: Kind, parent: str, call: Call) -> Answer:
    return _list(kind, call, owner=_owner(kinds, parent, call).id)


def _child_create(kinds: Kinds, form: Form, status: int, parent: str, call: Call) -> Answer:
    return _create(form, status, call, owner=_owner(kinds, parent, call).id)


def _routes_of(kinds: Kinds, kind: Kind) -> Iterable[Route]:
    form = form_of(kind)
    if kind.collection:
        yield Route("GET", kind.collection, partial(_list, kind))
        yield Route(
            "POST",
            kind.collection,
            partial(_create, form, api_tables.CREATED.get(kind.collection, 200)),
        )
    for parent, path in sorted(kind.parents.items()):
        yield Route("GET", path, partial(_child_list, kinds, kind, parent))
        yield Route(
            "POST",
            path,
            partial(_child_create, kinds, form, api_tables.CREATED.get(path, 200), parent),
        )
    if kind.item:
        yield Route("GET", kind.item, partial(_read, kind))
        yield Route("PUT", kind.item, partial(_update, form))
        yield Route("DELETE", kind.item, partial(_delete, kind))
    if kind.lookup and not _shares_path(kind):
        yield Route("GET", kind.lookup, partial(_read_named, kind))


def routes(kinds: Kinds) -> list[Route]:
    """The endpoints of every kind that exists in the Space, by itself or below a parent."""
    return [
        route
        for name in sorted(kinds)
        if kinds[name].type in ("resource", "child")
        for route in _routes_of(kinds, kinds[name])
    ]
