"""Unmanaged resources that are to be declared: each becomes a manifest beside its like."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from reconciler.cli.importing_drafts import judged
from reconciler.cli.looking import look_around
from reconciler.cli.pulling import Step
from reconciler.cli.selecting import address_of
from reconciler.cli.session import Session
from reconciler.cli.worlds import World
from reconciler.core.declared import Address
from reconciler.core.errors import UsageError
from reconciler.core.harvest import document_of, with_references
from reconciler.core.model import Live, Plan
from reconciler.core.text import did_you_mean
from reconciler.manifest import Append, Manuscript, manifest_text
from reconciler.state import State


def _found(session: Session, world: World, state: State, wanted: Sequence[Address], plan: Plan) -> list[Live]:
    for address in wanted:
        if address not in plan.unmanaged:
            raise UsageError(f"--add {address}: there is no such unmanaged resource{did_you_mean(str(address), map(str, plan.unmanaged))}")
    needed = {address.kind for address in wanted}
    there = look_around(world.client, session.kinds, desired=(), applied=state.resources, needed=needed)
    listed = {one.address: one for one in there}
    return [listed[address] for address in wanted if address in listed]


def _home(manuscript: Manuscript, address: Address) -> tuple[str, bool]:
    """The last file that declares something of the kind, and whether it holds several documents; else the last file there is."""
    spots = manuscript.documents()
    alike = [spot for spot in spots if isinstance(spot.value, dict) and spot.value.get("kind") == address.kind] or spots
    name = alike[-1].source.name
    return name, sum(spot.source.name == name for spot in spots) > 1 and not name.lower().endswith(".json")


def additions(
    session: Session, world: World, state: State, *, texts: Sequence[str], manuscript: Manuscript, plan: Plan
) -> tuple[list[Step], dict[str, bytes], list[Address]]:
    """The documents to be added to files that are there, the bytes of new files, and what both declare.

    UsageError for what is not there, or cannot be declared.
    """
    wanted = [address_of(text, session.kinds) for text in dict.fromkeys(texts)]
    result = judged(session.kinds, _found(session, world, state, wanted, plan), full=False)
    for address, why in result.refused.items():
        raise UsageError(f"--add {address}: {why}")
    steps: list[Step] = []
    created: dict[str, bytes] = {}
    for draft in result.drafts:
        if with_references(session.kinds, [draft])[1]:
            raise UsageError(f"--add {draft.address}: it holds a secret", hint=f"reconciler import {draft.address} makes a variable of it")
        name, several = _home(manuscript, draft.address)
        document = document_of(session.kinds, draft)
        if several:
            steps.append(Step((), ((name, Append(document)),), f"{draft.address}  added to {name}"))
        else:
            created[str(PurePosixPath(name).with_name(f"{draft.address.name}.yaml"))] = manifest_text(document).encode()
    return steps, created, [draft.address for draft in result.drafts]
