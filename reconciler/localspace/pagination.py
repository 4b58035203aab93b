"""Query parameters and pages: strict parsing, stable pages, links to neighbouring pages."""

import base64
import binascii
import json
import uuid
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from reconciler.core.named_tuple import NamedTuple
from reconciler.localspace.http import Answer, Call, FieldError, Refusal
from reconciler.localspace.store import Filter, Record
from reconciler.localspace.timestamps import parse_instant, stored

# Both sizes are those of the API's document.
_DEFAULT_SIZE = 50
_LARGEST_SIZE = 1000
_LARGEST_NUMBER = 2**31 - 1

Reader = Callable[[str], Any]


def boolean(text: str) -> bool:
    """``true`` or ``false``."""
    return {"true": True, "false": False}[text.lower()]


def identifier(text: str) -> str:
    """A UUID in its usual form."""
    if not is_identifier(text):
        raise ValueError("not a UUID")
    return text.lower()


def is_identifier(text: str) -> bool:
    """Whether ``text`` is a UUID with hyphens."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def instant(text: str) -> str:
    """A date-time, a date or seconds since 1970, in stored form."""
    if text.isascii() and text.isdigit():
        return stored(datetime.fromtimestamp(int(text), UTC))
    return stored(parse_instant(text))


def whole(least: int, most: int) -> Reader:
    """A parser of integers between ``least`` and ``most``."""

    def read(text: str) -> int:
        if not (
            text.isascii() and text.isdigit() and len(text) <= 10 and least <= int(text) <= most
        ):
            raise ValueError(f"not a whole number from {least} to {most}")
        return int(text)

    return read


def one_of(*words: str) -> Reader:
    """A parser of one of ``words``."""
    return {word: word for word in words}.__getitem__


PAGING: Mapping[str, Reader] = {
    "page_number": whole(0, _LARGEST_NUMBER),
    "page_size": whole(1, _LARGEST_SIZE),
    "page_token": str,
}
# A list that documents no parameters takes those of its own links.
LINKS_ONLY: Mapping[str, Reader] = {**PAGING, "page_size": whole(_DEFAULT_SIZE, _DEFAULT_SIZE)}


def _code(reader: Reader) -> str:
    return "not_a_datetime" if reader is instant else "invalid_parameter"


def read_query(call: Call, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """The parsed parameters. Raises a Refusal for unknown, repeated and invalid ones."""
    values: dict[str, Any] = {}
    complaints = []
    for name, texts in call.query.lists():
        if name not in readers:
            complaints.append(
                FieldError("invalid_parameter", name, f"{name} is not a parameter of this request")
            )
        elif len(texts) > 1:
            complaints.append(
                FieldError("invalid_parameter", name, f"{name} is given more than once")
            )
        else:
            try:
                values[name] = readers[name](texts[0])
            except (ValueError, KeyError, OverflowError, OSError):
                complaints.append(FieldError(_code(readers[name]), name, f"{name} cannot be read"))
    if complaints:
        raise Refusal(422, complaints)
    return values


class _Place(NamedTuple):
    """Position of a page: its number, and the sequence number before its first record."""

    number: int = 0
    after: int = 0


def _token(path: str, place: _Place) -> str:
    content = json.dumps([place.number, place.after]).encode()
    return (
        base64.urlsafe_b64encode(zlib.crc32(path.encode() + content).to_bytes(4, "big") + content)
        .decode()
        .rstrip("=")
    )


def _place(path: str, token: str) -> _Place:
    """The position in ``token`` for the list at ``path``. Raises ValueError for a foreign token."""
    try:
        raw = base64.b64decode(
            token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True
        )
        number, after = json.loads(raw[4:])
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise ValueError("not a token") from error
    if _token(path, _Place(number, after)) != token:
        raise ValueError("another list's token")
    return _Place(number, after)


def _requested_place(call: Call, values: Mapping[str, Any]) -> _Place:
    token = values.get("page_token")
    if token is None:
        if values.get("page_number", 0) > 0:
            raise Refusal(
                422,
                [
                    FieldError(
                        "page_token_required_for_next_page",
                        "page_token",
                        "page_token is required where page_number is not 0",
                    )
                ],
            )
        return _Place()
    try:
        place = _place(call.path, token)
    except ValueError as error:
        raise Refusal(
            422,
            [
                FieldError(
                    "page_token_is_invalid",
                    "page_token",
                    "page_token was not given out by this list",
                )
            ],
        ) from error
    if values.get("page_number", place.number) != place.number:
        raise Refusal(
            422,
            [
                FieldError(
                    "page_token_is_invalid",
                    "page_token",
                    "page_token belongs to another page_number",
                )
            ],
        )
    return place


def _link(call: Call, size: int, place: _Place) -> str:
    others = [(name, text) for name, text in call.query.items(multi=True) if name not in PAGING]
    query = [*others, ("page_number", str(place.number)), ("page_size", str(size))]
    if place.number:
        query.append(("page_token", _token(call.path, place)))
    origin = call.root if call.knobs.links == "absolute" else ""
    return f"{origin}{call.path}?{urlencode(query)}"


def _records_and_start(
    call: Call, kind: str, owner: str | None, filters: Sequence[Filter], place: _Place, size: int
) -> tuple[list[Record], int]:
    """The page's records and one more if there is one, and the start of the page before."""
    view = call.lag.view(kind, owner, call.knobs, call.now, begins=place.number == 0)
    live = call.store.page(
        kind, owner=owner, filters=filters, hidden=view.hidden, after=place.after, limit=size + 1
    )
    ghosts = [ghost for ghost in view.ghosts if ghost.seq > place.after]
    before = 0
    if place.number > 1:
        before = call.store.page_start(
            kind, owner=owner, filters=filters, hidden=view.hidden, upto=place.after, size=size
        )
    return sorted([*live, *ghosts], key=lambda record: record.seq)[: size + 1], before


def page(
    call: Call,
    values: Mapping[str, Any],
    spell: Callable[[Record], Any],
    *,
    kind: str,
    owner: str | None = None,
    filters: Sequence[Filter] = (),
) -> Answer:
    """One page of a list with its links. ``values`` come from ``read_query``.

    ``spell`` turns a record into its JSON.
    """
    place = _requested_place(call, values)
    size = values.get("page_size", _DEFAULT_SIZE)
    records, before = _records_and_start(call, kind, owner, filters, place, size)
    links = {"self": _link(call, size, place), "first": _link(call, size, _Place())}
    visible = records[:size]
    if place.number == call.knobs.empty_page:
        visible = []
        links["next"] = _link(call, size, _Place(place.number + 1, place.after))
    elif len(records) > size:
        links["next"] = _link(call, size, _Place(place.number + 1, visible[-1].seq))
    if place.number:
        links["prev"] = _link(call, size, _Place(place.number - 1, before))
    return Answer(200, {"links": links, "data": [spell(record) for record in visible]})
