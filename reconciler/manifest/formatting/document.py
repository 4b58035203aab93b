"""Formats manifests canonically: indentation, key order, comments and scalars kept."""

from collections.abc import Sequence
from typing import Any

from reconciler.core.kinds import Kinds
from reconciler.core.regex import regex
from reconciler.manifest.document import Document, Source, Text
from reconciler.manifest.editing.apply import BOM, read_source
from reconciler.manifest.editing.operations import identical
from reconciler.manifest.editing.text_edits import Uneditable, newline_of
from reconciler.manifest.formatting.blocks import ends_line, root_lines
from reconciler.manifest.formatting.flow import json_text
from reconciler.manifest.formatting.key_order import NO_SHAPE, Shape, shape_of
from reconciler.manifest.formatting.trivia import (
    comment_lines,
    comments_in,
    gap_of,
    without_leading_blanks,
)
from reconciler.manifest.parse.documents import is_json
from reconciler.manifest.parse.syntax import Outline, aliases_of, outlines

_GROUP = "reconciler.dev/"
_VERSION = regex(r"""\bapiVersion["']?[ \t]*:[ \t]*["']?([^\s"',]+)""")
_KIND = regex(r"""\bkind["']?[ \t]*:[ \t]*["'\[{]*(\w+)""")
_BREAK = regex(r"\r\n|\r")


def _document_lines(text: str, outline: Outline, shape: Shape) -> list[str]:
    """A document with its ``---``."""
    root = outline.root
    lines: list[str] = []
    if outline.explicit:
        lines = [line.rstrip() for line in text[outline.begins : outline.opened].split("\n")]
        shared = not ends_line(text, outline.opened) and (
            root.style or root.type in ("scalar", "alias")
        )
        above = gap_of(text, outline.opened, root.head)
        lines[-1] += above.beside
        lines += comment_lines(without_leading_blanks(above.remarks), 0)
        body, left = root_lines(text, root, outline.until, shape)
        body = [f"{lines.pop()} {body[0]}", *body[1:]] if shared and body else body
    else:
        body, left = root_lines(text, root, outline.until, shape)
    return [*lines, *body, *comment_lines(left, 0), *(["..."] if outline.closed else [])]


def _yaml_text(text: str, found: Sequence[Outline], shapes: Sequence[Shape]) -> str:
    lines: list[str] = []
    at = 0
    for outline, shape in zip(found, shapes, strict=True):
        above = gap_of(text, at, outline.begins)
        if lines:
            lines[-1] += above.beside
        lines += [*comment_lines(above.remarks, 0), *_document_lines(text, outline, shape)]
        at = outline.ends
    rest = gap_of(text, at, len(text))
    if lines:
        lines[-1] += rest.beside
    lines += comment_lines(rest.remarks, 0)
    return "\n".join(_single_spaced(lines))


def _single_spaced(lines: Sequence[str]) -> list[str]:
    """Return the lines without empty ones at the ends, and with one at most between others."""
    single: list[str] = []
    for line in lines:
        if line or (single and single[-1]):
            single.append(line)
    if single and not single[-1]:
        single.pop()
    return single


def _laid_out(text: str, found: Sequence[Outline], shapes: Sequence[Shape], *, json: bool) -> str:
    return (
        json_text(text, found[0].root, shapes[0])
        if json and found
        else _yaml_text(text, found, shapes)
    )


def _is_same(
    name: str, new: str, values: Sequence[Any], comments: Sequence[str], *, json: bool
) -> bool:
    """Whether ``new`` has the same values and comments."""
    try:
        _, documents = read_source(Source(name, new.encode()))
    except Uneditable:
        return False
    return (
        identical([one.value for one in documents], values)
        and comments_in(new, [] if json else outlines(new, is_json=False)) == comments
    )


def _candidates(text: Text, documents: Sequence[Document], kinds: Kinds, *, json: bool) -> str:
    """The text in canonical key order, or the author's if an alias would precede its anchor."""
    plain = _BREAK.sub("\n", text.characters)
    found = outlines(plain, is_json=json)
    values = [document.value for document in documents]
    comments = comments_in(plain, [] if json else found)
    known = [shape_of(value, kinds) for value in values]
    without_aliases = list(known)
    for index, outline in enumerate(found):
        if aliases_of(outline.root):
            without_aliases[index] = NO_SHAPE
    for shapes in (known, without_aliases, [NO_SHAPE] * len(values)):
        new = _laid_out(plain, found, shapes, json=json)
        # After an unterminated block scalar at the end, a newline would become part of it.
        for ended in (f"{new}\n" if new else "", new):
            if _is_same(text.name, ended, values, comments, json=json):
                return ended
    raise Uneditable(
        "this cannot be formatted without changing its meaning",
        hint="format it by hand, and please report it",
    )


def _is_ours(document: Document, kinds: Kinds) -> bool:
    """Whether a document claims to be a manifest: by apiVersion, or without one by kind."""
    value = document.value
    if not isinstance(value, dict):
        return False
    version = value.get("apiVersion")
    return version.startswith(_GROUP) if isinstance(version, str) else value.get("kind") in kinds


def _is_foreign(document: Document, kinds: Kinds) -> bool:
    return not (
        document.value is None or (isinstance(document.value, dict) and _is_ours(document, kinds))
    )


def _seems_ours(text: str, kinds: Kinds) -> bool:
    """Whether an unreadable file looks like a manifest."""
    versions = _VERSION.findall(text)
    if versions:
        return any(version.startswith(_GROUP) for version in versions)
    return any(named in kinds for named in _KIND.findall(text))


def is_manifest(source: Source, kinds: Kinds) -> bool:
    """Whether ``source`` is a manifest of this tool, even a broken one."""
    try:
        _, documents = read_source(source)
    except Uneditable:
        return _seems_ours(source.content.decode(errors="replace"), kinds)
    own = any(_is_ours(document, kinds) for document in documents)
    return own and not any(_is_foreign(document, kinds) for document in documents)


def formatted(source: Source, kinds: Kinds) -> bytes:
    """The bytes of ``source`` in canonical style. Uneditable if it has problems."""
    text, documents = read_source(source)
    json = is_json(text)
    new = _candidates(text, documents, kinds, json=json)
    newline = newline_of(text.characters)
    content = new if newline == "\n" else new.replace("\n", newline)
    return (BOM if source.content.startswith(BOM) else b"") + content.encode()
