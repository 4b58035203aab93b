"""The Video API's client: which Space, how requests are sent and answers judged, and what exists there."""

from typing import TYPE_CHECKING

from reconciler.core.lazy import names_at_home

if TYPE_CHECKING:
    from reconciler.space.ahead import listings
    from reconciler.space.answers import Document
    from reconciler.space.client import Reader, Writer, reader, writer
    from reconciler.space.faults import NotSent
    from reconciler.space.observe import (
        Listing,
        as_live,
        check_complete,
        children_of,
        confirm,
        fetch,
        find,
        members,
        members_of_each,
        observe,
    )
    from reconciler.space.occupancy import Asked, Occupancy, occupancies, occupancy
    from reconciler.space.paths import BASE, expand, is_name, is_uuid
    from reconciler.space.retry import Clock, http_date
    from reconciler.space.sending import Timeouts
    from reconciler.space.target import LOCAL, LOCAL_ORIGIN, SHORTEST_TOKEN, Target, target
    from reconciler.space.webhook import channel

__all__ = [
    "BASE",
    "LOCAL",
    "LOCAL_ORIGIN",
    "SHORTEST_TOKEN",
    "Asked",
    "Clock",
    "Document",
    "Listing",
    "NotSent",
    "Occupancy",
    "Reader",
    "Target",
    "Timeouts",
    "Writer",
    "as_live",
    "channel",
    "check_complete",
    "children_of",
    "confirm",
    "expand",
    "fetch",
    "find",
    "http_date",
    "is_name",
    "is_uuid",
    "listings",
    "members",
    "members_of_each",
    "observe",
    "occupancies",
    "occupancy",
    "reader",
    "target",
    "writer",
]

names_at_home(
    __name__,
    {
        "ahead": "listings",
        "answers": "Document",
        "client": "Reader Writer reader writer",
        "faults": "NotSent",
        "observe": "Listing as_live check_complete children_of confirm fetch find members members_of_each observe",
        "occupancy": "Asked Occupancy occupancies occupancy",
        "paths": "BASE expand is_name is_uuid",
        "retry": "Clock http_date",
        "sending": "Timeouts",
        "target": "LOCAL LOCAL_ORIGIN SHORTEST_TOKEN Target target",
        "webhook": "channel",
    },
)
