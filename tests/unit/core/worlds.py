"""Small worlds for tests of the core: desired, applied and live resources in few words."""

from dataclasses import replace

from reconciler import catalog
from reconciler.core.normalize import canonical_attributes, sealed
from reconciler.core.plan_model import Action
from reconciler.core.resources import (
    Address,
    Applied,
    AppliedChild,
    Desired,
    Live,
    Origin,
    Place,
    Secret,
)

KINDS = catalog.kinds()
KEY = b"k" * 32
IDS = {
    name: f"00000000-0000-4000-8000-{number:012d}"
    for number, name in enumerate("abcdefghijklmnopqrstuvwxyz", 1)
}


def ident(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def desired(
    kind: str,
    name: str,
    *,
    streams=None,
    protect=False,
    renamed_from=None,
    labels=None,
    **attributes,
) -> Desired:
    origins = {"": Origin(Place("m.yaml", 1, 1))} | {
        field: Origin(Place("m.yaml", 5 + line, 3)) for line, field in enumerate(attributes)
    }
    children = (
        {} if streams is None else {"streams": tuple({"url": Secret(url)} for url in streams)}
    )
    return Desired(
        Address(kind, name), attributes, origins, children, labels or {}, protect, renamed_from
    )


# Fields of a conference whose defaults are not documented, with what the local Space has in them.
UNDOCUMENTED = {
    "record_on_start": False,
    "room_join_video_off": False,
    "tone_on_entry_and_exit": False,
    "user_join_video_off": False,
}


def live(kind: str, name: str, number: int, *, streams=(), session=None, **attributes) -> Live:
    address = Address(kind, name)
    full = {
        field: KINDS[kind].initial(field, name) for field in KINDS[kind].attributes
    } | attributes
    children = {
        "streams": tuple(
            Live(
                Address("Stream", ident(spot)), ident(spot), {"id": ident(spot), "url": Secret(url)}
            )
            for spot, url in streams
        )
    }
    return Live(
        address,
        ident(number),
        {"id": ident(number), "name": name, **full},
        children if streams else {},
        session,
    )


def applied(
    kind: str,
    name: str,
    number: int,
    *,
    streams=None,
    protect=False,
    renamed_from=None,
    **attributes,
) -> Applied:
    fields = sealed(canonical_attributes(KINDS[kind], attributes, name=name), KEY)
    children = (
        {}
        if streams is None
        else {
            "streams": tuple(
                AppliedChild(ident(spot), sealed({"url": Secret(url)}, KEY))
                for spot, url in streams
            )
        }
    )
    return Applied(Address(kind, name), ident(number), fields, children, protect, renamed_from)


def records(*all_applied: Applied) -> dict[Address, Applied]:
    return {one.address: one for one in all_applied}


def bare(action: Action) -> Action:
    """An action without what only the executor reads."""
    deletes = action.action == "delete"  # of which all that was read is presumed
    presumed = {} if deletes else action.presumed
    return replace(
        action,
        body={},
        record=None,
        fingerprint=None,
        known=None,
        presumed=presumed,
        presumed_children={},
    )
