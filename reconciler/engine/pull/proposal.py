"""Proposes new manifests that hold the accepted live changes."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from reconciler.core.deferred_dataclass import dataclass, replace
from reconciler.core.errors import Refused, UsageError, all_of
from reconciler.core.kinds import resources
from reconciler.core.plan_model import Plan
from reconciler.core.resources import Address
from reconciler.core.text import printable
from reconciler.engine.connection import Connection
from reconciler.engine.manifests import read_manifests
from reconciler.engine.plan import plan_changes
from reconciler.engine.pull.additions import additions
from reconciler.engine.pull.changes import LiveChange, live_changes, selected_changes
from reconciler.engine.pull.edits import PullContext, decisions, users_of
from reconciler.engine.pull.files import Rewritten, check_settled, rewritten, staged
from reconciler.engine.selection import addresses
from reconciler.engine.suggestions import known_resources, named
from reconciler.engine.workspace import Workspace, manifest_paths, search_rules
from reconciler.manifest.discovery import digest_of, find_files
from reconciler.manifest.document import Source
from reconciler.manifest.editing.source_map import SourceMap, source_map_of
from reconciler.manifest.load import Loaded
from reconciler.manifest.patterns import is_pattern
from reconciler.manifest.pipes import is_stream
from reconciler.state.record import State


@dataclass(frozen=True, slots=True)
class Differences:
    """Manifests with the files they were read from, state, plan, and the live changes in it."""

    loaded: Loaded
    sources: tuple[Source, ...]
    source_map: SourceMap
    state: State
    plan: Plan
    changes: tuple[LiveChange, ...]


def _check_paths(paths: Sequence[str], workspace: Workspace) -> None:
    """UsageError for a path that does not exist, with the resource that was probably meant."""
    if "-" in paths or any(map(is_stream, paths)):
        given = "-" if "-" in paths else next(filter(is_stream, paths))
        raise UsageError(
            f"{printable(given)} is a pipe, and pull writes files", hint="name a file or a folder"
        )
    kinds = {kind.name.lower() for kind in resources(workspace.kinds)}
    existing = tuple(path for path in paths if Path(path).exists())

    def check(path: str) -> None:
        if path.count("/") == 1 and path.partition("/")[0].lower() in kinds:
            # Raises an error that proposes the right spelling of the kind.
            addresses([path], workspace.kinds, known=())
        if "/" not in path and not is_pattern(path):
            near = named(path, known_resources(workspace, existing))
            raise UsageError(
                f"{path!r} is neither KIND/NAME nor a file or folder{near}",
                hint="name resources as KIND/NAME",
            )

    all_of(*(partial(check, path) for path in paths if path not in existing))


def split_arguments(
    arguments: Sequence[str], workspace: Workspace
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split ``arguments`` into resources (``Room/lobby``) and paths; a folder Room is ``./Room``."""
    kinds = {kind.name for kind in resources(workspace.kinds)}
    names: list[str] = []
    paths: list[str] = []
    for argument in arguments:
        kind, _, name = argument.partition("/")
        is_resource = kind in kinds and name and "/" not in name
        (names if is_resource else paths).append(argument)
    _check_paths(paths, workspace)
    return tuple(names), tuple(paths)


def _read(workspace: Workspace, paths: tuple[str, ...]) -> tuple[Loaded, tuple[Source, ...]]:
    """The manifests, and the bytes that they were read from."""
    loaded = read_manifests(workspace, paths)
    rules = search_rules(workspace)
    sources, problems = find_files(manifest_paths(workspace, paths), None, rules)
    if problems or digest_of(sources) != digest_of(loaded.sources):
        raise Refused(
            "the manifests changed while they were read; nothing was written",
            hint="run the command again",
        )
    return loaded, tuple(sources)


def find_differences(
    workspace: Workspace,
    connection: Connection,
    paths: tuple[str, ...],
    *,
    everything: bool = False,
) -> Differences:
    """Read the manifests and the Space, with ``everything`` also the kinds that are not in use.

    Refused if the files change meanwhile.
    """
    loaded, sources = _read(workspace, paths)
    state = connection.state.read()
    plan = plan_changes(workspace, connection, loaded, state, whole=everything)
    changes = tuple(live_changes(plan, loaded.desired, workspace.kinds))
    return Differences(loaded, sources, source_map_of(sources), state, plan, changes)


def changes_of(
    workspace: Workspace, differences: Differences, names: Sequence[str]
) -> list[LiveChange]:
    """The live changes of the resources ``names``. UsageError for an unknown name."""
    live = {Address(change.address.kind, change.live_name) for change in differences.changes}
    declared = {one.address for one in differences.loaded.desired}
    known = declared | set(differences.state.resources) | live
    return selected_changes(differences.changes, addresses(names, workspace.kinds, known=known))


def _unaccepted_conflicts(
    differences: Differences, accepted: Sequence[LiveChange]
) -> frozenset[tuple[Address, str]]:
    """Conflicts that were not accepted: a preset that they share must not change either."""
    taken = {change.key for change in accepted}
    return frozenset(
        change.key for change in differences.changes if change.conflicts and change.key not in taken
    )


def propose_files(  # what was decided, and about what
    workspace: Workspace,
    connection: Connection,
    differences: Differences,
    *,
    accepted: Sequence[LiveChange],
    declined: Sequence[LiveChange],
    added: Sequence[str],
) -> tuple[Rewritten, list[Address]]:
    """The new files, planned again to check that they settle what was accepted.

    ``added`` names unmanaged resources to declare; their addresses are returned.
    """
    desired, source_map = differences.loaded.desired, differences.source_map
    left_alone = frozenset(change.key for change in declined)
    context = PullContext(
        workspace.kinds,
        source_map,
        frozenset(one.address for one in desired),
        users_of(desired),
        {change.key: change for change in differences.changes},
        differences.state.resources,
        left_alone | _unaccepted_conflicts(differences, accepted),
    )
    steps, left = decisions(context, accepted)
    more, created, declared = additions(
        workspace,
        connection,
        differences.state,
        texts=tuple(added),
        manuscript=source_map,
        plan=differences.plan,
        declared=context.declared,
    )
    result = replace(rewritten(source_map, [*steps, *more], left), created=created)
    loaded = None
    if result.contents or result.created:
        loaded = staged(workspace, differences.sources, result)
    if loaded is not None:
        again = plan_changes(workspace, connection, loaded, differences.state)
        check_settled(differences.plan, again, result, declared)
    return result, declared
