"""Small tables of what the published document says and the kinds' schemas do not: statuses, companions, sessions' fields."""

from collections.abc import Mapping
from typing import Any, NamedTuple

# POST answers 200; these answer 201.
CREATED: Mapping[str, int] = {"/rooms/{id}/streams": 201}

# Collections whose create may leave out the name; one is then made from the field named here.
NAMED_AFTER: Mapping[str, str] = {"/conferences": "display_name"}

# The word for a kind's sessions in the logs.
LOG_TYPES: Mapping[str, str] = {"/conferences": "video_conference_session"}
LOG_TYPE = "video_room_session"


class TokenFamily(NamedTuple):
    """Tokens that come with each resource of a collection: where they are listed, read and reset, and how they are called."""

    list: str
    item: str
    reset: str
    names: tuple[str, ...]


TOKENS: Mapping[str, TokenFamily] = {
    "/conferences": TokenFamily(
        list="/conferences/{id}/conference_tokens",
        item="/conference_tokens/{id}",
        reset="/conference_tokens/{id}/reset",
        names=("moderator", "guest"),
    )
}

# What the body of a token's POST holds besides the fields of its kind.
TOKEN_SUBJECTS: Mapping[str, Mapping[str, Any]] = {
    "/room_tokens": {
        "room_name": {"type": "string", "maxLength": 100, "pattern": "^[A-Za-z0-9_-]+$"},
        "user_name": {"type": "string", "maxLength": 100},
    }
}
TOKEN_REQUIRED: Mapping[str, tuple[str, ...]] = {"/room_tokens": ("room_name",)}

# A room token's claims: short names where the service's are known, else the field's own; moments are in Unix seconds.
CLAIMS: Mapping[str, str] = {
    "user_name": "u",
    "room_name": "r",
    "permissions": "s",
    "auto_create_room": "acr",
    "join_from": "jf",
    "join_until": "ju",
    "remove_at": "rat",
    "remove_after_seconds_elapsed": "rse",
    "join_as": "ja",
}
# Tokens of this collection let people into resources of that one, and may make one on joining.
JOINED: Mapping[str, str] = {"/room_tokens": "/rooms"}

# A session's fields that it takes over from its room or conference, and their values where that has none.
INHERITED: Mapping[str, Any] = {
    "display_name": None,
    "max_members": None,
    "quality": "720p",
    "fps": 20,
    "join_from": None,
    "join_until": None,
    "remove_at": None,
    "remove_after_seconds_elapsed": None,
    "layout": "grid-responsive",
    "record_on_start": False,
    "tone_on_entry_and_exit": False,
    "room_join_video_off": False,
    "user_join_video_off": False,
    "prioritize_handraise": False,
    "sync_audio_video": None,
    "enable_room_previews": False,
}
SESSION_START: Mapping[str, Any] = {
    "locked": False,
    "end_time": None,
    "duration": None,
    "status": "in-progress",
    "cost_in_dollars": 0.0,
    "locked_cover": "",
}
LISTED_ONLY = ("cost_in_dollars", "enable_room_previews", "locked_cover")
ACTIVE_SESSION = (
    "id",
    "room_id",
    "name",
    "display_name",
    "join_from",
    "join_until",
    "remove_at",
    "remove_after_seconds_elapsed",
    "layout",
    "max_members",
    "fps",
    "quality",
    "start_time",
    "end_time",
    "duration",
    "status",
    "record_on_start",
    "enable_room_previews",
    "preview_url",
)
INSTANTS = frozenset(
    {
        *("join_from", "join_until", "remove_at", "start_time", "end_time", "join_time", "leave_time"),
        *("started_at", "ended_at", "finished_at", "created_at", "updated_at"),
    }
)
