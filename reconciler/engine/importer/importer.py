"""Imports live resources: manifests and records, after which the plan is empty."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from reconciler.core.deferred_dataclass import dataclass, field, replace
from reconciler.core.ephemeral import may_disappear
from reconciler.core.errors import ReconcilerError, StateError
from reconciler.core.export import Draft, with_references
from reconciler.core.kinds import listed_kinds
from reconciler.core.plan import make_plan
from reconciler.core.plan_model import Plan
from reconciler.core.recorded_ids import children_with_recorded_ids
from reconciler.core.resources import Address, Live, Secret
from reconciler.core.secret_texts import SecretTexts
from reconciler.core.text import printable
from reconciler.engine.clock import now
from reconciler.engine.connection import Connection, open_reader
from reconciler.engine.editor_files import note_old_schema, schema_line
from reconciler.engine.importer.common_fragments import Suggestion, suggestions
from reconciler.engine.importer.drafts import (
    check_drafts,
    env_text,
    text_of,
    values_of,
    with_fragments,
)
from reconciler.engine.importer.files import files_for, place_files, refuse_existing
from reconciler.engine.importer.refused_writes import check_not_declared, refuse_losses
from reconciler.engine.importer.selection import (
    Known,
    Request,
    asks_for,
    choose,
    known_before,
    load_all,
    paths_of,
)
from reconciler.engine.refresh import note_unread
from reconciler.engine.workspace import Workspace
from reconciler.manifest.load import Loaded
from reconciler.space.child_lists import check_child_lists
from reconciler.space.observe import observe
from reconciler.state.record import Entry, Stamp, State


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an import.

    ``left_alone`` says why chosen resources were skipped, ``variables`` what must be set.
    ``replaced`` are overwritten files, each with whether an import had written it unchanged.
    ``passing`` resources may disappear with their sessions.
    """

    drafts: tuple[Draft, ...]
    left_alone: Mapping[Address, str]
    files: tuple[Path, ...] = ()
    variables: Mapping[str, Secret] = field(default_factory=dict)
    bundles: tuple[Suggestion, ...] = ()
    palettes: tuple[Suggestion, ...] = ()
    replaced: Mapping[Path, bool] = field(default_factory=dict)
    passing: tuple[Address, ...] = ()


def _as_declared(draft: Draft, known: Known) -> Draft:
    """Keep the metadata of the present manifest."""
    declared = known.desired.get(draft.address)
    if declared is None:
        return draft
    kept = {"labels": dict(declared.labels)} if declared.labels else {}
    return replace(draft, metadata={**kept, **({"protect": True} if declared.protect else {})})


def _drafts(
    request: Request,
    chosen: Sequence[Live],
    *,
    workspace: Workspace,
    known: Known,
    lives: Sequence[Live],
    secrets: SecretTexts,
) -> Imported:
    """Return what to write, with references for secrets; writes nothing."""
    kinds = workspace.kinds
    found = check_drafts(kinds, chosen, full=request.full, secrets=secrets)
    own = [_as_declared(draft, known) for draft in found.drafts]
    drafts = tuple(with_fragments(kinds, own, presets=request.presets, themes=request.themes))
    among = [live.address for live in lives]
    files = files_for(kinds, drafts, folder=request.folder, per=request.per, among=among)
    check_not_declared(request, files, known)
    written, variables = with_references(kinds, drafts, taken=known.taken(files))
    imported = {draft.address for draft in written}
    passing = [live.address for live in chosen if live.address in imported and may_disappear(live)]
    return Imported(
        written,
        found.refused,
        variables=variables,
        bundles=suggestions(kinds, written, palettes=False),
        palettes=suggestions(kinds, written, palettes=True),
        passing=tuple(sorted(passing)),
    )


def _plan(
    workspace: Workspace,
    connection: Connection,
    state: State,
    *,
    after: Loaded,
    lives: Sequence[Live],
    only: set[Address],
) -> Plan:
    """Plan towards the written manifests. A ReconcilerError if they differ from the Space."""
    plan = make_plan(
        after.desired,
        state.resources,
        lives,
        kinds=workspace.kinds,
        key=state.key,
        space=connection.target.space,
        project=connection.target.project,
        secrets=connection.client.hidden.texts,
        prune=False,
        only=only,
    )
    wrong = [action for action in plan.actions if action.action != "adopt" or action.changes]
    if wrong:
        fields = ", ".join(change.path for change in wrong[0].changes) or wrong[0].action
        raise ReconcilerError(
            f"nothing was imported: {wrong[0].address} changed during the import: {printable(fields)}",
            hint="run the import again",
        )
    return plan


def _texts(
    request: Request, found: Imported, workspace: Workspace, lives: Sequence[Live]
) -> dict[Path, str]:
    among = [live.address for live in lives]
    files = files_for(
        workspace.kinds, found.drafts, folder=request.folder, per=request.per, among=among
    )
    note_old_schema(workspace, (draft.address.kind for draft in found.drafts))
    return {
        path: text_of(workspace.kinds, drafts, heading=schema_line(path, workspace.root))
        for path, drafts in files.items()
    }


def _record_adoptions(connection: Connection, state: State, plan: Plan) -> StateError | None:
    """Record what ``plan`` adopts.

    Raises StateError if nothing was recorded, returns it if that is uncertain. Manifests without a
    record are harmless; a record without manifests is a deletion in the next plan.
    """
    stamp = Stamp(now())
    taken = (Entry(action.record, None, stamp) for action in plan.actions)
    after = state.with_entries(*taken, *(Entry(record) for record in plan.record_updates))
    try:
        connection.state.write(after)
    except StateError as error:
        try:
            nothing = connection.state.read().resources == state.resources
        except StateError:
            nothing = False
        if nothing:
            raise
        return error
    return None


def _record(
    request: Request,
    connection: Connection,
    found: Imported,
    *,
    workspace: Workspace,
    state: State,
    known: Known,
    lives: Sequence[Live],
) -> Imported:
    """Write manifests, read them back, record what they declare; roll back on failure.

    Files come first: without a record they show as adopt, and nothing is changed.
    """
    texts = _texts(request, found, workspace, lives)
    refuse_existing(list(texts), request.env_file, overwrite=request.overwrite)
    replaced = known.replaced(texts)
    private = {known.memory.file: known.memory.with_files(texts)}
    if request.env_file and found.variables:
        private[request.env_file] = env_text(found.variables)
    with (
        workspace.runtime.while_writing(lambda: None),
        place_files({**private, **texts}, private=private),
    ):
        after = load_all(workspace, paths_of(workspace, request), values_of(found.variables))
        refuse_losses(known, after)
        plan = _plan(
            workspace,
            connection,
            state,
            after=after,
            lives=lives,
            only={draft.address for draft in found.drafts},
        )
        unsure = _record_adoptions(connection, state, plan)
    if unsure:
        raise unsure
    return replace(found, files=tuple(texts), replaced=replaced)


def _read_space(
    workspace: Workspace, connection: Connection, request: Request, state: State
) -> tuple[Live, ...]:
    """Read the Space, with the sub-resources of what may be imported."""
    ours = {record.key for record in state.resources.values()}
    needed = {address.kind for address in state.resources}
    # A bare pattern and --all mean every kind.
    unlimited = request.everything
    for pattern in request.patterns:
        kind, slash, _ = pattern.partition("/")
        if slash:
            needed.add(kind)
        else:
            unlimited = True
    needed.update(name.partition("/")[0] for name in request.names if "/" in name)
    wanted = listed_kinds(workspace.kinds, workspace.kinds if unlimited else needed)
    records = state.resources.values()
    lives = observe(
        connection.client,
        workspace.kinds,
        wanted=wanted,
        optional=set(wanted) - needed,
        unread=partial(note_unread, workspace),
        children_of=lambda live: (
            asks_for(request, live.address) and (request.overwrite or live.key not in ours)
        ),
        records=records,
        parallel=request.parallel,
    )
    check_child_lists(connection.client, workspace.kinds, lives, records=records, others=lives)
    return children_with_recorded_ids(lives, records)


def run_import(workspace: Workspace, request: Request) -> Imported:
    """Import what ``request`` asks for, under the state's lock; the Space is only read.

    UsageError, Refused or another ReconcilerError says why nothing was imported or written.
    """
    with (
        open_reader(workspace, parallel=request.parallel) as connection,
        connection.state.lock(reason="import", since=now()),
    ):
        state, known = connection.state.read(), known_before(workspace, request)
        hidden = connection.client.hidden
        hidden.keep_names(state.resources)
        if known.loaded:
            hidden.declare(known.loaded.desired, known.loaded.fragments.values())
        lives = _read_space(workspace, connection, request, state)
        chosen, left_alone = choose(request, lives, workspace=workspace, state=state, known=known)
        found = _drafts(
            request, chosen, workspace=workspace, known=known, lives=lives, secrets=hidden.texts
        )
        reasons = {**left_alone, **found.left_alone}
        found = replace(found, left_alone={one: hidden.text(why) for one, why in reasons.items()})
        if not found.drafts:
            return found
        return _record(
            request,
            connection,
            found,
            workspace=workspace,
            state=state,
            known=known,
            lives=lives,
        )
