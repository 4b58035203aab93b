"""Applies edits to a manifest file and verifies the result by parsing it again."""

from collections.abc import Sequence
from typing import Any

from reconciler.manifest.document import Document, Source, Text
from reconciler.manifest.editing.documents import append_text, drop_cuts
from reconciler.manifest.editing.operations import (
    Append,
    Drop,
    Edit,
    Put,
    Remove,
    copied,
    identical,
)
from reconciler.manifest.editing.schedule import file_style_of, schedule
from reconciler.manifest.editing.text_edits import Uneditable, apply_text_edits
from reconciler.manifest.parse.decoding import decode
from reconciler.manifest.parse.documents import is_json, read_documents
from reconciler.manifest.parse.syntax import outlines

BOM = b"\xef\xbb\xbf"


def read_source(source: Source) -> tuple[Text, list[Document]]:
    """Text and documents of ``source`` without substitution. Uneditable if it has problems."""
    text, problems = decode(source)
    documents: list[Document] = []
    if not problems:
        documents, problems, _ = read_documents(text)
    if problems:
        place, message = problems[0].place, problems[0].message
        unreadable = Uneditable(
            f"the file is not valid: {message} (line {place.line})",
            hint="'reconciler validate' shows every problem",
        )
        unreadable.problems = problems
        raise unreadable
    return text, documents


def _is_blank(document: Document) -> bool:
    return document.value is None and document.mark.text == ""


def _edited(source: Source, edits: Sequence[Edit]) -> bytes:
    text, documents = read_source(source)
    json = is_json(text)
    changes = [edit for edit in edits if isinstance(edit, Put | Remove)]
    before = [copied(document.value) for document in documents]
    new, values = schedule(text.characters, before, changes, json=json)
    found = outlines(new, is_json=json)
    manner = file_style_of(new, found, json=json)
    dropped = {edit.document for edit in edits if isinstance(edit, Drop)}
    has_drops = bool(dropped)
    dropped.update(index for index, one in enumerate(documents) if _is_blank(one))
    expected = [value for index, value in enumerate(values) if index not in dropped]
    if has_drops:
        new = apply_text_edits(new, drop_cuts(new, found, dropped)) if expected else ""
    for edit in edits:
        if isinstance(edit, Append):
            present = outlines(new, is_json=json) if new.strip() else []
            new = append_text(new, present, edit.value, manner)
            expected.append(copied(edit.value))
    mark = BOM if new and source.content.startswith(BOM) else b""
    content = mark + new.encode()
    _verify(Source(source.name, content), expected)
    return content


def _verify(source: Source, expected: Sequence[Any]) -> None:
    """Check that the new text parses to the expected documents."""
    if not expected and not source.content:
        return
    try:
        _, documents = read_source(source)
    except Uneditable as error:
        raise Uneditable(
            f"this cannot be written in a manifest: {error.problems[0].message}",
            hint=error.problems[0].hint,
        ) from error
    if not identical([one.value for one in documents if not _is_blank(one)], expected):
        raise Uneditable(
            "the tool cannot write this change without altering other parts of the file",
            hint="edit this file by hand, then run the command again",
        )


def edited(source: Source, edits: Sequence[Edit]) -> bytes:
    """The bytes of ``source`` after ``edits``; documents are numbered from 0 before any edit.

    Only changed values differ; comments, order, quotes, blank lines and indentation stay. Empty if
    no document remains. Uneditable, with the failing ``edit``, if an edit would change anything
    else or overwrite a reference (``${env:NAME}``).
    """
    try:
        return _edited(source, edits)
    except Uneditable as error:
        if error.edit is None:
            error.edit = (
                edits[0]
                if len(edits) == 1
                else next((edit for edit in edits if not _is_possible(source, edit)), None)
            )
        raise


def _is_possible(source: Source, edit: Edit) -> bool:
    try:
        _edited(source, [edit])
    except Uneditable:
        return False
    return True
