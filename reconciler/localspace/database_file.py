"""The file of a local Space: created for its owner only, and never one of another program."""

import os
import stat
from pathlib import Path

from reconciler.core.errors import ReconcilerError

_MAGIC = b"SQLite format 3\0"


def not_of_a_space(database: str, why: object) -> ReconcilerError:
    """Return the error for a file that no local Space wrote."""
    return ReconcilerError(
        f"{database}: not the file of a local Space: {why}", hint="name another file"
    )


def create_private(database: str) -> None:
    """Create the file if it is missing. ReconcilerError if it is not a database."""
    try:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
        # The file holds stream keys, so only its owner may read it. SQLite's side files follow.
        opened = os.open(database, os.O_CREAT | os.O_RDWR, 0o600)
        if not stat.S_ISREG(os.fstat(opened).st_mode):  # to read from a pipe would wait for ever
            os.close(opened)
            raise not_of_a_space(database, "it is not a regular file")
    except OSError as error:
        raise ReconcilerError(
            f"{database}: cannot be opened: {error.strerror}", hint="name another file"
        ) from error
    with os.fdopen(opened, "rb") as file:
        begin = file.read(len(_MAGIC))
    # SQLite would overwrite a file that is shorter than its header.
    if begin not in (b"", _MAGIC):
        raise not_of_a_space(database, "file is not a database")
