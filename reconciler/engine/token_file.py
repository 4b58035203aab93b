"""Reads the API token from a file, a pipe or standard input, and refuses quotes around it."""

import codecs
import os
from pathlib import Path

from reconciler.core.errors import CredentialsError
from reconciler.core.text import printable
from reconciler.engine.workspace import Workspace
from reconciler.manifest.pipes import is_stream, read_once

_LONGEST_TOKEN = 4096
STDIN = "-"

_ALONE = "name a file or pipe that holds only the API token"
_QUOTES = "\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _content(workspace: Workspace, file: str) -> bytes:
    """Return the bytes of ``file``. OSError if it cannot be read."""
    if file == STDIN:
        return workspace.stdin()
    if is_stream(file):
        return read_once(file, most=_LONGEST_TOKEN + 1, notify=workspace.observer.note)
    with Path(file).open("rb") as opened:
        mode = os.fstat(opened.fileno()).st_mode
        content = opened.read(_LONGEST_TOKEN + 1)
    if os.name == "posix" and mode & 0o077:
        shown = printable(file)
        workspace.observer.note(
            f"warning: the token file {shown} can be read or written by others; chmod 600 {shown}"
        )
    return content


def _decoded(content: bytes, shown: str) -> str:
    """Return the token in ``content``. CredentialsError if it is anything else."""
    if len(content) > _LONGEST_TOKEN:
        raise CredentialsError(f"{shown} holds more than one token", hint=_ALONE)
    if content.startswith(_UTF16):
        raise CredentialsError(
            f"{shown} is in UTF-16, not in UTF-8",
            hint="save it as UTF-8, without a byte order mark",
        )
    if content.startswith(codecs.BOM_UTF8):
        raise CredentialsError(
            f"{shown} begins with a byte order mark, which would be sent as a part of the token",
            hint="save it as UTF-8 without a byte order mark",
        )
    try:
        text = content.decode().strip()
    except UnicodeDecodeError as error:
        raise CredentialsError(
            f"{shown} is not text", hint="save the API token alone in it, as plain text"
        ) from error
    if not text:
        raise CredentialsError(f"{shown} holds nothing", hint=_ALONE)
    return text


def token_in(workspace: Workspace, file: str) -> str:
    """Return the token in ``file``; '-' is standard input. CredentialsError if there is none.

    A token from a pipe or standard input is kept, as it can be read once. A regular file is read
    each time, so that a new token is used.
    """
    if file in workspace.tokens:
        return workspace.tokens[file]
    shown = "standard input" if file == STDIN else f"the token file {printable(file)}"
    read_again = file != STDIN and not is_stream(file)
    try:
        token = _decoded(_content(workspace, file), shown)
    except OSError as error:
        raise CredentialsError(
            f"{shown} cannot be read: {error.strerror}",
            hint="check the path and the permissions of the file",
        ) from error
    if not read_again:
        workspace.tokens[file] = token
    return token


def check_quotes(text: str, what: str) -> None:
    """CredentialsError if ``text`` is in quotes, which would be sent as a part of it."""
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        raise CredentialsError(
            f"{what} is in quotes, which would be sent as a part of it",
            hint="write it without quotes; 'docker run --env-file' and files of 'KEY=value' lines"
            " keep them",
        )
