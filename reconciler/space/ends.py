"""The time at which a session ended or a member left, as an answer reports it."""

from datetime import datetime

from reconciler.core.normalize import moment_of


def time_of_end(ended: object, begun: object) -> datetime | None:
    """Return the time ``ended``; None if it proves no end.

    Only a time that is not before ``begun`` proves one: not an empty text, false, a number, or the
    first day of a calendar, which stands for "none" in some languages.
    """
    end, begin = moment_of(ended), moment_of(begun)
    return None if end is None or (begin is not None and end < begin) else end
