"""Commands and options of other tools, with the ones of this tool."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from reconciler.core.text import nearest

# By the word of another tool: how it is done here.
COMMANDS: Mapping[str, str] = {
    "check": "reconciler validate",
    "create": "reconciler init DIR starts a repository, reconciler apply creates rooms",
    "delete": "reconciler destroy, or remove the resource from the manifests and run reconciler apply",
    "deploy": "reconciler apply",
    "describe": "reconciler show KIND/NAME, or reconciler explain KIND",
    "diff": "reconciler plan (manifests against the Space), or reconciler drift (changes made outside)",
    "down": "reconciler destroy",
    "dump": "reconciler import --all --out DIR",
    "force-unlock": "reconciler state unlock",
    "format": "reconciler fmt",
    "get": "reconciler show KIND/NAME, or reconciler state list",
    "help": "reconciler --help, or reconciler COMMAND --help",
    "lint": "reconciler validate, and reconciler fmt --check for the style",
    "list": "reconciler state list (what is managed), or reconciler show",
    "login": "set SIGNALWIRE_SPACE, SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN, then reconciler doctor",
    "ls": "reconciler state list (what is managed), or reconciler show",
    "output": "reconciler show KIND/NAME --format json",
    "ping": "reconciler doctor",
    "preview": "reconciler plan, or reconciler previews for thumbnails of live sessions",
    "push": "reconciler apply",
    "refresh": "reconciler drift, or reconciler plan --refresh-only",
    "remove": "reconciler destroy, or reconciler state rm KIND/NAME to forget one resource",
    "rm": "reconciler destroy, or reconciler state rm KIND/NAME to forget one resource",
    "rollback": "git revert the manifests, then reconciler apply",
    "run": "reconciler apply",
    "serve": "reconciler space serve",
    "server": "reconciler space serve",
    "start": "reconciler init DIR",
    "status": "reconciler plan, or reconciler drift",
    "sync": "reconciler apply",
    "test": "reconciler validate",
    "token": "reconciler tokens",
    "unlock": "reconciler state unlock",
    "up": "reconciler apply",
    "update": "reconciler apply",
    "upgrade": "pip install --upgrade, the way that you installed it",
    "verify": "reconciler validate, or reconciler doctor",
    "version": "reconciler --version",
    "workspace": "--env NAME chooses an environment of reconciler.yaml",
}

# By the option of another tool: the option that it is here (empty: none), and what to say where that exists, or is none.
_YES = (
    "--yes",
    "--yes answers the question; what is refused needs the flag that the refusal names",
)
_FORMAT = ("--format", "--format json, or another format that --help lists")
_PATHS = ("", "name files and folders as plain arguments: reconciler plan FILE")
_ENV = ("--env", "--env NAME chooses an environment of reconciler.yaml")
_TOKEN = (
    "--token-file",
    "a token is never an option: set SIGNALWIRE_API_TOKEN, or give --token-file FILE",
)
_VARS = (
    "",
    "variables are under 'vars' in reconciler.yaml; manifests read ${var:NAME} and ${env:NAME}",
)
_COLOUR = ("", "set NO_COLOR=1; without a terminal there is no colour")
_PRUNE = (
    "--no-prune",
    "resources that are no longer declared are deleted by default; --no-prune keeps them",
)
_LABEL = ("--selector", "--selector KEY=VALUE chooses by label")
_ONLY = ("--target", "--target KIND/NAME chooses one resource")
_EXIT = ("--detailed-exitcode", "--detailed-exitcode exits with 2 where there are changes")
_DRY = ("--dry-run", "reconciler plan shows what apply would do and writes nothing")
OPTIONS: Mapping[str, tuple[str, str]] = {
    "--api-token": _TOKEN,
    "--approve": _YES,
    "--assume-yes": _YES,
    "--auto-approve": _YES,
    "--color": _COLOUR,
    "--colour": _COLOUR,
    "--concurrency": ("--parallel", "--parallel N"),
    "--context": _ENV,
    "--destroy": ("", "reconciler destroy"),
    "--dry-run": _DRY,
    "--environment": _ENV,
    "--exit-code": _EXIT,
    "--file": _PATHS,
    "--filename": _PATHS,
    "--force": _YES,
    "--help-all": ("--help", "--help"),
    "--host": ("--space", "--space HOST"),
    "--json": _FORMAT,
    "--label": _LABEL,
    "--labels": _LABEL,
    "--markdown": _FORMAT,
    "--no-color": _COLOUR,
    "--no-colour": _COLOUR,
    "--non-zero-exit-code": _EXIT,
    "--only": _ONLY,
    "--output": (
        "--out",
        "--out FILE saves the plan, --report FILE writes a report, --format prints one",
    ),
    "--parallelism": ("--parallel", "--parallel N"),
    "--password": _TOKEN,
    "--path": _PATHS,
    "--plan": (
        "",
        "name the saved plan as an argument: reconciler plan FILE, reconciler apply --plan FILE",
    ),
    "--profile": _ENV,
    "--project": ("--project-id", "--project-id ID"),
    "--prune": _PRUNE,
    "--recursive": ("", "a folder is searched with all folders in it"),
    "--refresh": (
        "",
        "the Space is always read; reconciler plan --refresh-only shows changes made outside",
    ),
    "--state": ("", "'state' in reconciler.yaml says where the state is"),
    "--token": _TOKEN,
    "--url": ("--space", "--space HOST"),
    "--var": _VARS,
    "--var-file": _VARS,
    "--version": ("", "reconciler --version"),
    "--watch": ("", "reconciler watch"),
    "--workspace": _ENV,
    "--yaml": ("", "manifests of live resources: reconciler import --all --out DIR"),
    "--yes": ("", "this command asks nothing: leave it out"),
    "-R": ("", "a folder is searched with all folders in it"),
    "-e": _ENV,
    "-f": _PATHS,
    "-h": ("--help", "--help"),
    "-j": ("--parallel", "--parallel N"),
    "-l": _LABEL,
    "-n": _DRY,
    "-o": ("--format", "--format F prints in another format, --out FILE saves a plan"),
    "-p": ("--parallel", "--parallel N"),
    "-q": ("", "messages go to standard error: 2>/dev/null leaves the result alone"),
    "-t": _ONLY,
    "-v": ("--debug", "--debug traces requests"),
    "-y": _YES,
}
_ALIKE = 0.75  # how much of a misspelled option must be right


def command_hint(word: str) -> str:
    """The hint for ``word``, a command of other tools; '' if it is unknown."""
    return COMMANDS.get(word.lower(), "")


def _as_typed(option: str, arguments: Sequence[str]) -> str:
    """The whole word with ``option``: click reads ``-auto-approve`` letter by letter."""
    if option.startswith("--"):
        return option
    letter = option.lstrip("-")
    words = (re.fullmatch(r"-([A-Za-z][\w-]+)(?:=.*)?", word) for word in arguments)
    long = next((word[1] for word in words if word and letter in word[1]), "")
    return f"--{long}" if long else option


def option_hint(option: str, arguments: Sequence[str], known: Collection[str]) -> tuple[str, str]:
    """The option as it was typed, and how it is done by a command whose options are ``known``; nothing where that is unclear."""
    typed = _as_typed(option, arguments)
    if typed in known:
        return f"-{typed.lstrip('-')}", f"options begin with two dashes: {typed}"
    wanted, words = OPTIONS.get(typed, ("", ""))
    if words and (not wanted or wanted in known):
        return typed, words
    if typed in ("--dry-run", "-n"):
        return typed, _DRY[1]
    if words:
        return typed, f"not with this command; elsewhere: {words}"
    near = nearest(typed, known) or ""
    from difflib import SequenceMatcher  # noqa: PLC0415  # only for a wrong option

    alike = SequenceMatcher(None, typed, near).ratio() >= _ALIKE
    return typed, f"did you mean {near!r}?" if near and (alike or near.startswith(typed)) else ""
