"""Standing, live session and preview of declared resources."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import NotFound, UsageError, raise_all
from reconciler.core.hidden_copies import hidden_fields, without_copies
from reconciler.core.kinds import Kinds, resources
from reconciler.core.plan import make_plan
from reconciler.core.plan_model import Action
from reconciler.core.previews import Previewed, Standing
from reconciler.core.resource_actions import room_ids
from reconciler.core.resources import SECRET_TEXT, Address, Attributes, Desired, Live, Secret
from reconciler.core.secret_texts import SecretTexts
from reconciler.core.session_urls import PREVIEW, with_secret_urls
from reconciler.core.text import did_you_mean
from reconciler.engine.connection import Connection
from reconciler.engine.refresh import note_unread, refresh
from reconciler.engine.suggestions import either, path_hint
from reconciler.engine.workspace import Workspace
from reconciler.manifest.load import Loaded
from reconciler.space.occupancy import Asked, occupancies
from reconciler.space.paths import expand
from reconciler.space.session_members import members
from reconciler.space.threads import thread_pool

_SESSION_PATH = "/room_sessions/{id}"
_AT_ONCE = 8


def chosen_rooms(loaded: Loaded, kinds: Kinds, names: Collection[str]) -> tuple[Desired, ...]:
    """Return the declared resources that have sessions, or those that ``names`` name.

    UsageError for an unknown name, with the nearest one.
    """
    declared = tuple(one for one in loaded.desired if kinds[one.address.kind].session)
    if not names:
        return declared
    named: dict[str, list[Desired]] = {}
    for one in declared:
        # A name alone may mean resources of several kinds.
        named.setdefault(one.address.name, []).append(one)
        named[str(one.address)] = [one]
    sorts = either([kind.name for kind in resources(kinds) if kind.session])
    raise_all(
        [
            UsageError(
                f"no {sorts} {name!r} is declared{did_you_mean(name, named)}",
                hint=path_hint(name)
                or "name a resource that a manifest declares, with a session (for example a Room)",
            )
            for name in names
            if name not in named
        ]
    )
    chosen = {one.address for name in names for one in named[name]}
    return tuple(one for one in declared if one.address in chosen)


def _standing(action: Action | None) -> Standing:
    if action is None:
        return "in sync"
    if action.drifted and action.action != "create":
        return "drifted"
    standings: Mapping[str, Standing] = {"create": "missing", "adopt": "not managed"}
    return standings.get(action.action, "to be applied")


def _drifted_paths(action: Action | None) -> tuple[str, ...]:
    changes = action.changes if action is not None and action.action != "create" else ()
    return tuple(change.path for change in changes if change.origin in ("drift", "conflict"))


def _why(live: Live | None, session: Attributes | None) -> str:
    """Explain why a resource has no preview."""
    if live is None:
        return "not in the Space"
    enabled = bool(live.attributes.get("enable_room_previews"))
    if session is None:
        return "no session" if enabled else "no session; previews are off (enable_room_previews)"
    if session.get("enable_room_previews") is False or not enabled:
        return (
            "previews were off when this session began"
            if enabled
            else "previews are off: enable_room_previews is not true"
        )
    return "the Space has no preview yet"


def _preview_url(session: Attributes | None) -> Secret | None:
    url = session.get(PREVIEW) if session is not None else None
    return url if isinstance(url, Secret) else None


def _with_session_details(connection: Connection, seen: Previewed) -> Previewed:
    """Add the number of members, and the preview if the list of sessions did not mention it."""
    if seen.session is None:
        return seen
    session_id = str(seen.session.get("id", ""))
    inside = members(connection.client, session_id)
    url = seen.preview_url
    if (
        url is None
        and "preview_url" not in seen.session
        and seen.session.get("enable_room_previews") is not False
    ):
        try:
            url = _preview_url(
                with_secret_urls(connection.client.get(expand(_SESSION_PATH, id=session_id)))
            )
        except NotFound:
            return replace(seen, session=None, why="no session")
    why = "" if url else seen.why
    return replace(seen, session={**seen.session, "members": inside}, preview_url=url, why=why)


def _previewed(one: Desired, action: Action | None, live: Live | None) -> Previewed:
    session = live.session if live is not None else None
    url = _preview_url(session)
    title = one.attributes.get("display_name")
    if live is not None and not isinstance(title, Secret):
        title = live.attributes.get("display_name")
    title = title.shown if isinstance(title, Secret) else title
    return Previewed(
        one.address,
        _standing(action),
        title=title if isinstance(title, str) else "",
        drifted=_drifted_paths(action),
        session=session,
        preview_url=url,
        why="" if url else _why(live, session),
    )


def _hidden(one: Previewed, secrets: SecretTexts) -> Previewed:
    """Hide secrets that the Space shows in a title or a session."""
    url = one.preview_url
    return replace(
        one,
        title=SECRET_TEXT if secrets.in_text(one.title) else one.title,
        session=one.session and hidden_fields(one.session, secrets),
        preview_url=without_copies(url, None, secrets) if isinstance(url, Secret) else url,
    )


def _untold_sessions(
    connection: Connection, kinds: Kinds, lives: Iterable[Live | None]
) -> dict[str, Attributes]:
    """Return, by id, the live sessions of resources whose own answer never names one."""
    asked = []
    for live in lives:
        kind = kinds[live.address.kind] if live is not None else None
        if live is not None and kind is not None and not kind.session_told:
            asked.append(Asked(kind, live.id, live.address.name, room_ids(kind, live)))
    found = occupancies(connection.client, kinds, asked, parallel=_AT_ONCE)
    return {id_: one.session for id_, one in found.items() if one.session is not None}


def previewed_rooms(
    workspace: Workspace, connection: Connection, loaded: Loaded, rooms: Iterable[Desired]
) -> tuple[Previewed, ...]:
    """Return the current standing of each of ``rooms``. Raises an ApiError."""
    state = connection.state.read()
    kinds = workspace.kinds
    live = refresh(
        connection.client,
        kinds,
        desired=loaded.desired,
        applied=state.resources,
        unread=partial(note_unread, workspace),
    )
    plan = make_plan(
        loaded.desired,
        state.resources,
        live,
        kinds=kinds,
        key=state.key,
        space=connection.target.space,
        prune=False,
        secrets=connection.client.hidden.texts,
    )
    actions = {action.address: action for action in plan.actions}
    by_id = {one.key: one for one in live}
    by_address: dict[Address, Live] = {one.address: one for one in live}

    def found(one: Desired) -> Live | None:
        action = actions.get(one.address)
        if action is not None and action.id is not None:
            return by_id.get((one.address.kind, action.id))
        return by_address.get(one.address)

    rooms = list(rooms)
    untold = _untold_sessions(connection, kinds, [found(one) for one in rooms])
    first = []
    for one in rooms:
        there = found(one)
        if there is not None and there.id in untold:
            there = replace(there, session=with_secret_urls(untold[there.id]))
        first.append(_previewed(one, actions.get(one.address), there))
    with thread_pool(_AT_ONCE) as pool:
        seen = pool.map(lambda one: _with_session_details(connection, one), first)
        return tuple(_hidden(one, connection.client.hidden.texts) for one in seen)
