"""Reads and writes the facts of a Space, and applies its real defaults to the kinds."""

import json
from pathlib import Path

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import StateError
from reconciler.core.facts import (
    ACCEPTED,
    DEFAULTS,
    NO_FACTS,
    NULL,
    Facts,
    facts_from,
    facts_json,
)
from reconciler.core.json_errors import no_constant
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.text import printable
from reconciler.engine.environments import FOLDER
from reconciler.engine.workspace import Workspace, relative_path
from reconciler.executor.known_facts import KnownFacts
from reconciler.space.target import Target

_LARGEST = 1 << 20
_READABLE = 0o644  # a team may commit it


def _path(workspace: Workspace, target: Target, ending: str) -> Path:
    host = target.space.replace(":", "_").replace("[", "").replace("]", "")
    return relative_path(workspace.root / FOLDER / f"{host}.{ending}.json")


def facts_path(workspace: Workspace, target: Target) -> Path:
    """Return the file with the facts of a Space."""
    return _path(workspace, target, "facts")


def scratch_path(workspace: Workspace, target: Target) -> Path:
    """Return the file with the scratch resources of a probe that is running or was stopped."""
    return _path(workspace, target, "probe")


def _parsed(content: bytes, space: str) -> Facts:
    """Return the facts in ``content``. ValueError, TypeError or KeyError if it holds none."""
    if len(content) > _LARGEST:
        raise ValueError("it is too large")
    document = json.loads(content, parse_constant=no_constant)
    if not isinstance(document, dict):
        raise TypeError("it is not a JSON object")
    facts = facts_from(document)
    if facts.space != space:
        raise ValueError("it is about another Space")
    return facts


def read_facts(workspace: Workspace, target: Target) -> Facts:
    """Return what is known about a Space; nothing, with a note, if the file is unusable."""
    path = facts_path(workspace, target)
    try:
        return _parsed(path.read_bytes(), target.space)
    except FileNotFoundError:
        return NO_FACTS
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        if isinstance(error, KeyError):
            why = f"{error.args[0]} is missing"
        workspace.note_once(
            f"{printable(str(path))} is not used: {printable(str(why))};"
            " create it again with: reconciler probe"
        )
        return NO_FACTS


def write_facts(workspace: Workspace, target: Target, facts: Facts) -> None:
    """Replace the file with the facts of a Space. StateError if it cannot be written."""
    from reconciler.atomic_write import why_unwritable, write_whole  # noqa: PLC0415  # most runs write none

    path = facts_path(workspace, target)
    text = json.dumps(facts_json(facts), indent=2, ensure_ascii=False) + "\n"
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True)
        write_whole(path, text.encode(), mode=_READABLE)
    except OSError as error:
        why, fix = why_unwritable(error)
        raise StateError(f"{path}: cannot be written: {why}", hint=fix) from error


def known_facts(workspace: Workspace, target: Target) -> KnownFacts:
    """Return the facts for one run; a contradicted one is removed from the file, with a note."""

    def on_drop(left: Facts, question: str, kind: str, why: str) -> None:
        workspace.observer.note(
            f"The last probe's answer to '{question}' for {kind} is no longer true: {printable(why)}."
            " It is not used any more; to ask the Space again: reconciler probe"
        )
        try:
            write_facts(workspace, target, left)
        except StateError as error:
            workspace.observer.note(error.message)

    return KnownFacts(read_facts(workspace, target), on_drop)


def _with_defaults(kind: Kind, facts: Facts) -> Kind:
    found = facts.answer(DEFAULTS, kind.name)
    if not isinstance(found, dict):
        return kind
    clears = facts.answer(NULL, kind.name) == ACCEPTED
    unset = dict(kind.unset)
    for field, value in found.items():
        if field not in kind.attributes or kind.is_documented(field):
            continue
        if value is not None and not isinstance(value, bool):
            continue  # a probe concludes nothing from other values
        default = kind.null_means.get(field) if value is None else value
        if default is not None or (clears and kind.may_be_null(field)):
            unset[field] = default
    return replace(kind, unset=unset)


def kinds_with_defaults(kinds: Kinds, facts: Facts) -> Kinds:
    """Return the kinds with the real defaults of fields that have no documented one."""
    if not facts.facts:
        return kinds
    return {name: _with_defaults(kind, facts) for name, kind in kinds.items()}
