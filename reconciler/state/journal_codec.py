"""Journal entries as JSON lines with checksums, for every backend."""

from collections.abc import Iterable

from reconciler.core.errors import StateError
from reconciler.core.resources import Address
from reconciler.core.text import printable
from reconciler.state import strict_json
from reconciler.state.decode import intent_in, resource_in, stamp_in, unique
from reconciler.state.record import Entry, State, canonical_json, checksum, intent_out, resource_out

_MEND = "restore the journal, or move it away"


def line_out(entry: Entry, *, state: State) -> str:
    """Encode an entry of a run that began with ``state`` as one line."""
    written = {
        "lineage": state.lineage,
        "serial": state.serial,
        "gone": resource_out(entry.gone) if entry.gone else None,
        "resource": resource_out(entry.record, entry.stamp) if entry.record else None,
        "intent": intent_out(entry.intent) if entry.intent else None,
        "settled": list(entry.settled) if entry.settled else None,
    }
    text, digest = canonical_json(written)
    return f'{text[:-1]},"checksum":"{digest}"}}\n'


def line_in(line: str | bytes, state: State, *, where: str) -> Entry | None:
    """Decode a line; None if the record already includes it. StateError if it cannot be used."""
    try:
        found = strict_json.parsed(line)
        if found["checksum"] != checksum(found):
            raise ValueError("damaged")  # noqa: TRY301  # handled below with every other invalid line
        serial = found.get("serial", state.serial)  # early lines have no serial
        if found["lineage"] != state.lineage or serial > state.serial:
            raise StateError(
                f"{where}: this journal belongs to another state record",
                hint="move the journal away if that record is gone for good",
            )
        if serial < state.serial:
            return None
        gone, record = (
            resource_in(found[word]) if found[word] else None for word in ("gone", "resource")
        )
        intent = intent_in(found["intent"]) if found.get("intent") else None
        settled = (
            Address(*(strict_json.word(part, "settled") for part in found["settled"]))
            if found.get("settled")
            else None
        )
        return Entry(record, gone, stamp_in(found["resource"]) if record else None, intent, settled)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StateError(f"{where}: is not an entry of the journal", hint=_MEND) from error


def replayed(lines: Iterable[str], state: State, *, where: str, mend: str = _MEND) -> State:
    """Apply journal ``lines`` to ``state``. ``mend`` is the hint for an invalid line."""
    try:
        entries = [
            line_in(line, state, where=f"{where}:{number}") for number, line in enumerate(lines, 1)
        ]
    except StateError as error:
        raise StateError(error.message, hint=mend) from error
    after = state.after(*(entry for entry in entries if entry is not None))
    try:
        unique(after.resources.values())
    except ValueError as error:
        raise StateError(f"{where}: {printable(str(error))}", hint=mend) from error
    return after
