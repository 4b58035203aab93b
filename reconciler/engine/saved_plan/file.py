"""Reads the file of a saved plan: strict JSON, or an error that says what it is instead."""

import json
import os
import re
import stat
import sys
from typing import Any

from reconciler.core.errors import UsageError
from reconciler.core.json_errors import finite, no_constant, syntax_fault, unique_keys
from reconciler.core.regex import regex
from reconciler.core.text import count, printable
from reconciler.engine.saved_plan import MOST_BYTES

# Reading is bounded before anything is believed: a plan may come from anyone's pull request.
_MOST_PARTS = 2_000_000
_DEEPEST = 64
# The longest double has 309 digits before its point.
_LONGEST_NUMBER = 400

AGAIN = "make a new plan with: reconciler plan --out FILE"
MANIFEST = (
    f"manifests are given without --plan; to save a plan of them: {AGAIN.rpartition(': ')[2]}"
)

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_TYPES = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
_LESS = "plan less at once, with --target or --selector"
_UNPACK = "unpack it first: CI delivers artifacts as archives"
_UTF_8 = "save it as UTF-8, or have it written with: reconciler plan --out FILE"
_MERGE_MARKER = regex(rb"^(<{7} |>{7} |={7}$)", re.MULTILINE)
_MANIFEST_LINE = regex(rb"^apiVersion:", re.MULTILINE)
_BEGINNINGS = (
    (b"PK\x03\x04", "is a ZIP archive", _UNPACK),
    (b"PK\x05\x06", "is a ZIP archive, and an empty one", AGAIN),
    (b"\x1f\x8b", "is packed with gzip", _UNPACK),
    (b"\x89PNG", "is a PNG image", AGAIN),
    (b"%PDF", "is a PDF document", AGAIN),
    (b"SQLite format 3", "is an SQLite database", AGAIN),
    (b"\xff\xfe", "is in UTF-16 or UTF-32", _UTF_8),
    (b"\xfe\xff", "is in UTF-16 or UTF-32", _UTF_8),
    (b"<<<<<<<", "has the markers of an unresolved merge", AGAIN),
    (b"<", "is a page of HTML or XML", f"was it downloaded without signing in? {AGAIN}"),
    (b"---", "is YAML", MANIFEST),
)
# How the json module begins its messages, and what they mean.


def _bytes_of(descriptor: int) -> bytes:
    """Read a regular file up to one byte beyond the limit. ValueError names any other type."""
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        raise ValueError(next((name for is_it, name in _TYPES if is_it(mode)), "a device"))
    parts: list[bytes] = []
    size = 0
    while size <= MOST_BYTES and (part := os.read(descriptor, min(1 << 20, MOST_BYTES + 1 - size))):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _content(file: str) -> bytes:
    """Return the bytes of the file; never waits for a pipe or device."""
    try:
        descriptor = os.open(file, _FLAGS)
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "a file cannot have such a name"
        raise UsageError(
            f"--plan {file}: cannot be read: {why}", hint="check the name and the permissions"
        ) from error
    try:
        content = _bytes_of(descriptor)
    except OSError as error:
        raise UsageError(
            f"--plan {file}: cannot be read: {error.strerror}",
            hint="check that it is a file and that you may read it",
        ) from error
    except ValueError as error:
        raise UsageError(
            f"--plan {file}: is {error}, and a saved plan is a file", hint=AGAIN
        ) from error
    finally:
        os.close(descriptor)
    if len(content) > MOST_BYTES:
        raise UsageError(
            f"--plan {file}: is larger than {MOST_BYTES // 1024**2} MiB",
            hint="plan less at once, with --target or --selector",
        )
    return content


def _foreign(content: bytes) -> tuple[str, str] | None:
    """Describe ``content`` that is no UTF-8 JSON by its first bytes, with a fix."""
    start = content.removeprefix(b"\xef\xbb\xbf")[:64].lstrip(b" \t\r\n")
    if not start:
        return "is empty", AGAIN
    if _MANIFEST_LINE.search(content[:4096]):
        return "is a manifest", MANIFEST
    known = next(
        ((what, mend) for beginning, what, mend in _BEGINNINGS if start.startswith(beginning)), None
    )
    if known is None and not start.strip(b"\0"):
        return "begins with zero bytes: it was not written whole", AGAIN
    return ("is in UTF-16 or UTF-32", _UTF_8) if known is None and b"\0" in start[:4] else known


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(f"a number has {len(text)} digits")
    return int(text)


def _check_size(text: str) -> None:
    if sum(map(text.count, "{[,")) > _MOST_PARTS:
        raise ValueError(f"it has more than {_MOST_PARTS} parts")


def _check_depth(document: Any) -> None:
    level = [document]
    # Level by level: recursion into a document that is too deep would itself end the process.
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                below += node.values()
            elif isinstance(node, list):
                below += node
        level = [node for node in below if isinstance(node, (dict, list))]
        if not level:
            return
    raise RecursionError


def _text(file: str, content: bytes) -> str:
    """Return the text of the file. UsageError for other content or merge markers."""
    foreign = _foreign(content)
    if foreign:
        raise UsageError(f"--plan {file}: is not a plan: it {foreign[0]}", hint=foreign[1])
    marker = _MERGE_MARKER.search(content)
    if marker:
        line = content.count(b"\n", 0, marker.start()) + 1
        raise UsageError(
            f"--plan {file}:{line}: is not a plan any more: git left a merge marker here",
            hint=AGAIN,
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"byte 0x{content[error.start]:02X} at byte offset {error.start} is not UTF-8"
        raise UsageError(f"--plan {file}: is not a plan: {what}", hint=AGAIN) from error
    if sys.getsizeof(text) > 2 * MOST_BYTES:  # one wide character makes all of them four bytes wide
        raise UsageError(f"--plan {file}: is too large, with {len(text)} characters", hint=_LESS)
    return text


def _malformed(file: str, error: json.JSONDecodeError) -> UsageError:
    """Describe the JSON error and its place; usually the file is truncated."""
    end = len(error.doc.rstrip())
    if error.pos >= end or error.msg.startswith("Unterminated"):
        return UsageError(
            f"--plan {file}: is not a whole plan: it stops in the middle, after {count(end, 'character')}",
            hint=AGAIN,
        )
    if error.pos == len(error.doc) - len(error.doc.lstrip()):
        return UsageError(
            f"--plan {file}: is not a plan: it begins with '{printable(error.doc.lstrip()[:30])}'",
            hint=AGAIN,
        )
    return UsageError(
        f"--plan {file}:{error.lineno}:{error.colno}: is not a plan: {syntax_fault(error)}",
        hint=AGAIN,
    )


def read_document(file: str) -> Any:
    """Read strict JSON: unique keys, no NaN, limited depth. UsageError says what and where."""
    text = _text(file, _content(file))
    try:
        _check_size(text)
        document = json.loads(
            text,
            object_pairs_hook=unique_keys,
            parse_constant=no_constant,
            parse_int=_whole,
            parse_float=finite,
        )
        _check_depth(document)
    except json.JSONDecodeError as error:
        raise _malformed(file, error) from error
    except RecursionError as error:
        raise UsageError(
            f"--plan {file}: is not a plan: it is nested deeper than {_DEEPEST} levels", hint=AGAIN
        ) from error
    except ValueError as error:
        raise UsageError(f"--plan {file}: is not a plan: {error}", hint=AGAIN) from error
    return document
