"""The API token as it is given: a file, a pipe that can be read once, standard input, or a variable; never a flag."""

import codecs
import os
from collections.abc import MutableMapping
from pathlib import Path

from reconciler.cli import console
from reconciler.core.errors import CredentialsError
from reconciler.core.text import printable
from reconciler.manifest import is_stream, read_once, standard_input

LONGEST_TOKEN = 4096
STDIN = "-"

_QUOTES = "\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _content(file: str) -> bytes:
    """The bytes of the file. OSError where it cannot be read."""
    if file == STDIN:
        return standard_input(console.tell)
    if is_stream(file):
        return read_once(file, most=LONGEST_TOKEN + 1, tell=console.tell)
    with Path(file).open("rb") as content:
        others = os.fstat(content.fileno()).st_mode & 0o077 if os.name == "posix" else 0
        text = content.read(LONGEST_TOKEN + 1)
    if others:
        shown = printable(file)
        console.tell(f"warning: the token file {shown} can be read or written by others; chmod 600 {shown}")
    return text


def _shown(file: str) -> str:
    return "standard input" if file == STDIN else f"the token file {printable(file)}"


def _decoded(content: bytes, shown: str) -> str:
    if len(content) > LONGEST_TOKEN:
        raise CredentialsError(f"{shown} holds more than a token", hint="give what holds the API token alone")
    if content.startswith(_WIDE):
        raise CredentialsError(f"{shown} is not text: it is in UTF-16", hint="save it as UTF-8, without a byte order mark")
    if content.startswith(codecs.BOM_UTF8):
        raise CredentialsError(
            f"{shown} begins with a byte order mark, which would be sent as a part of the token",
            hint="save it as UTF-8 without a byte order mark",
        )
    try:
        text = content.decode().strip()
    except UnicodeDecodeError as error:
        raise CredentialsError(f"{shown} is not text") from error
    if not text:
        raise CredentialsError(f"{shown} holds nothing", hint="give what holds the API token alone")
    return text


def token_in(file: str, once: MutableMapping[str, str]) -> str:
    """The token in ``file``; '-' is standard input. CredentialsError where there is none.

    ``once`` keeps what can be read one time only, for the rest of the run; a regular file is read again, so that a new token
    is taken up.
    """
    if file in once:
        return once[file]
    shown = _shown(file)
    can_be_read_again = file != STDIN and not is_stream(file)
    try:
        text = _decoded(_content(file), shown)
    except OSError as error:
        raise CredentialsError(f"{shown} cannot be read: {error.strerror}") from error
    if not can_be_read_again:
        once[file] = text
    return text


def check_quotes(text: str, where: str) -> None:
    """CredentialsError where ``text`` stands in quotes: they would be sent as a part of it."""
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        raise CredentialsError(
            f"{where} stands in quotes, which would be sent as a part of it",
            hint="write it without quotes; 'docker run --env-file' and files of 'KEY=value' lines keep them",
        )
