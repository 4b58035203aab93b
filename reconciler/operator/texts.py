"""Texts of the Space as the cluster and the log show them: on one line, inert, and of limited length."""

from reconciler.core.text import printable, without_orders

LONGEST_VALUE = 1000  # characters of one field's value in a status
_LONGEST_EVENT = 1024  # bytes that the API takes of an Event's note


def one_line(text: str) -> str:
    """Return ``text`` with what does not show, and what a CI runner would obey, spelled out."""
    # What is shown in a cluster is read in jobs too, by kubectl.
    return without_orders(printable(text))


def cut(text: str, longest: int) -> str:
    """Return at most ``longest`` characters of ``text``, and a sign where more followed."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def event_message(text: str) -> str:
    """Return ``text`` as the message of an Event, whose length is limited in bytes."""
    line = one_line(text)
    if len(line.encode()) <= _LONGEST_EVENT:
        return line
    return line.encode()[: _LONGEST_EVENT - 3].decode(errors="ignore") + "…"
