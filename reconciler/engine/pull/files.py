"""The files after a pull: built in memory, read back and planned before any is written."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.errors import Refused, UsageError
from reconciler.core.plan_model import Plan
from reconciler.core.resources import Address
from reconciler.core.text import printable
from reconciler.engine.manifests import load_manifests
from reconciler.engine.pull.changes import FileEdit, LiveChange, Skipped, renamed_addresses
from reconciler.engine.workspace import Workspace
from reconciler.manifest.document import Source
from reconciler.manifest.editing.apply import edited
from reconciler.manifest.editing.operations import Edit
from reconciler.manifest.editing.source_map import SourceMap
from reconciler.manifest.editing.text_edits import Uneditable
from reconciler.manifest.load import Loaded


@dataclass(frozen=True, slots=True)
class Rewritten:
    """New content of existing and new files, with the edits they contain and those that failed."""

    contents: tuple[tuple[Source, bytes], ...] = ()
    created: Mapping[str, bytes] = field(default_factory=dict)
    steps: tuple[FileEdit, ...] = ()
    left: tuple[Skipped, ...] = ()


def _edits_of(steps: Sequence[FileEdit], name: str) -> list[tuple[FileEdit, Edit]]:
    pairs = []
    for step in steps:
        pairs += [(step, edit) for file, edit in step.edits if file == name]
    return pairs


def _attempt(
    manuscript: SourceMap, steps: Sequence[FileEdit]
) -> tuple[list[tuple[Source, bytes]], tuple[FileEdit, Uneditable] | None]:
    """Return the new content of each file, or the first failed edit and the reason."""
    names: dict[str, None] = {}  # each once, in the order of the steps
    for step in steps:
        names |= dict.fromkeys(file for file, _ in step.edits)
    contents = []
    for name in names:
        source = manuscript.files[name][0]
        pairs = _edits_of(steps, name)
        try:
            contents.append((source, edited(source, [edit for _, edit in pairs])))
        except Uneditable as error:
            culprit = next((step for step, edit in pairs if edit is error.edit), pairs[-1][0])
            return [], (culprit, error)
    return contents, None


def rewritten(
    manuscript: SourceMap, steps: Sequence[FileEdit], left: Sequence[Skipped]
) -> Rewritten:
    """Apply as many of ``steps`` as possible; a failed one is replaced by its fallback."""
    waiting, given_up = list(steps), list(left)
    while True:
        contents, failed = _attempt(manuscript, waiting)
        if failed is None:
            changed = [pair for pair in contents if pair[1] != pair[0].content]
            return Rewritten(tuple(changed), {}, tuple(waiting), tuple(given_up))
        culprit, error = failed
        waiting = [step for step in waiting if step is not culprit]
        if not culprit.wishes:
            raise UsageError(f"{culprit.note}: {error.message}", hint=error.hint)
        if culprit.otherwise:
            waiting += culprit.otherwise
        else:
            given_up += [Skipped(wish, error.message, error.hint) for wish in culprit.wishes]


def _staged_name(name: str, number: int) -> str:
    return f"{number:05d}{'.json' if name.lower().endswith('.json') else '.yaml'}"


def staged(workspace: Workspace, sources: Sequence[Source], result: Rewritten) -> Loaded | None:
    """Load the new content; None if no file remains. Refused if it is invalid."""
    files = {source.name: source.content for source in sources}
    files |= {source.name: content for source, content in result.contents}
    files |= result.created
    kept = {name: content for name, content in files.items() if content}
    if not kept:
        return None
    with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
        real_names = {}
        for number, (name, content) in enumerate(kept.items()):
            path = Path(folder, _staged_name(name, number))
            path.write_bytes(content)
            real_names[str(path)] = name
        loaded = load_manifests(workspace, (folder,))
    wrong = next((problem for problem in loaded.problems if problem.severity == "error"), None)
    if wrong:
        message = f"{wrong.place.file} would not be valid: {wrong.pointer}: {wrong.message}; nothing was written"
        for staged_path, name in real_names.items():
            message = message.replace(staged_path, name)
        raise Refused(message, hint="pull fewer at once")
    return loaded


def _differing(plan: Plan, renamed: Mapping[Address, Address]) -> set[tuple[Address, str]]:
    found = set()
    for action in plan.actions:
        address = renamed.get(action.address, action.address)
        found |= {(address, change.path) for change in action.changes}
        found |= (
            {(address, action.action)} if action.action in ("create", "adopt", "delete") else set()
        )
    return found


def _accepted(wish: LiveChange, before: Plan, address: Address) -> set[tuple[Address, str]]:
    if wish.what == "missing":
        return {(address, path) for one, path in _differing(before, {}) if one == wish.address}
    return {(address, change.path) for change in wish.changes}


def check_settled(before: Plan, after: Plan, result: Rewritten, added: Sequence[Address]) -> None:
    """Refused unless the accepted changes no longer differ and nothing else newly differs."""
    wishes = [wish for step in result.steps for wish in step.wishes]
    renamed = renamed_addresses(wishes)
    may_differ = _differing(before, renamed)
    for wish in wishes:
        may_differ -= set(_accepted(wish, before, renamed.get(wish.address, wish.address)))
    differing = sorted(_differing(after, renamed={}) - may_differ)
    wrong = [(address, path) for address, path in differing if address not in added]
    if not wrong:
        return
    named = ", ".join(printable(f"{address} {path}") for address, path in wrong[:5])
    if len(wrong) > 5:
        named += " and others"
    raise Refused(
        f"with these changes the plan would not be settled ({named}); nothing was written",
        hint="pull fewer at once",
    )
