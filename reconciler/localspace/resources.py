"""Endpoints of every kind and its sub-resources: list, create, read, update, delete."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from reconciler.core.kinds import Kind, Kinds
from reconciler.localspace import (
    api_tables,
    pagination,
    read_only_lists,
    same_room,
    sessions,
    tokens,
)
from reconciler.localspace.http import Answer, Call, FieldError, Refusal, Route, document
from reconciler.localspace.names import made_name, name_and_existing, name_conflict
from reconciler.localspace.request_validation import Form, form_of, order_complaints, read_body
from reconciler.localspace.serializers import resource_answer
from reconciler.localspace.store import Filter, Mutation, Record


def _record_json(
    kind: Kind, call: Call, values: Mapping[str, Any]
) -> Callable[[Record], dict[str, Any]]:
    """A function from a record to its JSON, with the live session if the query asks for it."""
    requested, setting = bool(values.get("include_active_session")), call.knobs.active_session
    live = sessions.live_by_room(call) if requested and setting == "told" else {}
    instead: dict[str, dict[str, Any]] = {
        "null": {kind.session: None},
        "odd": {kind.session: "in-progress"},
    }

    def to_json(record: Record) -> dict[str, Any]:
        session: dict[str, Any] = {}
        if record.id in live:
            session = {kind.session: sessions.active_session(call, live[record.id])}
        return {
            **resource_answer(kind, record, call.knobs, project=call.project),
            **(instead.get(setting, session) if requested else {}),
        }

    return to_json


def _filters(kind: Kind, values: Mapping[str, Any]) -> list[Filter]:
    if not kind.ordered:
        return []
    filters = []
    start, end = kind.ordered[0]
    if "starts_after" in values:
        filters.append(Filter(start, ">=", values["starts_after"]))
    if "ends_before" in values:
        filters.append(Filter(end, "<=", values["ends_before"]))
    return filters


def _one_readers(kind: Kind) -> dict[str, pagination.Reader]:
    told = kind.session and kind.session_told
    return {"include_active_session": pagination.boolean} if told else {}


def _list_readers(kind: Kind) -> dict[str, pagination.Reader]:
    between: dict[str, pagination.Reader] = (
        {"starts_after": pagination.instant, "ends_before": pagination.instant}
        if kind.ordered
        else {}
    )
    paging = pagination.PAGING if kind.page_size else pagination.LINKS_ONLY
    return {**paging, **_one_readers(kind), **between}


def _owner(kinds: Kinds, parent: str, call: Call) -> Record:
    owner = call.store.get(kinds[parent].name, call.ids["id"].lower())
    if owner is None:
        raise Refusal(404)
    return owner


def _list(kind: Kind, call: Call, *, owner: str | None = None) -> Answer:
    values = pagination.read_query(call, _list_readers(kind))
    return pagination.page(
        call,
        values,
        _record_json(kind, call, values),
        kind=kind.name,
        owner=owner,
        filters=_filters(kind, values),
    )


def _shares_path(kind: Kind) -> bool:
    """Whether ids and names take the same part of the same path."""
    return kind.lookup.replace("{name}", "{id}") == kind.item


def _record_at(kind: Kind, call: Call) -> Record:
    """The record in the path: by id, or by name if the kind allows it."""
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
    return Answer(200, _record_json(kind, call, values)(_record_at(kind, call)))


def _read_named(kind: Kind, call: Call) -> Answer:
    values = pagination.read_query(call, _one_readers(kind))
    record = call.store.named(kind.name, call.ids["name"])
    if record is None:
        raise Refusal(404)
    return Answer(200, _record_json(kind, call, values)(record))


def _limit(kind: Kind, call: Call, owner: str | None) -> list[FieldError]:
    limit = call.knobs.stream_limit
    if owner is None or limit is None or len(call.store.page(kind.name, owner=owner)) < limit:
        return []
    return [FieldError("exceeds_platform_stream_limit", kind.key, f"there may be {limit} at most")]


def _complete(kind: Kind, fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The attributes, with defaults for all fields that the body omits."""
    return {
        field: fields[field] if field in fields else kind.initial(field, name)
        for field in kind.attributes
    }


def _create(
    kinds: Kinds, form: Form, status: int, call: Call, *, owner: str | None = None
) -> Answer:
    kind, store = form.kind, call.store
    pagination.read_query(call, {})
    body = document(call)
    fields, complaints = read_body(form, "create", body, call.knobs)
    named = kind.key not in kind.fields
    with store.writing() as mutations:
        wanted = fields.get(kind.key) if named else None
        name, there = name_and_existing(kind, call, wanted, own_name=named)
        if there is not None and not complaints:
            return Answer(200, resource_answer(kind, there, call.knobs, project=call.project))
        if name != wanted and api_tables.TITLE in kind.fields:
            fields.setdefault(api_tables.TITLE, wanted)
        complaints += [
            *order_complaints(kind, fields),
            *name_conflict(kind, call, name),
            *_limit(kind, call, owner),
        ]
        if complaints:
            raise Refusal(422, complaints)
        if named and name is None:
            name = made_name(kind, call, fields)
        record = store.insert(
            kind.name,
            store.fresh(call.knobs.seed),
            _complete(kind, fields, name or ""),
            now=call.now,
            owner=owner,
            name=name,
        )
        tokens.mint_companions(kind, record, call)
        same_room.add_other_faces(kinds, kind, record, call)
        mutations.append(Mutation(call.method, call.path, kind.name, record.id, body))
    call.lag.changed(record, call.knobs, call.now)
    chosen = call.knobs.created
    return Answer(
        status if chosen == "documented" else chosen,
        resource_answer(kind, record, call.knobs, project=call.project),
    )


def _merged(form: Form, record: Record, fields: Mapping[str, Any], call: Call) -> dict[str, Any]:
    """The attributes after an update; the setting ``put`` decides on omitted fields."""
    kind = form.kind
    before = _complete(kind, record.attributes, record.name or "")
    if call.knobs.put == "replace":
        name = str(fields.get(kind.key) or record.name or "")
        before |= {
            field: kind.initial(field, name)
            for field in kind.attributes
            if field in form.update and field not in form.required["update"]
        }
    after = {**record.attributes, **before} | {
        field: value for field, value in fields.items() if field in before
    }
    for field in call.knobs.put_resets:
        after.pop(field, None)
    return after


def _update(form: Form, call: Call) -> Answer:
    kind, store = form.kind, call.store
    pagination.read_query(call, {})
    with store.writing() as mutations:
        record = _record_at(kind, call)
        body = document(call)
        fields, complaints = read_body(form, "update", body, call.knobs)
        name = fields.get(kind.key) if kind.key not in kind.fields else None
        attributes = _merged(form, record, fields, call)
        complaints += [
            *order_complaints(kind, attributes),
            *name_conflict(kind, call, name, record.id),
        ]
        if complaints:
            raise Refusal(422, complaints)
        record = store.replace(record, attributes, now=call.now, name=name)
        mutations.append(Mutation(call.method, call.path, kind.name, record.id, body))
    return Answer(200, resource_answer(kind, record, call.knobs, project=call.project))


def _delete(kind: Kind, call: Call) -> Answer:
    pagination.read_query(call, {})
    with call.store.writing() as mutations:
        record = _record_at(kind, call)
        sessions.end_of_room(call, sessions.room_id_of(kind, record))
        call.store.remove(same_room.first_face(kind, record))
        mutations.append(Mutation(call.method, call.path, kind.name, record.id, None))
    call.lag.changed(record, call.knobs, call.now, deleted=True)
    return Answer(204)


def _child_list(kinds: Kinds, kind: Kind, parent: str, call: Call) -> Answer:
    return _list(kind, call, owner=_owner(kinds, parent, call).id)


def _child_create(kinds: Kinds, form: Form, status: int, parent: str, call: Call) -> Answer:
    return _create(kinds, form, status, call, owner=_owner(kinds, parent, call).id)


def _routes_of(kinds: Kinds, kind: Kind) -> Iterable[Route]:
    form = form_of(kind)
    if kind.collection:
        yield Route("GET", kind.collection, partial(_list, kind))
        yield Route(
            "POST",
            kind.collection,
            partial(_create, kinds, form, api_tables.CREATED.get(kind.collection, 200)),
        )
    for parent, path in sorted(kind.parents.items()):
        yield Route("GET", path, partial(_child_list, kinds, kind, parent))
        created = api_tables.CREATED.get(path, 200)
        yield Route("POST", path, partial(_child_create, kinds, form, created, parent))
    if kind.item:
        yield Route("GET", kind.item, partial(_read, kind))
        yield Route(kind.update, kind.item, partial(_update, form))
        yield Route("DELETE", kind.deletion, partial(_delete, kind))
    if kind.lookup and not _shares_path(kind):
        yield Route("GET", kind.lookup, partial(_read_named, kind))
    yield from read_only_lists.routes_of(kind)


def routes(kinds: Kinds) -> list[Route]:
    """Routes of every kind that the Space has, alone or below a parent."""
    return [
        route
        for name in sorted(kinds)
        if kinds[name].type in ("resource", "child")
        for route in _routes_of(kinds, kinds[name])
    ]
