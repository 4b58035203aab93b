"""Head object of a state in an object store: lock, last journal lines, names of its parts."""

import json
from datetime import datetime

from reconciler.core.errors import StateError
from reconciler.core.named_tuple import NamedTuple
from reconciler.state.backends.base import (
    Snapshot,
)
from reconciler.state.lock_record import LockRecord, decode_lock_record, encode_lock_record

CHUNK_LINES = 64  # journal lines in one object


class ObjectNames(NamedTuple):
    """Objects named by a head: the record, full journal chunks, and earlier records."""

    record: str = ""
    chunks: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()


class HeadVersion(NamedTuple):
    """The store's identifiers of a head (empty if it reports none), and the objects it names."""

    e_tag: str = ""
    generation: str = ""
    written: datetime | None = None
    names: ObjectNames = ObjectNames()


def encode_head(snapshot: Snapshot, names: ObjectNames) -> bytes:
    """Encode head.json."""
    tail = "".join(snapshot.journal[len(names.chunks) * CHUNK_LINES :])
    document = {
        "head": encode_lock_record(snapshot.head).decode(),
        "journal": tail,
        **names._asdict(),
    }
    return json.dumps(document, indent=1).encode()


def decode_head(content: bytes, *, where: str) -> tuple[LockRecord, ObjectNames, str]:
    """Parse head.json: lock record, object names, last journal lines. StateError if invalid."""
    try:
        document = json.loads(content)
        record, chunks, earlier, tail = (
            document[word] for word in ("record", "chunks", "earlier", "journal")
        )
        names = ObjectNames(record, tuple(chunks), tuple(earlier))
        if not all(isinstance(word, str) for word in (tail, record, *names.chunks, *names.earlier)):
            raise TypeError("not a name")  # noqa: TRY301  # handled below with every other invalid value
        return decode_lock_record(document["head"].encode(), where=where), names, tail
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StateError(
            f"{where}: its head.json was damaged or edited",
            hint="restore an earlier version of that object",
        ) from error
