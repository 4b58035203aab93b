"""Extra data for HTML and Markdown reports. Failures here never fail the plan."""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING
from wsgiref.types import WSGIApplication

from reconciler.core.errors import ReconcilerError
from reconciler.core.kinds import Kind
from reconciler.core.plan_model import Action, Plan
from reconciler.core.redacted_values import holds_hidden
from reconciler.core.resource_usage import ReportContext
from reconciler.core.resources import Address, Attributes, Live, Secret
from reconciler.engine.connection import Connection
from reconciler.engine.network import access_of
from reconciler.engine.workspace import Workspace, local_database
from reconciler.space.client import Reader
from reconciler.space.observe import observe
from reconciler.space.resource_usage import usage_of_deletions
from reconciler.space.target import LOCAL
from reconciler.space.threads import thread_pool

if TYPE_CHECKING:
    from reconciler.space.previews import Fetch

_MOST_THUMBNAILS = 12
_AT_ONCE = 4


def _defaults(kind: Kind, name: str) -> dict[str, object]:
    return {field: kind.initial(field, name) for field in kind.attributes}


def _all_fields(workspace: Workspace, client: Reader, plan: Plan) -> Mapping[Address, Attributes]:
    """Return all fields of each touched resource, unset ones with their defaults."""
    existing = [action for action in plan.actions if action.action not in ("create", "delete")]
    wanted = {action.address.kind for action in existing}
    lives: dict[tuple[str, str], Live] = {}  # by kind and id in lower case
    if wanted:
        # The fields are context for the reader: without them the report is still right.
        with suppress(ReconcilerError):
            found = observe(client, workspace.kinds, wanted=wanted)
            lives = {(live.address.kind, live.id.lower()): live for live in found}
    secrets = client.hidden.texts
    fields: dict[Address, Attributes] = {}
    for action in plan.actions:
        live = lives.get((action.address.kind, (action.id or "").lower()))
        if live is None and action.action != "create":
            continue
        shown = dict(_defaults(workspace.kinds[action.address.kind], action.address.name))
        recorded = action.record.attributes if action.record else {}
        for name, value in (live.attributes if live else {}).items():
            is_hidden = holds_hidden(recorded.get(name)) or secrets.in_value(value)
            if name in shown and value is not None and not is_hidden:
                shown[name] = value
        fields[action.address] = shown
    return fields


def _embedded(workspace: Workspace, connection: Connection) -> WSGIApplication | None:
    if connection.target.space != LOCAL or workspace.embed is None:
        return None
    return workspace.embed(local_database(workspace), workspace.kinds)


def _picture(fetch: "Fetch", action: Action) -> bytes:
    url = (action.session or {}).get("preview_url")
    if isinstance(url, Secret):
        with suppress(ReconcilerError):
            return fetch(url)
    return b""


def _thumbnails(workspace: Workspace, connection: Connection, plan: Plan) -> dict[Address, bytes]:
    """Return pictures of the first live sessions; missing ones are left out."""
    live = [action for action in plan.actions if (action.session or {}).get("preview_url")][
        :_MOST_THUMBNAILS
    ]
    if not live:
        return {}
    from reconciler.space.previews import preview_door  # noqa: PLC0415  # slow to import, rarely needed

    with (
        preview_door(
            connection.target,
            application=_embedded(workspace, connection),
            parallel=_AT_ONCE,
            access=access_of(workspace),
        ) as fetch,
        thread_pool(_AT_ONCE) as pool,
    ):
        pictures = list(pool.map(lambda action: _picture(fetch, action), live))
    return {
        action.address: picture for action, picture in zip(live, pictures, strict=True) if picture
    }


def report_context(
    workspace: Workspace, connection: Connection, plan: Plan, *, pictures: bool, now: str
) -> ReportContext:
    """Usage of what ``plan`` deletes; with ``pictures`` also all fields and thumbnails of what it touches.

    ``now`` is RFC 3339. Failures of the Space leave parts empty and never fail the plan.
    """
    return ReportContext(
        usage_of_deletions(connection.client, plan.actions, kinds=workspace.kinds, now=now),
        _all_fields(workspace, connection.client, plan) if pictures else {},
        _thumbnails(workspace, connection, plan) if pictures else {},
    )
