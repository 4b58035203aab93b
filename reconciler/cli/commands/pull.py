"""``reconciler pull``: writes changes made outside into the manifests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from reconciler.cli import console, options
from reconciler.cli.completion import names_and_files
from reconciler.cli.workspace import open_workspace
from reconciler.core.errors import Cancelled, Refused, UsageError
from reconciler.core.kinds import resources
from reconciler.core.plan_model import Plan
from reconciler.core.resources import Address
from reconciler.core.text import count
from reconciler.engine.connection import Connection, open_reader
from reconciler.engine.manifests import read_manifests
from reconciler.engine.plan import plan_changes
from reconciler.engine.pull.additions import additions
from reconciler.engine.pull.changes import LiveChange, Skipped, live_changes, selected_changes
from reconciler.engine.pull.edits import PullContext, decisions, users_of
from reconciler.engine.pull.files import Rewritten, check_settled, rewritten, staged
from reconciler.engine.selection import addresses
from reconciler.engine.suggestions import known_resources, named
from reconciler.engine.workspace import Workspace, manifest_paths
from reconciler.manifest.discovery import digest_of, find_files
from reconciler.manifest.document import Source
from reconciler.manifest.editing.files import rewrite
from reconciler.manifest.editing.source_map import SourceMap, source_map_of
from reconciler.manifest.load import Loaded
from reconciler.reports.text.pull import (
    change_text,
    diff_text,
    edit_text,
    skipped_text,
    summary_text,
)
from reconciler.state.record import State

IN_PART = 4

_ANSWERS = {"a": "accept", "r": "revert", "l": "leave"}
_ANSWERS_EXPLAINED = """\
  a  accept: write the live value into the manifest
  r  revert: keep the manifest; the next apply sets the Space back to it
  l  leave:  keep the manifest, and decide later (the same as Enter)
Revert and leave write nothing now. They differ in the next step that the summary names.
"""


@dataclass(frozen=True, slots=True)
class PullOptions:
    """The options of a pull."""

    session: Workspace
    names: tuple[str, ...]
    every: bool
    added: tuple[str, ...]
    drop_deleted: bool
    interactive: bool
    yes: bool
    dry_run: bool
    conflicts: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    """The manifests, their files, the state, the plan and the changes made outside."""

    loaded: Loaded
    sources: tuple[Source, ...]
    manuscript: SourceMap
    state: State
    plan: Plan
    wishes: tuple[LiveChange, ...]


def _sorted_out(
    arguments: Sequence[str], session: Workspace
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The resource names (``Room/lobby``) and the paths among arguments; a folder called Room is ``./Room``."""
    kinds = {kind.name for kind in resources(session.kinds)}
    names = tuple(
        one
        for one in arguments
        if one.partition("/")[0] in kinds and one.count("/") == 1 and not one.endswith("/")
    )
    paths = tuple(one for one in arguments if one not in names)
    missing = next(
        (one for one in paths if one.count("/") == 1 and one != "-" and not Path(one).exists()), ""
    )
    if missing and missing.partition("/")[0].lower() in {kind.lower() for kind in kinds}:
        addresses([missing], session.kinds, known=())
    bare = next(
        (one for one in paths if "/" not in one and one != "-" and not Path(one).exists()), ""
    )
    if bare:
        near = named(
            bare, known_resources(session, tuple(one for one in paths if Path(one).exists()))
        )
        raise UsageError(
            f"{bare!r} is neither KIND/NAME nor a file or folder{near}",
            hint="name resources as KIND/NAME",
        )
    if "-" in paths:
        raise UsageError(
            "pull writes files, and cannot write standard input", hint="name a file or a folder"
        )
    return names, paths


def _read(order: PullOptions, paths: tuple[str, ...]) -> tuple[Loaded, tuple[Source, ...]]:
    """The manifests with the bytes that they were read from."""
    loaded = read_manifests(order.session, paths)
    sources, problems = find_files(manifest_paths(order.session, paths), None)
    if problems or digest_of(sources) != digest_of(loaded.sources):
        raise Refused(
            "the manifests changed while they were read; nothing was written", hint="run it again"
        )
    return loaded, tuple(sources)


def _look(order: PullOptions, world: Connection, paths: tuple[str, ...]) -> _Plan:
    loaded, sources = _read(order, paths)
    state = world.state.read()
    plan = plan_changes(order.session, world, loaded, state)
    wishes = tuple(live_changes(plan, loaded.desired, order.session.kinds))
    return _Plan(loaded, sources, source_map_of(sources), state, plan, wishes)


def _wanted(order: PullOptions, seen: _Plan) -> list[LiveChange]:
    if not order.names:
        return list(seen.wishes) if order.every or order.interactive else []
    live = {Address(wish.address.kind, wish.live_name) for wish in seen.wishes}
    known = {one.address for one in seen.loaded.desired} | set(seen.state.resources) | live
    return selected_changes(seen.wishes, addresses(order.names, order.session.kinds, known=known))


def _answer(wish: LiveChange) -> str:
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


def _withheld(order: PullOptions, wish: LiveChange) -> bool:
    """Whether ``wish`` would overwrite an edit that was not applied, and was neither named nor consented to with --conflicts."""
    return (
        wish.conflicts
        and not order.names
        and not order.conflicts
        and wish.what not in ("secret", "children")
    )


def _conflicting(seen: _Plan, accepted: Sequence[LiveChange]) -> frozenset[tuple[Address, str]]:
    """Conflicts that were not chosen: a preset that they share with chosen changes is not changed."""
    taken = {wish.key for wish in accepted}
    return frozenset(wish.key for wish in seen.wishes if wish.conflicts and wish.key not in taken)


def _accepted(
    order: PullOptions, wishes: Sequence[LiveChange]
) -> tuple[list[LiveChange], list[LiveChange]]:
    """The changes to write, and those that were declined."""
    accepted: list[LiveChange] = []
    declined: list[LiveChange] = []
    for wish in wishes:
        hint = "--drop-deleted removes it from its file, apply creates it again"
        if order.interactive and wish.what not in ("secret", "children"):
            answer = _answer(wish)
            hint = (
                "apply sets it back"
                if answer == "revert"
                else "nothing is written, and it stays different"
            )
            takes = answer == "accept"
        elif _withheld(order, wish):
            dropping = " --drop-deleted" if wish.what == "missing" else ""
            hint = f"your edit stays; to lose it: reconciler pull {wish.address}{dropping}, or --conflicts{dropping}; to keep it: apply"
            takes = False
        else:
            takes = wish.what != "missing" or order.drop_deleted
        (accepted if takes else declined).append(wish)
        if not takes:
            console.info(f"left: {change_text(wish)}\n    {hint}")
    return accepted, declined


def _made(
    order: PullOptions, world: Connection, seen: _Plan, wanted: Sequence[LiveChange]
) -> tuple[Rewritten, list[Address]]:
    """The new contents of the files, verified by a plan."""
    accepted, declined = _accepted(order, wanted)
    ground = PullContext(
        order.session.kinds,
        seen.manuscript,
        frozenset(one.address for one in seen.loaded.desired),
        users_of(seen.loaded.desired),
        {wish.key: wish for wish in seen.wishes},
        seen.state.resources,
        frozenset(wish.key for wish in declined) | _conflicting(seen, accepted),
    )
    steps, left = decisions(ground, accepted)
    more, created, added = additions(
        order.session,
        world,
        seen.state,
        texts=order.added,
        manuscript=seen.manuscript,
        plan=seen.plan,
    )
    result = replace(rewritten(seen.manuscript, [*steps, *more], left), created=created)
    if result.contents or result.created:
        loaded = staged(order.session, seen.sources, result)
        if loaded is not None:
            check_settled(
                seen.plan,
                plan_changes(order.session, world, loaded, seen.state),
                result,
                added,
            )
    return result, added


def _agree(order: PullOptions, result: Rewritten) -> None:
    if order.yes or order.interactive:
        return
    if not console.can_ask():
        raise UsageError(
            "pull cannot ask for consent without a terminal; nothing was written",
            hint="give --yes, or use --dry-run to see the changes",
        )
    console.out(diff_text(result))
    if not console.confirmed(f"Write {count(len(result.contents) + len(result.created), 'file')}?"):
        raise Cancelled


def _tell_left(left: Sequence[Skipped]) -> None:
    for one in left:
        console.info(skipped_text(one))


def _carry_out(
    order: PullOptions, wanted: Sequence[LiveChange], result: Rewritten, added: Sequence[Address]
) -> int:
    _tell_left(result.left)
    code = (
        IN_PART
        if result.left or (any(_withheld(order, wish) for wish in wanted) and not order.interactive)
        else 0
    )
    if not result.contents and not result.created:
        console.out("Nothing was written.\n" if wanted else "Nothing to pull.\n")
        return code
    if order.dry_run:
        console.out(diff_text(result))
        for step in result.steps:
            console.info(edit_text(step))
        console.info(summary_text(result, written=False))
        return code
    _agree(order, result)
    rewrite(result.contents, result.created)
    for step in result.steps:
        console.out(f"{edit_text(step)}\n")
    console.out("".join(f"created {name}\n" for name in result.created))
    console.out(summary_text(result, written=True) + "\n")
    for address in added:
        console.info(
            f"{address} is declared now, and not managed yet: reconciler apply --adopt {address} adopts it"
        )
    return code


@click.command("pull")
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
    session = open_workspace(**connection)
    names, paths = _sorted_out(arguments, session)
    if not (names or every or interactive or added):
        raise UsageError(
            "no resource is named",
            hint="name resources as KIND/NAME, or give --all or --interactive",
        )
    if interactive and not console.can_ask():
        raise UsageError(
            "--interactive needs a terminal",
            hint="name resources, or give --all, with --yes or --dry-run",
        )
    order = PullOptions(
        session, names, every, added, drop_deleted, interactive, yes, dry_run, conflicts
    )
    with open_reader(session) as world:
        seen = _look(order, world, paths)
        wanted = _wanted(order, seen)
        result, declared = _made(order, world, seen, wanted)
    return _carry_out(order, wanted, result, declared)
