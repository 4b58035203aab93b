"""Lists that belong to a resource and that only the Space writes, such as its addresses."""

import uuid
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from reconciler.core.kind_requests import ReadOnlyList
from reconciler.core.kinds import Kind
from reconciler.localspace import pagination
from reconciler.localspace.http import Answer, Call, Refusal, Route
from reconciler.localspace.store import Record
from reconciler.localspace.timestamps import spell_instant


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    """``value`` with the fields of the resource in place of ``{name}`` and so on."""
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(f"{{{word}}}", text)
        return value
    if isinstance(value, Mapping):
        return {name: _filled(inner, words) for name, inner in value.items()}
    return value


def _element(kind: Kind, name: str, own: ReadOnlyList, record: Record, call: Call) -> Any:
    words = {
        "name": record.name or "",
        "display_name": str(record.attributes.get("display_name") or record.name or ""),
        "created_at": spell_instant(record.created_at, call.knobs.instants),
    }
    id_ = str(uuid.uuid5(uuid.UUID(record.id), f"{kind.name}.{name}"))
    return {"id": id_, **_filled(own.example, words)}


def _list(kind: Kind, name: str, call: Call) -> Answer:
    values = pagination.read_query(call, pagination.LINKS_ONLY)
    record = call.store.get(kind.name, call.ids["id"].lower())
    if record is None:
        raise Refusal(404)
    element = _element(kind, name, kind.lists[name], record, call)
    # The page of one record, so that links are as those of any list.
    answer = pagination.page(call, values, lambda _: element, kind=kind.name, owner=record.id)
    return answer._replace(content={**answer.content, "data": [element]})


def routes_of(kind: Kind) -> Iterable[Route]:
    """Routes of the read-only lists of the kind."""
    for name, own in kind.lists.items():
        yield Route("GET", own.path, partial(_list, kind, name))
