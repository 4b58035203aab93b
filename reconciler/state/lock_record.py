"""Lock record of a shared state: holder, newest version, id of the last write."""

import getpass
import json
import os
import secrets
import socket
from typing import Any

from reconciler.core.errors import StateError
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.text import printable
from reconciler.state.record import checksum

_FORMAT_VERSION = 1
LEASE = 60.0
_LONGEST_LEASE = 3600.0
_LONGEST_WORD = 200
_LONGEST_HEAD = 64 * 1024
_TEXT_FIELDS = ("nonce", "user", "host", "since", "reason")


class Version(NamedTuple):
    """Lineage and serial of the newest record ever written in a store."""

    lineage: str = ""
    serial: int = 0


class Lock(NamedTuple):
    """A lock that ends ``seconds`` after its last heartbeat. Only ``nonce`` and ``seconds`` matter."""

    nonce: str
    user: str = ""
    host: str = ""
    process: int = 0
    since: str = ""
    reason: str = ""
    seconds: float = LEASE
    newest: Version = Version()

    @property
    def holder(self) -> str:
        """The holder's own description of itself, as untrusted text."""
        if not self.host:
            return "another run"
        return printable(
            f"{self.user} on {self.host} (process {self.process}) since {self.since}, for {self.reason}"
        )[:_LONGEST_WORD]


class LockRecord(NamedTuple):
    """``write_id`` is new with every write. ``newest`` is None if it is unknown."""

    write_id: str = ""
    newest: Version | None = Version()
    lock: Lock | None = None


_DAMAGED = LockRecord("", None, Lock("damaged"))


def new_lock(*, reason: str, since: str, seconds: float) -> Lock:
    """A lock for this process with a unique nonce."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "an unknown user"
    user, host, since, reason = (
        word[:_LONGEST_WORD] for word in (user, socket.gethostname() or "a machine", since, reason)
    )
    return Lock(secrets.token_hex(16), user, host, os.getpid(), since, reason, seconds)


def encode_lock_record(head: LockRecord) -> bytes:
    """Encode the lock record as JSON with a checksum."""
    newest = head.newest._asdict() if head.newest else None
    lock = head.lock._asdict() | {"newest": head.lock.newest._asdict()} if head.lock else None
    written = {
        "format_version": _FORMAT_VERSION,
        "turn": head.write_id,
        "newest": newest,
        "lock": lock,
    }
    return json.dumps(written | {"checksum": checksum(written)}, indent=1).encode() + b"\n"


def _decode_version(item: Any) -> Version:
    lineage, serial = item["lineage"], item["serial"]
    if not isinstance(lineage, str) or type(serial) is not int or serial < 0:
        raise ValueError("not a version")
    return Version(lineage, serial)


def _decode_lock(item: Any) -> Lock:
    nonce, user, host, since, reason = (item[word] for word in _TEXT_FIELDS)
    if (
        not all(
            isinstance(word, str) and len(word) <= _LONGEST_WORD
            for word in (nonce, user, host, since, reason)
        )
        or not nonce
    ):
        raise ValueError("not a lock")
    seconds = min(max(float(item["seconds"]), 0.0), _LONGEST_LEASE)
    return Lock(
        nonce,
        user,
        host,
        int(item["process"]),
        since,
        reason,
        seconds,
        _decode_version(item["newest"]),
    )


def decode_lock_record(content: bytes, *, where: str) -> LockRecord:
    """Decode the lock record; ``DAMAGED`` if invalid. StateError for a newer format."""
    if len(content) > _LONGEST_HEAD:
        return _DAMAGED
    try:
        document = json.loads(content)
        version = document["format_version"]
        if type(version) is int and version > _FORMAT_VERSION:
            raise StateError(
                f"{where}: its lock has format {version}, and this version of the tool reads format {_FORMAT_VERSION}",
                hint="use the version of the tool that wrote it, or a newer one",
            )
        if version != _FORMAT_VERSION or document["checksum"] != checksum(document):
            return _DAMAGED
        newest = _decode_version(document["newest"]) if document["newest"] is not None else None
        return LockRecord(
            str(document["turn"]),
            newest,
            _decode_lock(document["lock"]) if document["lock"] is not None else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return _DAMAGED
