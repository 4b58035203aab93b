"""Journal entries as JSON lines with checksums, for every backend."""

from collections.abc import Iterable

from reconciler.core.errors import StateError
from reconciler.core.resources import Address
from reconciler.core.text import printable
from reconciler.state import strict_json
from reconciler.state.decode import decode_intent, decode_resource, decode_stamp, unique
from reconciler.state.record import (
    Entry,
    State,
    canonical_json,
    checksum,
    encode_intent,
    encode_resource,
)

_MEND = (
    "the journal has what a run did that was interrupted: restore it from a backup; or move it to another folder"
    " and run 'reconciler plan', which offers to adopt what that run created"
)


def encode_line(entry: Entry, *, state: State) -> str:
    """Encode an entry of a run that began with ``state`` as one line."""
    written = {
        "lineage": state.lineage,
        "serial": state.serial,
        "gone": encode_resource(entry.removed) if entry.removed else None,
        "resource": encode_resource(entry.record, entry.stamp) if entry.record else None,
        "intent": encode_intent(entry.intent) if entry.intent else None,
        "settled": list(entry.settled) if entry.settled else None,
    }
    text, digest = canonical_json(written)
    return f'{text[:-1]},"checksum":"{digest}"}}\n'


def decode_line(line: str | bytes, state: State, *, where: str) -> Entry | None:
    """Decode a line; None if the record already includes it. StateError if it cannot be used."""
    try:
        document = strict_json.parse(line)
        if document["checksum"] != checksum(document):
            raise ValueError("damaged")  # noqa: TRY301  # handled below with every other invalid line
        serial = document.get("serial", state.serial)  # early lines have no serial
        if document["lineage"] != state.lineage or serial > state.serial:
            raise StateError(
                f"{where}: this journal belongs to another state record",
                hint="restore the state record that the journal was written for; if that is lost,"
                " move the journal to another folder",
            )
        if serial < state.serial:
            return None
        removed, record = (
            decode_resource(document[word]) if document[word] else None
            for word in ("gone", "resource")
        )
        intent = decode_intent(document["intent"]) if document.get("intent") else None
        settled = (
            Address(*(strict_json.text(part, "settled") for part in document["settled"]))
            if document.get("settled")
            else None
        )
        return Entry(
            record, removed, decode_stamp(document["resource"]) if record else None, intent, settled
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StateError(f"{where}: this line of the journal is damaged", hint=_MEND) from error


def replayed(lines: Iterable[str], state: State, *, where: str, hint: str = _MEND) -> State:
    """Apply journal ``lines`` to ``state``. ``hint`` is the hint for an invalid line."""
    try:
        entries = [
            decode_line(line, state, where=f"{where}:{number}")
            for number, line in enumerate(lines, 1)
        ]
    except StateError as error:
        raise StateError(error.message, hint=hint) from error
    updated = state.with_entries(*(entry for entry in entries if entry is not None))
    try:
        unique(updated.resources.values())
    except ValueError as error:
        raise StateError(f"{where}: {printable(str(error))}", hint=hint) from error
    return updated
