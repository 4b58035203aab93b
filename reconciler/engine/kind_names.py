"""Whether a kind of a project takes names that no request can hold."""

import re
from pathlib import Path

from reconciler.core.errors import ReconcilerError
from reconciler.core.kind_key import NAME_PATTERN, NAMES, too_wide_a_name
from reconciler.core.kinds import Schema, resolve
from reconciler.manifest.document import Source, place_of
from reconciler.manifest.parse.decoding import decode
from reconciler.manifest.parse.documents import read_documents


def _name_schema(document: Schema) -> Schema:
    """Return the schema of metadata.name; empty if there is none."""
    schema: Schema = document
    for name in ("metadata", "name"):
        inner = resolve(schema, document).get("properties", {}).get(name)
        if not isinstance(inner, dict):
            return {}
        schema = inner
    return resolve(schema, document)


def check_names(file: Path, document: Schema) -> None:
    """ReconcilerError with the place, if manifests may have names that no request can hold."""
    try:
        too_wide = too_wide_a_name(_name_schema(document))
    except re.error as error:
        raise ReconcilerError(
            f"{file}: the pattern of metadata.name is not a regular expression: {error}",
            hint="correct the pattern in this schema",
        ) from error
    if too_wide is None:
        return
    read, *_ = read_documents(decode(Source(str(file), file.read_bytes()))[0])
    path = ("properties", "metadata", "properties", "name", "pattern")
    where = place_of(read[0], path) if read else file
    raise ReconcilerError(
        f"{where}: metadata.name takes {too_wide!r}, and names are {NAMES}:"
        " others cannot be part of a request",
        hint=f'limit it with "pattern": "^{NAME_PATTERN}$"',
    )
