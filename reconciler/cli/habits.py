"""Commands and options of other tools, with the ones of this tool."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from reconciler.core.text import nearest

# By the word of another tool: how it is done here.
COMMANDS: Mapping[str, str] = {
    "adopt": "reconciler import, or reconciler apply --adopt KIND/NAME",
    "check": "reconciler validate",
    "config": "settings are in reconciler.yaml: reconciler explain reconciler.yaml",
    "console": "reconciler show KIND/NAME",
    "convert": "reconciler export --to kubernetes, or reconciler fmt",
    "create": "reconciler init DIR starts a repository, reconciler apply creates rooms",
    "delete": "reconciler destroy, or remove the resource from the manifests and run reconciler apply",
    "deploy": "reconciler apply",
    "describe": "reconciler show KIND/NAME, or reconciler explain KIND",
    "diff": "reconciler plan (manifests against the Space), or reconciler drift (changes made outside)",
    "docs": "reconciler explain KIND, or reconciler COMMAND --help",
    "down": "reconciler destroy",
    "dump": "reconciler import --all --out DIR",
    "force-unlock": "reconciler state unlock",
    "fmt-check": "reconciler fmt --check",
    "forget": "reconciler state rm KIND/NAME",
    "format": "reconciler fmt",
    "get": "reconciler show KIND/NAME, or reconciler state list",
    "graph": "reconciler show lists each resource with its presets and theme",
    "help": "reconciler --help, or reconciler COMMAND --help",
    "lint": "reconciler validate, and reconciler fmt --check for the style",
    "kinds": "reconciler explain",
    "list": "reconciler state list (what is managed), or reconciler show",
    "login": "set SIGNALWIRE_SPACE, SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN, then reconciler doctor",
    "ls": "reconciler state list (what is managed), or reconciler show",
    "new": "reconciler init DIR",
    "output": "reconciler show KIND/NAME --format json",
    "ping": "reconciler doctor",
    "preview": "reconciler plan, or reconciler previews for thumbnails of live sessions",
    "providers": "reconciler explain lists the kinds",
    "push": "reconciler apply",
    "reconcile": "reconciler apply, or reconciler watch --apply to repeat it",
    "refresh": "reconciler drift, or reconciler plan --refresh-only",
    "remove": "reconciler destroy, or reconciler state rm KIND/NAME to forget one resource",
    "replace": "remove the resource from the manifests, apply, declare it again, and apply",
    "reset": "reconciler apply (the whole Space), or reconciler tokens reset",
    "rm": "reconciler destroy, or reconciler state rm KIND/NAME to forget one resource",
    "rollback": "git revert the manifests, then reconciler apply",
    "run": "reconciler apply",
    "serve": "reconciler space serve",
    "server": "reconciler space serve",
    "start": "reconciler init DIR",
    "status": "reconciler plan, or reconciler drift",
    "stop": "Ctrl-C ends a run; reconciler state unlock removes the lock of one that died",
    "sync": "reconciler apply",
    "taint": "remove the resource from the manifests, apply, declare it again, and apply",
    "test": "reconciler validate",
    "token": "reconciler tokens",
    "undeploy": "reconciler destroy",
    "uninstall": "reconciler destroy",
    "unlock": "reconciler state unlock",
    "up": "reconciler apply",
    "update": "reconciler apply",
    "upgrade": "pip install --upgrade, the way that you installed it",
    "validate-config": "reconciler validate",
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
_QUIET = ("", "messages go to standard error: add 2>/dev/null to see the result alone")
_COLOUR = ("", "set NO_COLOR=1; without a terminal there is no colour")
_PRUNE = (
    "--no-prune",
    "resources that are no longer declared are deleted by default; --no-prune keeps them",
)
_LABEL = ("--selector", "--selector KEY=VALUE chooses by label")
_ONLY = ("--target", "--target KIND/NAME chooses one resource")
_LOCK = (
    "",
    "each run that writes takes the lock; reconciler state unlock removes one that was left",
)
_ASK = ("--yes", "without a terminal nothing is asked: give --yes, or --plan with a saved plan")
_EXIT = ("--detailed-exitcode", "--detailed-exitcode exits with 2 where there are changes")
_DRY = ("--dry-run", "reconciler plan shows what apply would do and writes nothing")
OPTIONS: Mapping[str, tuple[str, str]] = {
    "--api-token": _TOKEN,
    "--approve": _YES,
    "--assume-yes": _YES,
    "--auto-approve": _YES,
    "--color": _COLOUR,
    "--colour": _COLOUR,
    "--config": (
        "",
        "reconciler.yaml is found in this folder or above; --env NAME chooses an environment",
    ),
    "--concurrency": ("--parallel", "--parallel N"),
    "--context": _ENV,
    "--delete": _PRUNE,
    "--destroy": ("", "reconciler destroy"),
    "--doit": _YES,
    "--dry-run": _DRY,
    "--environment": _ENV,
    "--exit-code": _EXIT,
    "--file": _PATHS,
    "--filename": _PATHS,
    "--force": _YES,
    "--help-all": ("", "reconciler COMMAND --help"),
    "--host": ("--space", "--space HOST"),
    "--input": _ASK,
    "--json": _FORMAT,
    "--label": _LABEL,
    "--labels": _LABEL,
    "--lock": _LOCK,
    "--lock-timeout": _LOCK,
    "--markdown": _FORMAT,
    "--no-color": _COLOUR,
    "--no-colour": _COLOUR,
    "--no-input": _ASK,
    "--no-prompt": _ASK,
    "--non-interactive": _ASK,
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
    "--quiet": _QUIET,
    "--replace": ("", "remove the resource from the manifests, apply, declare it again, and apply"),
    "--select-tag": _LABEL,
    "--silent": _QUIET,
    "--skip-refresh": ("", "the Space is always read"),
    "--state": ("", "'state' in reconciler.yaml says where the state is"),
    "--tag": _LABEL,
    "--tags": _LABEL,
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
    "-c": (
        "",
        "reconciler.yaml is found in this folder or above; --env NAME chooses an environment",
    ),
    "-d": ("--debug", "--debug traces requests"),
    "-e": _ENV,
    "-f": _PATHS,
    "-j": ("--parallel", "--parallel N"),
    "-l": _LABEL,
    "-n": _DRY,
    "-o": ("--format", "--format F prints in another format, --out FILE saves a plan"),
    "-p": ("--parallel", "--parallel N"),
    "-q": _QUIET,
    "-s": _LABEL,
    "-t": _ONLY,
    "-v": ("--debug", "--debug traces requests"),
    "-y": _YES,
}
_MOST_COMMANDS = 4
_ALIKE = 0.75  # how much of a misspelled option must be right


# The same for the commands of a group, such as ``state``.
SUBCOMMANDS: Mapping[str, Mapping[str, str]] = {
    "space": dict.fromkeys(("run", "start", "up"), "reconciler space serve"),
    "state": {
        "delete": "reconciler state rm KIND/NAME",
        "forget": "reconciler state rm KIND/NAME",
        "get": "reconciler state show KIND/NAME",
        "import": "reconciler import KIND/NAME --out DIR",
        "ls": "reconciler state list",
        "move": "reconciler state mv KIND/NAME KIND/NAME",
        "remove": "reconciler state rm KIND/NAME",
        "rename": "reconciler state mv KIND/NAME KIND/NAME",
        "force-unlock": "reconciler state unlock",
    },
    "tokens": {
        "create": "reconciler tokens mint ROOM --user U --role R",
        "generate": "reconciler tokens mint ROOM --user U --role R",
        "ls": "reconciler tokens list CONFERENCE",
        "new": "reconciler tokens mint ROOM --user U --role R",
        "renew": "reconciler tokens reset CONFERENCE/NAME",
        "rotate": "reconciler tokens reset CONFERENCE/NAME",
        "show": "reconciler tokens list CONFERENCE --reveal",
    },
}


def command_hint(word: str, group: str = "") -> str:
    """The hint for ``word``, a command of other tools, after the name of a ``group`` or none; '' if it is unknown."""
    return (SUBCOMMANDS.get(group, {}) if group else COMMANDS).get(word.lower(), "")


def _as_typed(option: str, arguments: Sequence[str]) -> str:
    """The whole word with ``option``: click reads ``-auto-approve`` letter by letter."""
    if option.startswith("--"):
        return option
    letter = option.lstrip("-")
    words = (re.fullmatch(r"-([A-Za-z][\w-]+)(?:=.*)?", word) for word in arguments)
    long = next((word[1] for word in words if word and letter in word[1]), "")
    return f"--{long}" if long else option


def _taken_by(commands: Sequence[str]) -> str:
    """``reconciler plan, drift``; of many commands the first ones."""
    shown = ", ".join(commands[:_MOST_COMMANDS])
    return f"reconciler {shown}{' and others' if len(commands) > _MOST_COMMANDS else ''}"


def _similar(typed: str, known: Collection[str]) -> str:
    """A misspelled option's correction; '' where none is near enough."""
    near = nearest(typed, known) or ""
    from difflib import SequenceMatcher  # noqa: PLC0415  # only for a wrong option

    alike = SequenceMatcher(None, typed, near).ratio() >= _ALIKE
    return f"did you mean {near!r}?" if near and (alike or near.startswith(typed)) else ""


def option_hint(
    option: str,
    arguments: Sequence[str],
    known: Collection[str],
    elsewhere: Callable[[], Mapping[str, Sequence[str]]] = dict,
) -> tuple[str, str]:
    """The option as it was typed, and how it is done by a command whose options are ``known``; '' where that is unclear.

    ``elsewhere`` gives the commands that take each option.
    """
    typed = _as_typed(option, arguments)
    if typed in known:
        return f"-{typed.lstrip('-')}", f"options begin with two dashes: {typed}"
    wanted, words = OPTIONS.get(typed, ("", ""))
    if words and (not wanted or wanted in known):
        return typed, words
    if typed in ("--dry-run", "-n"):
        return typed, _DRY[1]
    similar = "" if words else _similar(typed, known)
    if similar:
        return typed, similar
    others = elsewhere().get(wanted or typed, ())
    if not others:
        return typed, words
    here = f"not in this command; {_taken_by(others)}: {words}"
    return typed, here if words else f"{typed} is an option of {_taken_by(others)}"
