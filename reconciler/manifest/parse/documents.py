"""Reads the documents of a file, and imports the YAML library for files that need it only."""

import json

from reconciler.core.resources import Problem
from reconciler.manifest.document import Document, Text
from reconciler.manifest.parse.fast import try_parse


def is_json(file: Text) -> bool:
    """Whether ``file`` is JSON, by name or by content."""
    # JSON on standard input needs JSON's own escapes too.
    if file.name.lower().endswith(".json"):
        return True
    if file.characters.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(file.characters)
    except (ValueError, RecursionError):
        return False
    return True


def read_documents(file: Text) -> tuple[list[Document], list[Problem], bool]:
    """Documents of ``file``, syntax problems, and whether all of it was read."""
    as_json = is_json(file)
    documents = None if as_json else try_parse(file)
    if documents is not None:
        return documents, [], True
    from reconciler.manifest.parse.builder import read_precisely  # noqa: PLC0415  # yaml takes as long to import as click

    return read_precisely(file, as_json=as_json)
