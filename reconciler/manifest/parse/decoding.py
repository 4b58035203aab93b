"""Decodes files as UTF-8 and reports hidden characters."""

import codecs

from reconciler.core.resources import Place, Problem
from reconciler.core.text import first_hidden, hidden_characters, printable
from reconciler.manifest.document import Source, Text, excerpt, position

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_SAVE = "save the file as UTF-8"
_STAND_IN = "\N{MIDDLE DOT}"

HIDDEN_HINT = "remove it; an invisible character makes one text look like another"


def spelled(character: str) -> str:
    r"""``\u202e (U+202E)``: an invisible character for messages."""
    return f"{printable(character)} (U+{ord(character):04X})"


def _wide(source: Source) -> Problem | None:
    """Problem for a UTF-16 or UTF-32 file, by its mark or by NUL in every other byte."""
    for mark, encoding in _MARKS:
        if source.content.startswith(mark):
            return Problem(
                Place(source.name, 1, 1),
                f"this is {encoding} (byte offset 0), and manifests are UTF-8",
                hint=_SAVE,
            )
    start = source.content[:8]
    if len(start) > 3 and (not any(start[::2]) or not any(start[1::2])):
        offset = start.index(0)
        return Problem(
            Place(source.name, 1, offset + 1),
            f"this looks like UTF-16 (NUL at byte offset {offset}), and manifests are UTF-8",
            hint=_SAVE,
        )
    return None


def _not_utf8(source: Source, error: UnicodeDecodeError, *, skipped: int) -> Problem:
    readable = error.object[: error.start].decode()
    line, column = position(readable, len(readable))
    byte, offset = error.object[error.start], error.start + skipped
    return Problem(
        Place(source.name, line, column),
        f"byte 0x{byte:02X} at byte offset {offset} is not UTF-8",
        hint=_SAVE,
    )


def _hidden(text: Text, character: str, *, skipped: int) -> Problem:
    at = first_hidden(text.characters, character)
    line, column = position(text.characters, at)
    offset = len(text.characters[:at].encode()) + skipped
    message = f"the hidden character {spelled(character)} at byte offset {offset} is not allowed"
    return Problem(
        Place(text.name, line, column), message, hint=HIDDEN_HINT, excerpt=excerpt(text, line)
    )


def decode(source: Source) -> tuple[Text, list[Problem]]:
    """Decode ``source``; report each hidden character once, at its first position.

    Each is replaced by a harmless character, so that the rest of the file can be checked.
    """
    wide = _wide(source)
    if wide:
        return Text(source.name, ""), [wide]
    skipped = len(codecs.BOM_UTF8) if source.content.startswith(codecs.BOM_UTF8) else 0
    try:
        text = Text(source.name, source.content[skipped:].decode())
    except UnicodeDecodeError as error:
        return Text(source.name, ""), [_not_utf8(source, error, skipped=skipped)]
    hidden = sorted(set(hidden_characters(text.characters)))
    if not hidden:
        return text, []
    problems = [_hidden(text, character, skipped=skipped) for character in hidden]
    harmless = text.characters.translate(dict.fromkeys(map(ord, hidden), _STAND_IN))
    return Text(source.name, harmless), problems
