"""Decides whether output is coloured, by the variables that command lines share."""

from collections.abc import Mapping


def is_coloured(environ: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether to write in colour.

    NO_COLOR wins over FORCE_COLOR, that over CLICOLOR_FORCE; without them a terminal decides,
    unless TERM is ``dumb`` or CLICOLOR is ``0``.
    """
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return environ["FORCE_COLOR"].lower() not in ("0", "false")
    if environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return terminal and environ.get("TERM") != "dumb" and environ.get("CLICOLOR") != "0"
