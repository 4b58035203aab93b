"""``reconciler pull``: writes changes made outside into the manifests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import console, options
from reconciler.cli.completion import kinds_with_slash, names_and_files
from reconciler.cli.help_examples import examples
from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.errors import Cancelled, UsageError
from reconciler.core.resources import Address
from reconciler.core.text import count, printable

if TYPE_CHECKING:
    from reconciler.engine.pull.changes import LiveChange, Skipped
    from reconciler.engine.pull.files import Rewritten
    from reconciler.engine.pull.proposal import Differences
    from reconciler.engine.workspace import Workspace

_IN_PART = 4

_ANSWERS = {"a": "accept", "r": "revert", "l": "leave"}
_ANSWERS_EXPLAINED = """\
  a  accept: write the live value into the manifest
  r  revert: keep the manifest; the next apply sets the Space back to it
  l  leave:  keep the manifest, and decide later (the same as Enter)
Revert and leave write nothing now. They differ in the next step that the summary names.
"""


@dataclass(frozen=True, slots=True)
class _PullOptions:
    """The flags of one pull."""

    workspace: Workspace
    names: tuple[str, ...]
    every: bool
    added: tuple[str, ...]
    drop_deleted: bool
    interactive: bool
    yes: bool
    dry_run: bool
    conflicts: bool


def _selected(pull: _PullOptions, differences: Differences) -> list[LiveChange]:
    from reconciler.engine.pull.proposal import changes_of

    if pull.names:
        return changes_of(pull.workspace, differences, pull.names)
    return list(differences.changes) if pull.every or pull.interactive else []


def _answer(wish: LiveChange) -> str:
    from reconciler.reports.text.pull import change_text

    console.info(change_text(wish))
    words = "[a]ccept (drop it from its file)" if wish.what == "missing" else "[a]ccept"
    while True:
        given = console.ask(f"  {words}, [r]evert, [l]eave, [?] help:")
        if given is None:
            raise Cancelled
        answer = _ANSWERS.get((given or "leave").lower()[:1])
        if answer:
            return answer
        console.info(_ANSWERS_EXPLAINED)


def _withheld(pull: _PullOptions, wish: LiveChange) -> bool:
    """Whether ``wish`` would overwrite an edit that was not applied, and was neither named nor consented to with --conflicts."""
    return (
        wish.conflicts
        and not pull.names
        and not pull.conflicts
        and wish.what not in ("secret", "children")
    )


def _decline_hint(pull: _PullOptions, change: LiveChange) -> str:
    """Why a change is not written, and how to write it."""
    if _withheld(pull, change):
        dropping = " --drop-deleted" if change.what == "missing" else ""
        return (
            "your edit is kept; to apply it: reconciler apply; to replace it by the live value:"
            f" reconciler pull {change.address}{dropping}; for all conflicts: --all --conflicts{dropping}"
        )
    return "to remove it from its file: --drop-deleted; to create it again: reconciler apply"


def _decide(pull: _PullOptions, change: LiveChange) -> tuple[bool, str]:
    """Whether to write a change, and the hint if not."""
    if pull.interactive and change.what not in ("secret", "children"):
        answer = _answer(change)
        if answer == "revert":
            return False, "apply sets it back"
        return answer == "accept", "nothing is written, and it stays different"
    if _withheld(pull, change):
        return False, _decline_hint(pull, change)
    return change.what != "missing" or pull.drop_deleted, _decline_hint(pull, change)


def _split_changes(
    pull: _PullOptions, changes: Sequence[LiveChange]
) -> tuple[list[LiveChange], list[LiveChange]]:
    """The accepted and the declined changes; each declined one is printed with a hint."""
    from reconciler.reports.text.pull import change_text

    accepted: list[LiveChange] = []
    declined: list[LiveChange] = []
    for change in changes:
        takes, hint = _decide(pull, change)
        (accepted if takes else declined).append(change)
        if not takes:
            console.info(f"not written: {change_text(change)}\n    {hint}")
    return accepted, declined


def _agree(pull: _PullOptions, result: Rewritten) -> None:
    from reconciler.reports.text.pull import diff_text

    if pull.yes or pull.interactive:
        return
    if not console.can_ask():
        raise UsageError(
            "pull cannot ask for consent without a terminal; nothing was written",
            hint="add --yes to answer yes in advance, or --dry-run to see the changes",
        )
    console.out(diff_text(result))
    if not console.confirmed(f"Write {count(len(result.contents) + len(result.created), 'file')}?"):
        raise Cancelled


def _tell_left(left: Sequence[Skipped]) -> None:
    from reconciler.reports.text.pull import skipped_text

    for one in left:
        console.info(skipped_text(one))


def _carry_out(
    pull: _PullOptions, selected: Sequence[LiveChange], result: Rewritten, added: Sequence[Address]
) -> int:
    from reconciler.manifest.editing.files import rewrite
    from reconciler.reports.text.pull import diff_text, edit_text, summary_text

    _tell_left(result.left)
    code = (
        _IN_PART
        if result.left or (any(_withheld(pull, wish) for wish in selected) and not pull.interactive)
        else 0
    )
    if not result.contents and not result.created:
        console.out("Nothing was written.\n" if selected else "Nothing to pull.\n")
        return code
    if pull.dry_run:
        console.out(diff_text(result))
        for step in result.steps:
            console.info(edit_text(step))
        console.info(summary_text(result, written=False))
        return code
    _agree(pull, result)
    rewrite(result.contents, result.created)
    for step in result.steps:
        console.out_for_people(f"{edit_text(step)}\n")
    console.out_for_people("".join(f"created {name}\n" for name in result.created))
    console.out_for_people(summary_text(result, written=True) + "\n")
    for address in added:
        console.info(
            f"{address} is declared now, and not managed yet: reconciler apply --adopt {address} adopts it"
        )
    return code


@click.command(
    "pull",
    epilog=examples("reconciler pull --all --dry-run", "reconciler pull Room/lobby --yes"),
)
@click.argument(
    "arguments", nargs=-1, metavar="[KIND/NAME]... [PATH]...", shell_complete=names_and_files
)
@click.option("--all", "every", is_flag=True, help="Pull everything that was changed outside.")
@click.option(
    "--interactive",
    "-i",
    is_flag=True,
    help="Ask for each change: accept it, revert it (by the next apply), or leave it.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--dry-run", is_flag=True, help="Write nothing; print what would change as a unified diff."
)
@click.option(
    "--conflicts",
    is_flag=True,
    help="Also replace edits of the manifests that were not applied.",
)
@click.option(
    "--drop-deleted",
    is_flag=True,
    help="Remove resources that were deleted outside from their files.",
)
@click.option(
    "--add",
    "added",
    multiple=True,
    metavar="KIND/NAME",
    shell_complete=kinds_with_slash,
    help="Declare this unmanaged resource (may be repeated).",
)
@options.connection
def command(  # one parameter for each flag
    arguments: tuple[str, ...],
    *,
    every: bool,
    interactive: bool,
    yes: bool,
    dry_run: bool,
    conflicts: bool,
    drop_deleted: bool,
    added: tuple[str, ...],
    **connection: Any,
) -> int:
    """Write what was changed outside back into the manifests, and nothing else.

    Of each file only the changed values differ afterwards: comments, order, quotes and blank lines stay. A value that came by a
    preset or theme is changed there where all that use it agree, otherwise on the resource itself. References to variables are
    never overwritten, and secrets never written. The Space is not touched. A field that was edited in the manifests since the
    last apply is a conflict: it is reported, and kept unless its resource is named or --conflicts is given.
    """
    from reconciler.cli.workspace import open_workspace
    from reconciler.engine.connection import open_reader
    from reconciler.engine.pull.proposal import find_differences, propose_files, split_arguments
    from reconciler.reports.text.space_line import environment_text, space_line

    workspace = open_workspace(**connection)
    names, paths = split_arguments(arguments, workspace)
    if not (names or every or interactive or added):
        taken = f": {printable(paths[0])[:100]} was read as a path" if paths else ""
        raise UsageError(
            f"no resource is named{taken}",
            hint="name resources as KIND/NAME, or give --all or --interactive",
        )
    if interactive and not console.can_ask():
        raise UsageError(
            "--interactive needs a terminal",
            hint="name resources, or give --all, with --yes or --dry-run",
        )
    pull = _PullOptions(
        workspace, names, every, added, drop_deleted, interactive, yes, dry_run, conflicts
    )
    with open_reader(workspace) as connected:
        target = connected.target
        environment = environment_text(workspace.env or "", workspace.env_source)
        console.info(space_line(target.space, target.project, environment))
        differences = find_differences(workspace, connected, paths, everything=bool(added))
        selected = _selected(pull, differences)
        accepted, declined = _split_changes(pull, selected)
        result, declared = propose_files(
            workspace, connected, differences, accepted=accepted, declined=declined, added=added
        )
    return _carry_out(pull, selected, result, declared)
