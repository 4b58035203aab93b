"""Removes whole documents from a file and appends new ones."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from reconciler.core.regex import regex
from reconciler.manifest.editing.scalar_style import FileStyle
from reconciler.manifest.editing.text_edits import TextEdit, Uneditable, line_end, next_line
from reconciler.manifest.formatting.emitter import manifest_text
from reconciler.manifest.parse.syntax import Outline

_MODELINE = regex(r"^# *yaml-language-server: *\$schema=(?:\S*/)?([^/\s]+)\s*$", re.MULTILINE)


def _heading(text: str, value: Mapping[str, Any]) -> str:
    """The line of ``text`` that names the schema of manifests like ``value`` to editors."""
    wanted = {f"{name}.schema.json" for name in ("manifest", str(value.get("kind")).lower())}
    fitting = [found for found in _MODELINE.finditer(text) if found[1] in wanted]
    return f"{fitting[-1][0].rstrip()}\n" if fitting else ""


def _header_end(text: str, outline: Outline) -> int:
    """End of the file's leading comments, if a blank line separates them from the document."""
    at = end = 0
    while at < outline.root.head:
        following = next_line(text, at)
        line = text[at:following].strip()
        if line and not line.startswith("#"):
            break
        end = following if not line else end
        at = following
    return end


def _without_separator(text: str, following: Outline) -> int:
    """Start of a document whose ``---`` is no longer needed."""
    only_dashes = text[following.begins : line_end(text, following.begins)].rstrip(" ") == "---"
    return next_line(text, following.begins) if only_dashes else following.begins


def drop_cuts(text: str, found: Sequence[Outline], dropped: Collection[int]) -> list[TextEdit]:
    """Text edits that remove documents with their comments."""
    cuts = []
    kept_before = False
    for index, outline in enumerate(found):
        if index not in dropped:
            kept_before = True
            continue
        following = found[index + 1] if index + 1 < len(found) else None
        start = outline.begins if outline.explicit else _header_end(text, outline)
        end = len(text) if following is None else following.begins
        if following and not outline.explicit and not kept_before and index + 1 not in dropped:
            end = _without_separator(text, following)
        cuts.append(TextEdit(start, end, ""))
    return cuts


def append_text(
    text: str, found: Sequence[Outline], value: Mapping[str, Any], manner: FileStyle
) -> str:
    """``text`` with another document. Uneditable for JSON, which holds only one."""
    if manner.is_json:
        raise Uneditable("a JSON file holds one document", hint="write it into a separate file")
    body = manifest_text(value, heading=_heading(text, value)).replace("\n", manner.newline)
    if text and not text.endswith(("\n", "\r")):
        text += manner.newline
    return f"{text}---{manner.newline}{body}" if found else text + body
