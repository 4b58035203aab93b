"""Re-reads a resource right before its write: it must be as planned, with no session disturbed.

The resource itself is read last, directly before the write.
"""

import shlex
from collections.abc import Mapping

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import ApiError, Forbidden, Refused, Unauthorized
from reconciler.core.facts import ACTIVE_SESSION, SHOWN
from reconciler.core.kinds import Kind
from reconciler.core.normalize import canonical, canonical_attributes, same, sealed
from reconciler.core.plan_model import Action
from reconciler.core.recorded_ids import children_as_recorded
from reconciler.core.redacted_values import sealed_like
from reconciler.core.resources import Address, AppliedChild, Live
from reconciler.core.text import count
from reconciler.executor.context import ExecutionContext
from reconciler.executor.results import Conflict
from reconciler.space.observe import children_of, fetch
from reconciler.space.occupancy import NOT_SHOWN, Asked, Occupancy, is_shown, occupancy
from reconciler.space.session_members import members

PLAN_AGAIN = "plan again and check what changed"
DELETED = "it was deleted since the plan was made"


def _changed_since_plan(context: ExecutionContext, kind: Kind, action: Action, live: Live) -> str:
    """Return the planned fields that changed since the plan; '' if none."""
    changed = []
    for field, presumed in action.presumed.items():
        if field not in live.attributes and field not in kind.attributes:
            continue  # a read-only field that this answer leaves out
        current = canonical(kind, field, live.attributes.get(field), name=live.address.name)
        if not same(sealed_like(current, presumed, key=context.key), sealed(presumed, context.key)):
            changed.append(field)
    return ", ".join(changed)


def _check_children(
    context: ExecutionContext, kind: Kind, action: Action, children: Mapping[str, tuple[Live, ...]]
) -> None:
    """Conflict if a deletion would remove foreign sub-resources, or ours changed since the plan."""
    recorded_ids: set[str] = set()
    for recorded in action.known.children.values() if action.known else ():
        recorded_ids.update(child.id for child in recorded)
    for field, live_children in children.items():
        foreign = [child.id for child in live_children if child.id not in recorded_ids]
        if foreign:
            number = count(len(foreign), field.removesuffix("s"))
            raise Conflict(
                f"{number} that this tool did not create would be deleted with it",
                hint=f"declare its {field} and apply, or remove them in the Space; then delete it",
            )
        child_kind = context.kinds[kind.children[field]]
        current = []
        for child in sorted(live_children, key=lambda child: child.id):
            attributes = canonical_attributes(child_kind, child.attributes, name="")
            current.append(AppliedChild(child.id, sealed(attributes, context.key)))
        presumed = action.presumed_children.get(field)
        if presumed is not None and tuple(current) != presumed:
            raise Conflict(f"{field} changed since the plan was made", hint=PLAN_AGAIN)


def _has_live_consent(context: ExecutionContext, action: Action) -> bool:
    """Whether the user consented to disturb this resource's live session."""
    address = Address(action.address.kind, action.live_name or action.address.name)
    return not {action.address, address}.isdisjoint(context.allow_live)


def _session_by_list(context: ExecutionContext, asked: Asked) -> Occupancy:
    """Return the live session by the list of sessions.

    Where the resource's own answer, read right before the write, is known to show its session, one
    list checks all writes of the same second. If they disagree, the fact is dropped.
    """
    name = asked.kind.name
    if context.sessions is None or context.facts.answer(ACTIVE_SESSION, name) != SHOWN:
        return occupancy(context.writer, context.kinds, asked)
    current = context.sessions.session_of(asked)
    if current.session is not None and not is_shown(context.writer, context.kinds, asked):
        context.facts.drop(ACTIVE_SESSION, name, NOT_SHOWN)
    return current


def _occupancy_of(context: ExecutionContext, kind: Kind, action: Action) -> Occupancy:
    """Return the live session and, where it decides, its number of members.

    Reads nothing if the action cannot disturb a session.
    """
    if not kind.session or not action.may_disturb or _has_live_consent(context, action):
        return Occupancy()
    current = _session_by_list(context, Asked.of(kind, action))
    if current.session is None or not any(one.most is not None for one in action.interrupts):
        return current
    return Occupancy(
        {**current.session, "members": members(context.writer, str(current.session.get("id", "")))}
    )


def _check_session_undisturbed(
    context: ExecutionContext, action: Action, found: Occupancy, live: Live
) -> None:
    """Refused if a live session, or one that could not be read, would be disturbed."""
    session = found.session or live.session
    if (
        _has_live_consent(context, action)
        or not action.may_disturb
        or not (session or found.unread)
    ):
        return
    paths = action.interrupting(session)
    if action.action != "delete" and not action.renames and not paths:
        return
    what = (
        "a session is live in it"
        if session
        else f"whether a session is live in it could not be read ({found.unread})"
    )
    cut = f", and the new {', '.join(paths)} would interrupt it" if paths else ""
    raise Refused(
        f"{what}{cut}",
        hint=f"wait until it ends, or consent with --allow-live {shlex.quote(str(live.address))}",
    )


def check_sessions(context: ExecutionContext, action: Action) -> None:
    """Refused if ``action`` would disturb a live session; Conflict if the resource is gone."""
    kind = context.kinds[action.address.kind]
    if not kind.session or not action.may_disturb or _has_live_consent(context, action):
        return
    sessions = _occupancy_of(context, kind, action)
    live = fetch(context.writer, kind, action.live_id, context.kinds, with_children=False)
    if live is None:
        raise Conflict(DELETED, hint=PLAN_AGAIN)
    _check_session_undisturbed(context, action, sessions, live)


def recheck(context: ExecutionContext, kind: Kind, action: Action) -> Live | None:
    """Return the resource as it is now (None: gone).

    Conflict if it is not as planned, Refused if a live session would be disturbed.
    """
    reads_children = action.action == "delete" and bool(kind.children)
    try:
        children = (
            children_of(context.writer, kind, action.live_id, context.kinds)
            if reads_children
            else {}
        )
        sessions = _occupancy_of(context, kind, action)
        live = fetch(context.writer, kind, action.live_id, context.kinds, with_children=False)
    except (Unauthorized, Forbidden):
        raise
    except ApiError as error:
        raise Conflict(
            f"it could not be read before the write, and nothing was sent: {error.message}",
            hint=error.hint,
        ) from error
    if live is None:
        return None
    if children is None:
        raise Conflict("it exists and its lists do not", hint=PLAN_AGAIN)
    if live.address.name != action.live_name:
        raise Conflict(
            f"it was renamed to {live.address.name!r} since the plan was made", hint=PLAN_AGAIN
        )
    changed = _changed_since_plan(context, kind, action, live)
    if changed:
        raise Conflict(f"{changed} changed since the plan was made", hint=PLAN_AGAIN)
    as_recorded = children_as_recorded(children, action.known)
    _check_children(context, kind, action, as_recorded)
    _check_session_undisturbed(context, action, sessions, live)
    return replace(live, children=as_recorded)
