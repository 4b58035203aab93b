"""Read a resource again, right before it is written: it must be what the plan saw, and nobody may be in it whom the write would disturb.

The resource itself is read last, so that nothing lies between that reading and the write.
"""

import shlex
from collections.abc import Mapping
from dataclasses import replace

from reconciler.core.errors import ApiError, Forbidden, Refused, Unauthorized
from reconciler.core.kinds import Kind
from reconciler.core.normalize import canonical, canonical_attributes, same, sealed
from reconciler.core.plan_model import Action
from reconciler.core.redacted_values import sealed_like
from reconciler.core.resources import Address, AppliedChild, Live
from reconciler.core.text import count
from reconciler.executor.context import ExecutionContext
from reconciler.executor.results import Conflict
from reconciler.space.observe import children_of, fetch
from reconciler.space.occupancy import Asked, Occupancy, occupancy
from reconciler.space.session_members import members

PLAN_AGAIN = "plan again and look at what changed"
DELETED = "it was deleted since the plan was made"


def _changed_since_plan(tools: ExecutionContext, kind: Kind, action: Action, live: Live) -> str:
    """Which fields are not any more as the plan saw them, of those that this action writes or deletes; '' where all are."""
    moved = []
    for field, presumed in action.presumed.items():
        if field not in live.attributes and field not in kind.attributes:
            continue  # what only the Space sets, and did not tell this time
        now = canonical(kind, field, live.attributes.get(field), name=live.address.name)
        if not same(sealed_like(now, presumed, key=tools.key), sealed(presumed, tools.key)):
            moved.append(field)
    return ", ".join(moved)


def _check_children(
    tools: ExecutionContext, kind: Kind, action: Action, children: Mapping[str, tuple[Live, ...]]
) -> None:
    """Conflict where sub-resources that are not ours would go with their parent, or ours are not what the plan saw."""
    ours = {
        one.id for ones in (action.known.children if action.known else {}).values() for one in ones
    }
    for field, ones in children.items():
        strangers = [one.id for one in ones if one.id not in ours]
        if strangers:
            raise Conflict(
                f"{count(len(strangers), field.removesuffix('s'))} that this tool did not make would go with it",
                hint=f"declare its {field} and apply, or remove them in the Space; then delete it",
            )
        child = tools.kinds[kind.children[field]]
        now = tuple(
            AppliedChild(
                one.id, sealed(canonical_attributes(child, one.attributes, name=""), tools.key)
            )
            for one in sorted(ones, key=lambda one: one.id)
        )
        if now != action.presumed_children.get(field, now):
            raise Conflict(f"{field} changed since the plan was made", hint=PLAN_AGAIN)


def _has_live_consent(tools: ExecutionContext, action: Action) -> bool:
    """Whether there is consent to disturb the people who are in it."""
    there = Address(action.address.kind, action.live_name or action.address.name)
    return not {action.address, there}.isdisjoint(tools.allow_live)


def _occupancy_of(tools: ExecutionContext, kind: Kind, action: Action) -> Occupancy:
    """What the list of sessions says, with the number of members where that decides; nothing is asked where nobody would be disturbed."""
    if not kind.session or not action.may_disturb or _has_live_consent(tools, action):
        return Occupancy()
    found = occupancy(
        tools.writer,
        tools.kinds,
        Asked(kind, action.id or "", action.live_name or action.address.name),
    )
    if found.session is None or not any(one.most is not None for one in action.interrupts):
        return found
    return Occupancy(
        {**found.session, "members": members(tools.writer, str(found.session.get("id", "")))}
    )


def _check_nobody_disturbed(
    tools: ExecutionContext, action: Action, found: Occupancy, live: Live
) -> None:
    """Refused where somebody is in it, or may be, who would notice. Without a session nothing is disturbed."""
    session = found.session or live.session
    if _has_live_consent(tools, action) or not action.may_disturb or not (session or found.unread):
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


def check_sessions(tools: ExecutionContext, action: Action) -> None:
    """Refused where somebody is, or may be, in the resource whom ``action`` would disturb; Conflict where it is gone."""
    kind = tools.kinds[action.address.kind]
    if not kind.session or not action.may_disturb or _has_live_consent(tools, action):
        return
    found = _occupancy_of(tools, kind, action)
    live = fetch(tools.writer, kind, action.id or "", tools.kinds, with_children=False)
    if live is None:
        raise Conflict(DELETED, hint=PLAN_AGAIN)
    _check_nobody_disturbed(tools, action, found, live)


def recheck(tools: ExecutionContext, kind: Kind, action: Action) -> Live | None:
    """The resource as it is now (None: gone). Conflict or Refused where it is not what the plan saw, or people are in it."""
    apart = action.action == "delete" and bool(kind.children)
    try:
        children = children_of(tools.writer, kind, action.id or "", tools.kinds) if apart else {}
        found = _occupancy_of(tools, kind, action)
        live = fetch(tools.writer, kind, action.id or "", tools.kinds, with_children=False)
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
        raise Conflict("it is there and its lists are not", hint=PLAN_AGAIN)
    if live.address.name != action.live_name:
        raise Conflict(
            f"it was renamed to {live.address.name!r} since the plan was made", hint=PLAN_AGAIN
        )
    moved = _changed_since_plan(tools, kind, action, live)
    if moved:
        raise Conflict(f"{moved} changed since the plan was made", hint=PLAN_AGAIN)
    _check_children(tools, kind, action, children)
    _check_nobody_disturbed(tools, action, found, live)
    return replace(live, children=children)
