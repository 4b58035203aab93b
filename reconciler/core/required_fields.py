"""The fields that a request must have and that neither the manifest nor the Space sets."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.deferred_dataclass import replace
from reconciler.core.field_changes import Comparison
from reconciler.core.kinds import Kind
from reconciler.core.matching import Match
from reconciler.core.normalize import canonical
from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import Origin

_VIA = "required by the Space"


def _missing_on_create(kind: Kind, match: Match) -> dict[str, Any]:
    assert match.desired is not None  # only declared resources are created
    attributes = match.desired.attributes
    required = dict(kind.required_on_create)
    if not kind.update_only.isdisjoint(attributes):
        required |= kind.required_on_update  # these fields take an update after the creation
    return {field: value for field, value in required.items() if attributes.get(field) is None}


def _missing_on_update(kind: Kind, match: Match, body: Mapping[str, Any]) -> dict[str, Any]:
    assert match.live is not None  # only existing resources are updated
    attributes = match.live.attributes
    return {
        field: value
        for field, value in kind.required_on_update.items()
        if field not in body and attributes.get(field) is None
    }


def with_required(kind: Kind, match: Match, comparison: Comparison, *, renames: bool) -> Comparison:
    """Return ``comparison`` with changes for the fields that its request needs in addition.

    So the plan shows what is sent. The body gets them when it is sent, unless another client has
    set them by then; the record has only declared fields. An action that sends no update of the
    resource itself needs none.
    """
    assert match.desired is not None  # callers pass wanted matches only
    if match.live is None:
        missing = _missing_on_create(kind, match)
    elif comparison.body or renames:
        missing = _missing_on_update(kind, match, comparison.body)
    else:
        missing = {}
    if not missing:
        return comparison
    here = match.desired.origins.get("")
    origin = Origin(here.place, _VIA) if here else None
    live = match.live
    before = {
        field: canonical(kind, field, live.attributes.get(field), name=live.address.name)
        if live
        else None
        for field in missing
    }
    # A declared field that the Space shows as null may mean the same: its own value is sent.
    declared = {
        field: match.desired.attributes[field]
        for field in missing
        if match.desired.attributes.get(field) is not None
    }
    changes = tuple(
        FieldChange(field, before[field], value, "manifest", origin)
        for field, value in (missing | declared).items()
        if value != before[field]
    )
    return replace(
        comparison, changes=comparison.changes + changes, body={**comparison.body, **declared}
    )
