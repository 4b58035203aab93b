"""Answers to commands and options of other tools, and to misspelled ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from reconciler.cli.foreign_commands import COMMANDS, OPTIONS_OF_COMMAND, SUBCOMMANDS
from reconciler.cli.foreign_options import OPTIONS
from reconciler.core.text import nearest

__all__ = ["COMMANDS", "OPTIONS", "command_hint", "option_hint", "similar_command"]

_MOST_COMMANDS = 4
_ALIKE = 0.75  # how much of a misspelled word must be right


def command_hint(word: str, group: str = "") -> str:
    """The hint for ``word``, a command of other tools, after the name of a ``group`` or none; '' if it is unknown."""
    return (SUBCOMMANDS.get(group, {}) if group else COMMANDS).get(word.lower(), "")


def _as_typed(option: str, arguments: Sequence[str]) -> tuple[str, str]:
    """The word with ``option`` as it was typed, and the option that it stands for.

    click reads ``-auto-approve`` letter by letter; it stands for ``--auto-approve``, and ``-qq`` for ``-q``.
    """
    if option.startswith("--"):
        return option, option
    letter = option.lstrip("-")
    words = (re.fullmatch(r"-([A-Za-z][\w-]+)(?:=.*)?", word) for word in arguments)
    long = next((word[1] for word in words if word and letter in word[1]), "")
    if not long:
        return option, option
    return f"-{long}", f"-{letter}" if set(long) == {letter} else f"--{long}"


def _taken_by(commands: Sequence[str]) -> str:
    """``reconciler plan, drift``; of many commands the first ones."""
    shown = ", ".join(commands[:_MOST_COMMANDS])
    return f"reconciler {shown}{' and others' if len(commands) > _MOST_COMMANDS else ''}"


def _similar(typed: str, known: Collection[str]) -> str:
    """A misspelled word's correction; '' where none is near enough."""
    near = nearest(typed, known) or ""
    from difflib import SequenceMatcher  # noqa: PLC0415  # only for a wrong word

    alike = SequenceMatcher(None, typed, near).ratio() >= _ALIKE
    return f"did you mean {near!r}?" if near and (alike or near.startswith(typed)) else ""


def similar_command(word: str, known: Collection[str]) -> str:
    """``; did you mean 'plan'?`` for a misspelled command; '' where none is near enough."""
    similar = _similar(word.lower(), known)
    return f"; {similar}" if similar else ""


def option_hint(
    option: str,
    arguments: Sequence[str],
    known: Collection[str],
    elsewhere: Callable[[], Mapping[str, Sequence[str]]] = dict,
    *,
    command: str = "",
) -> tuple[str, str]:
    """The option as it was typed, and how it is done by a command whose options are ``known``; '' where that is unclear.

    ``elsewhere`` gives the commands that take each option; ``command`` is the name of this one.
    """
    shown, typed = _as_typed(option, arguments)
    if typed in known:
        return shown, f"options begin with two dashes: {typed}"
    wanted, words = OPTIONS.get(typed, ("", ""))
    direct = OPTIONS_OF_COMMAND.get(command, {}).get(typed) or (
        words if not wanted or wanted in known or wanted == "--dry-run" else ""
    )
    if direct:
        return shown, direct
    similar = "" if words else _similar(typed, known)
    if similar:
        return shown, similar
    others = elsewhere().get(wanted or typed, ())
    if not others:
        return shown, words
    there = f"{wanted or typed} is an option of {_taken_by(others)}"
    return shown, f"{there}: {words}" if words else there
