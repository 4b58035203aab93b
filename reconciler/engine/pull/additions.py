"""Declares unmanaged resources: a new manifest for each, beside those of its kind."""

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from reconciler.core.errors import UsageError, all_of, raise_all
from reconciler.core.export import document_of, with_references
from reconciler.core.plan_model import Plan
from reconciler.core.resources import Address, Live
from reconciler.core.same_room import counterparts, reason, second_faces
from reconciler.core.text import did_you_mean
from reconciler.engine.connection import Connection
from reconciler.engine.editor_files import note_old_schema, schema_line
from reconciler.engine.importer.drafts import check_drafts
from reconciler.engine.pull.changes import FileEdit
from reconciler.engine.refresh import refresh
from reconciler.engine.selection import address_of
from reconciler.engine.workspace import Workspace
from reconciler.manifest.editing.operations import Append
from reconciler.manifest.editing.source_map import SourceMap
from reconciler.manifest.formatting.emitter import manifest_text
from reconciler.state.record import State


def _not_added(
    address: Address, state: State, plan: Plan, declared: Collection[Address]
) -> UsageError:
    """The error for a resource that is not unmanaged: whether it is declared, managed, or absent."""
    if address in declared:
        return UsageError(
            f"--add {address}: the manifests declare it already",
            hint=f"to take its live values: reconciler pull {address}",
        )
    if address in state.resources:
        return UsageError(
            f"--add {address}: it is managed, and its manifest is gone",
            hint="restore the manifest from git; or to write a new one:"
            f" reconciler state rm {address}, then --add {address} again",
        )
    return UsageError(
        f"--add {address}: the Space has no such resource"
        f"{did_you_mean(str(address), map(str, plan.unmanaged))}",
        hint="to list the unmanaged ones: reconciler plan --unmanaged",
    )


def _found(
    workspace: Workspace,
    connection: Connection,
    state: State,
    wanted: Sequence[Address],
    plan: Plan,
    declared: Collection[Address],
) -> list[Live]:
    raise_all(
        [
            _not_added(address, state, plan, declared)
            for address in wanted
            if address not in plan.unmanaged
        ]
    )
    used = {address.kind for address in (*declared, *wanted)}
    faces = set[str]().union(*(counterparts(workspace.kinds, one.kind) for one in wanted))
    needed = {address.kind for address in wanted} | (faces & used)
    lives = refresh(
        connection.client, workspace.kinds, desired=(), applied=state.resources, needed=needed
    )
    listed = {live.address: live for live in lives}
    found = [listed[address] for address in wanted if address in listed]
    _check_faces(workspace, state, lives, found, declared)
    return found


def _check_faces(
    workspace: Workspace,
    state: State,
    lives: Sequence[Live],
    found: Sequence[Live],
    declared: Collection[Address],
) -> None:
    """UsageError if one of ``found`` is, or may be, a room that is declared or added as well."""
    ours = {record.key for record in state.resources.values()}
    chosen = {live.key for live in found}
    second = second_faces(
        workspace.kinds, lives, chosen, lambda live: live.key in ours or live.address in declared
    )
    for address, same in second.items():
        raise UsageError(
            f"--add {address}: {reason(same, otherwise='added')}",
            hint=f"to declare it instead: take {same.other} out of the manifests, and run"
            f" reconciler state rm {same.other}"
            if same.managed
            else f"add {same.other} alone",
        )


def _home(manuscript: SourceMap, address: Address) -> tuple[str, bool]:
    """Return the file to add to (last of the kind, else last) and if it is multi-document."""
    spots = manuscript.documents()
    alike = [
        spot
        for spot in spots
        if isinstance(spot.value, dict) and spot.value.get("kind") == address.kind
    ] or spots
    name = alike[-1].source.name
    return name, sum(spot.source.name == name for spot in spots) > 1 and not name.lower().endswith(
        ".json"
    )


def additions(
    workspace: Workspace,
    connection: Connection,
    state: State,
    *,
    texts: Sequence[str],
    manuscript: SourceMap,
    plan: Plan,
    declared: Collection[Address],
) -> tuple[list[FileEdit], dict[str, bytes], list[Address]]:
    """Return documents for existing files, the content of new files, and what both declare.

    ``declared`` are the addresses in the files. UsageError for resources that do not exist, cannot
    be declared, or are a room that another resource declares.
    """
    wanted = all_of(*(partial(address_of, text, workspace.kinds) for text in dict.fromkeys(texts)))
    result = check_drafts(
        workspace.kinds,
        _found(workspace, connection, state, wanted, plan, declared),
        full=False,
        secrets=connection.client.hidden.texts,
    )
    raise_all([UsageError(f"--add {address}: {why}") for address, why in result.refused.items()])
    steps: list[FileEdit] = []
    created: dict[str, bytes] = {}
    for draft in result.drafts:
        if with_references(workspace.kinds, [draft])[1]:
            raise UsageError(
                f"--add {draft.address}: it holds a secret",
                hint=f"to write the secret as a variable: reconciler import {draft.address} --out DIR",
            )
        name, several = _home(manuscript, draft.address)
        document = document_of(workspace.kinds, draft)
        if several:
            steps.append(
                FileEdit((), ((name, Append(document)),), f"{draft.address}  added to {name}")
            )
        else:
            file = str(PurePosixPath(name).with_name(f"{draft.address.name}.yaml"))
            heading = schema_line(Path(file), workspace.root)
            note_old_schema(workspace, [draft.address.kind])
            created[file] = manifest_text(document, heading=heading).encode()
    return steps, created, [draft.address for draft in result.drafts]
