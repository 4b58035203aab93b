"""Take live resources under management: manifests for them, and records of them, such that the next plan is empty. Only reads the Space."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.cli.importing_choice import Known, Request, asks_for, choose, known_before, load_all, paths_of
from reconciler.cli.importing_drafts import judged, text_of, values_of, with_fragments
from reconciler.cli.importing_files import files_for, placed, refuse_existing
from reconciler.cli.looking import tell_refused
from reconciler.cli.moment import now
from reconciler.cli.session import Session
from reconciler.cli.signals import stopping_in_order
from reconciler.cli.worlds import World, reading
from reconciler.core.declared import Address, Secret
from reconciler.core.errors import ReconcilerError, Refused, StateError, UsageError
from reconciler.core.harvest import Draft, with_references
from reconciler.core.kinds import resources
from reconciler.core.model import Live, Plan
from reconciler.core.passing import may_pass
from reconciler.core.plan import make_plan
from reconciler.core.sharing import Offer, offers
from reconciler.core.text import printable
from reconciler.manifest import Loaded
from reconciler.space import observe
from reconciler.state import Entry, Stamp, State

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it.

    ``left_alone`` tells why of each resource that was chosen and not taken, ``variables`` what must be set. ``replaced`` are the
    files that said something else before, each with whether an import had left it so. ``passing`` may go with their sessions.
    """

    drafts: tuple[Draft, ...]
    left_alone: Mapping[Address, str]
    files: tuple[Path, ...] = ()
    variables: Mapping[str, Secret] = field(default_factory=dict)
    bundles: tuple[Offer, ...] = ()
    palettes: tuple[Offer, ...] = ()
    replaced: Mapping[Path, bool] = field(default_factory=dict)
    passing: tuple[Address, ...] = ()


def _as_declared(draft: Draft, known: Known) -> Draft:
    """``draft`` with what its present manifest says beside the name."""
    declared = known.desired.get(draft.address)
    if declared is None:
        return draft
    kept = {"labels": dict(declared.labels)} if declared.labels else {}
    return replace(draft, metadata={**kept, **({"protect": True} if declared.protect else {})})


def _drafts(request: Request, chosen: Sequence[Live], *, session: Session, known: Known, lives: Sequence[Live]) -> Imported:
    """What is to be written, with references in the place of secrets; nothing is written yet."""
    kinds = session.kinds
    found = judged(kinds, chosen, full=request.full)
    own = tuple(_as_declared(draft, known) for draft in found.drafts)
    drafts = tuple(with_fragments(kinds, own, presets=request.presets, themes=request.themes))
    there = [live.address for live in lives]
    files = files_for(kinds, drafts, folder=request.folder, per=request.per, among=there)
    twice = sorted(
        draft.address
        for path, some in files.items()
        for draft in some
        if draft.address in known.fragments and not (request.overwrite and known.memory.wrote(path))
    )
    if twice:
        raise UsageError(f"{twice[0]} is declared already", hint="choose another name")
    written, variables = with_references(kinds, drafts, taken=known.taken(files))
    bundles, palettes = (offers(kinds, written, palettes=palettes) for palettes in (False, True))
    taken = {draft.address for draft in written}
    passing = tuple(sorted(live.address for live in chosen if live.address in taken and may_pass(live)))
    return Imported(written, found.refused, variables=variables, bundles=bundles, palettes=palettes, passing=passing)


def _refuse_losses(known: Known, after: Loaded) -> None:
    """Refused where a file that is written over declared something else as well."""
    lost = sorted({*known.desired, *known.fragments} - {one.address for one in after.desired} - set(after.fragments))
    if lost:
        shown = printable(", ".join(map(str, lost[:_SHOWN]))) + (f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else "")
        raise Refused(
            f"refused, nothing was written: a file that would be written over also declares {shown}",
            hint="name these as well (KIND/NAME), move them to another file, or name another folder with --out",
        )


def _plan(session: Session, world: World, state: State, *, after: Loaded, lives: Sequence[Live], only: set[Address]) -> Plan:
    """The plan towards what was written. A ReconcilerError where that is not what the Space has: then the import is wrong."""
    plan = make_plan(
        after.desired,
        state.resources,
        lives,
        kinds=session.kinds,
        key=state.key,
        space=world.target.space,
        project=world.target.project,
        prune=False,
        only=only,
    )
    wrong = [action for action in plan.actions if action.action != "adopt" or action.changes]
    if wrong:
        fields = ", ".join(change.path for change in wrong[0].changes) or wrong[0].action
        raise ReconcilerError(f"nothing was imported: {wrong[0].address} would not be what its manifest says: {printable(fields)}")
    return plan


def _texts(request: Request, found: Imported, session: Session, lives: Sequence[Live]) -> dict[Path, str]:
    there = [live.address for live in lives]
    files = files_for(session.kinds, found.drafts, folder=request.folder, per=request.per, among=there)
    return {path: text_of(session.kinds, drafts) for path, drafts in files.items()}


def _replaced(texts: Mapping[Path, str], known: Known) -> dict[Path, bool]:
    """The files there that are about to say something else, each with whether an import left it as it is."""
    there = (path for path, text in texts.items() if path.is_file() and path.read_bytes() != text.encode())
    return {path: known.memory.wrote(path) for path in there}


def _env_text(variables: Mapping[str, Secret]) -> str:
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values_of(variables).items())


def _written(world: World, state: State, plan: Plan) -> StateError | None:
    """Record what ``plan`` adopts. A StateError is raised where nothing was recorded, and given back where that is not sure.

    Manifests without a record are harmless; a record without its manifests is a deletion in the next plan.
    """
    stamp = Stamp(now())
    taken = (Entry(action.record, None, stamp) for action in plan.actions)
    after = state.after(*taken, *(Entry(record) for record in plan.remember))
    try:
        world.state.write(after)
    except StateError as error:
        try:
            nothing = world.state.read().resources == state.resources
        except StateError:
            nothing = False
        if nothing:
            raise
        return error
    return None


def _record(
    request: Request, world: World, found: Imported, *, session: Session, state: State, known: Known, lives: Sequence[Live]
) -> Imported:
    """Write the manifests, read them back, and record what they declare; where one of these fails, all is as it was.

    The files come first: without a record, what they declare shows as adopt, and nothing is done to it.
    """
    texts = _texts(request, found, session, lives)
    refuse_existing(list(texts), request.env_file, overwrite=request.overwrite)
    replaced = _replaced(texts, known)
    private = {known.memory.file: known.memory.with_files(texts)}
    if request.env_file and found.variables:
        private[request.env_file] = _env_text(found.variables)
    with stopping_in_order(), placed({**private, **texts}, private=private):
        after = load_all(session, paths_of(session, request), values_of(found.variables))
        _refuse_losses(known, after)
        plan = _plan(session, world, state, after=after, lives=lives, only={draft.address for draft in found.drafts})
        unsure = _written(world, state, plan)
    if unsure:
        raise unsure
    return replace(found, files=tuple(texts), replaced=replaced)


def _look(session: Session, world: World, request: Request, state: State) -> tuple[Live, ...]:
    """Everything in the Space; with sub-resources what is asked for and may be taken."""
    ours = {(record.address.kind, record.id) for record in state.resources.values()}
    wanted = [kind.name for kind in resources(session.kinds)]
    named = {text.partition("/")[0] for text in (*request.names, *request.patterns) if "/" in text}
    return observe(
        world.client,
        session.kinds,
        wanted=wanted,
        optional=set(wanted) - named - {address.kind for address in state.resources},
        refused=tell_refused,
        children_of=lambda live: asks_for(request, live.address) and (request.overwrite or (live.address.kind, live.id) not in ours),
        parallel=request.parallel,
    )


def imported(session: Session, request: Request) -> Imported:
    """Import what ``request`` asks for, under the lock of the state. The Space is only read.

    UsageError, Refused or another ReconcilerError says why nothing was imported; then nothing was written either.
    """
    with reading(session, parallel=request.parallel) as world, world.state.lock(reason="import", since=now()):
        state, known = world.state.read(), known_before(session, request)
        lives = _look(session, world, request, state)
        chosen, left_alone = choose(request, lives, session=session, state=state, known=known)
        found = _drafts(request, chosen, session=session, known=known, lives=lives)
        found = replace(found, left_alone={**left_alone, **found.left_alone})
        return _record(request, world, found, session=session, state=state, known=known, lives=lives) if found.drafts else found
