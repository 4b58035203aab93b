"""Texts of the Space as the cluster and the log show them: on one line, inert, and of limited length."""

from reconciler.core.value_text import plain

LONGEST_VALUE = 1000  # characters of one field's value in a status
_LONGEST_EVENT = 1024  # bytes that the API takes of an Event's note


def cut(text: str, longest: int) -> str:
    """Return at most ``longest`` characters of ``text``, and a sign where more followed."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def event_message(text: str) -> str:
    """Return ``text`` as the message of an Event, whose length is limited in bytes."""
    line = plain(text)
    if len(line.encode()) <= _LONGEST_EVENT:
        return line
    return line.encode()[: _LONGEST_EVENT - 3].decode(errors="ignore") + "…"
